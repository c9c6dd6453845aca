"""Replies that judged code has forged: whatever stands in them, the error is the learner's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tito.judging.connection import names_in
from tito.judging.fingerprints import _answer
from tito.judging.likeness import Answer, Call, answers_alike
from tito.judging.remote import LearnerError, Remote, connection_of

FORGE = """
import gc
import numpy as np
from tito.wire.proxies import Caller

def forge(reply):
    (caller,) = [each for each in gc.get_objects() if isinstance(each, Caller)]
    caller.reply(reply)
"""
ARRAYS = "np.array([[1, 2], [3, 4]])"
FORGED = {
    "array as place": f"{{'raised': 'ValueError', 'place': {ARRAYS}}}",
    "array as message": f"{{'raised': 'ValueError', 'message': {ARRAYS}, 'place': ''}}",
    "array as error": f"{{'raised': {ARRAYS}}}",
    "array as unwritten": f"{{'raised': 'ValueError', 'unwritten': {ARRAYS}}}",
    "array as refused": f"{{'refused': {ARRAYS}}}",
    "nothing": "{}",
    "infinite number": f"{{'value': 1, 'changed': [[float('inf'), {ARRAYS}]]}}",
    "negative number": f"{{'value': 1, 'changed': [[-10, {ARRAYS}]]}}",
    "large number": f"{{'value': 1, 'changed': [[10**30, {ARRAYS}]]}}",
    "text as number": f"{{'value': 1, 'changed': [['x', {ARRAYS}]]}}",
    "list as number": f"{{'value': 1, 'changed': [[[], {ARRAYS}]]}}",
    "ragged lists": "{'value': 1, 'changed': [[0, [[1], [2, 3]]]]}",
    "a dictionary": "{'value': 1, 'changed': {'a': 1}}",
    "a number": "{'value': 1, 'changed': 7}",
    "nothing changed": "{'value': 1, 'changed': None}",
}


@pytest.fixture
def module(tmp_path: Path) -> Path:
    return tmp_path / "forged.py"


@pytest.mark.parametrize("reply", FORGED.values(), ids=FORGED)
def test_a_forged_reply_is_the_learners_error(reply: str, module: Path) -> None:
    module.write_text(f"{FORGE}\ndef als_half_step(x):\n    forge({reply})\n")
    with Remote(module) as remote, pytest.raises(LearnerError):
        remote.als_half_step(np.zeros(2))


@pytest.mark.parametrize("reply", FORGED.values(), ids=FORGED)
def test_a_forged_reply_is_no_known_mistake(reply: str, module: Path) -> None:
    module.write_text(f"{FORGE}\ndef f(x):\n    forge({reply})\n")
    call = Call("f", (np.zeros(2),), {})
    with Remote(module) as remote:
        connection_of(remote).load()
        found = _answer(remote, call)
    assert found is None or not answers_alike(call, found, Answer(value=1))


@pytest.mark.parametrize("hello", [FORGED["array as place"], FORGED["array as error"], "{}"])
def test_a_forged_greeting_is_a_module_that_cannot_be_loaded(hello: str, module: Path) -> None:
    module.write_text(f"{FORGE}\nforge({hello})\n")
    with Remote(module) as remote, pytest.raises(LearnerError, match="cannot be loaded"):
        connection_of(remote).load()


def test_names_are_texts() -> None:
    assert names_in(["a", 1, [], {}]) == {"a"}
    assert names_in({"a": 1}) == names_in(np.zeros(2)) == frozenset()
