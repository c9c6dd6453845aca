"""A learner's test is judged by what it says of functions that it cannot read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_backends.errors import ContractViolation
from tito.judging.clauses import run_clause
from tito.judging.failures import Failure
from tito.judging.handed import HandedLimits
from tito.judging.judged_tests import (
    HandedSourceError,
    JudgedTest,
    judge_test,
    require_good,
    variants,
)
from tito.judging.remote import LearnerError, Remote, connection_of
from tito.judging.reply_limits import MAX_REPLY

RIGHT = """\
import numpy as np

def total(x):
    return float(np.sum(x))
"""
RIGHTS = {"sum": RIGHT, "loop": "def total(x):\n    return float(sum(v for v in x.tolist()))\n"}
WRONGS = variants(
    RIGHT,
    {
        "mean": ("np.sum", "np.mean"),
        "sign": ("np.sum(x)", "np.sum(abs(x))"),
        "spoils": ("    return", "    x[:] = 0\n    return"),
        "raises": ("    return", "    raise KeyError('tell me')\n    return"),
        "ends": ("    return", "    import os\n    os._exit(1)\n    return"),
    },
)
GOOD = """\
import numpy as np

def agree(total):
    x = np.array([1.5, -2.0, 4.0])
    before = x.copy()
    assert abs(total(x) - 3.5) < 1e-9, "not the sum"
    assert (x == before).all(), "it changes its argument"
"""


@pytest.fixture
def judged(tmp_path: Path) -> Iterator[Callable[..., JudgedTest]]:
    made: list[Remote] = []

    def judge(source: str, **settings: Any) -> JudgedTest:
        path = tmp_path / "evaluation.py"
        path.write_text(source, encoding="utf-8")
        made.append(Remote(path, seconds=10.0))
        given = {"right": RIGHTS, "wrong": WRONGS, "rng": np.random.default_rng(3), **settings}
        return judge_test(made[-1], "agree", "total", **given)

    judge.remotes = made  # type: ignore[attr-defined]
    yield judge
    for remote in made:
        connection_of(remote).close()


def one(**settings: Any) -> dict[str, Any]:
    """Settings with one right function and no wrong one."""
    return {"right": {"sum": RIGHT}, "wrong": {}, **settings}


def failure_of(judged: Callable[..., JudgedTest], source: str, **settings: Any) -> tuple[str, Any]:
    with pytest.raises(LearnerError) as caught:
        judged(source, **settings)
    return str(caught.value), connection_of(judged.remotes[-1]).failure  # type: ignore[attr-defined]


def test_a_good_test_catches_all_wrong_functions_and_accepts_all_right_ones(
    judged: Callable[..., JudgedTest],
) -> None:
    found = judged(GOOD)
    assert found.caught == ("ends", "mean", "raises", "sign", "spoils")
    assert found.accepted == ("loop", "sum")
    assert (found.missed, found.refused) == ((), ())
    require_good(found)
    assert {call.outcome for call in found.log} == {"answered", "KeyError", "RuntimeError"}
    assert all(call.n_bytes > 24 and call.number == 0 for call in found.log)


@pytest.mark.parametrize(
    ("source", "caught", "refused"),
    [
        ("def agree(total):\n    return True\n", 0, 0),
        ("def agree(total):\n    return False\n", 2, 2),
        ("def agree(total):\n    undefined\n", 2, 2),
        ("import numpy as np\ndef agree(total):\n    return bool(total(np.ones(3)) == 3)\n", 1, 0),
    ],
)
def test_a_poor_test_is_told_by_what_it_says(
    judged: Callable[..., JudgedTest], source: str, caught: int, refused: int
) -> None:
    found = judged(source, wrong={name: WRONGS[name] for name in ("mean", "sign")})
    assert (len(found.caught), len(found.refused)) == (caught, refused)
    with pytest.raises(ContractViolation, match=r"functions that are (wrong|right)"):
        require_good(found)


@pytest.mark.parametrize("answer", ["1", "'right'", "[]", "np.ones(1)", "total"])
def test_an_answer_that_says_neither_is_none(
    judged: Callable[..., JudgedTest], answer: str
) -> None:
    source = f"import numpy as np\ndef agree(total):\n    return {answer}\n"
    assert failure_of(judged, source, **one())[1] is Failure.NO_DATA


def test_a_stub_is_not_written(judged: Callable[..., JudgedTest]) -> None:
    source = "def agree(total):\n    raise NotImplementedError()\n"
    assert failure_of(judged, source, **one())[1] is Failure.UNWRITTEN


def test_a_function_that_is_a_stub_does_not_make_its_test_one(
    judged: Callable[..., JudgedTest],
) -> None:
    stub = "def total(x):\n    raise NotImplementedError()\n"
    later = "def total(x):\n    raise NotImplementedError('later') if len(x) else 0\n"
    found = judged(GOOD, wrong={"later": later, "mean": WRONGS["mean"]})
    assert found.caught == ("later", "mean")
    with pytest.raises(HandedSourceError, match="not written"):
        judged(GOOD, wrong={"stub": stub})


def test_order_and_numbers_are_drawn_and_nothing_is_remembered(
    judged: Callable[..., JudgedTest],
) -> None:
    """The number of functions differs by seed, and each process sees one of them."""
    source = (
        "seen = []\ndef agree(total):\n    seen.append(1)\n"
        "    assert len(seen) == 1, 'another function has been here'\n"
    )
    few = {"right": {"sum": RIGHT}, "wrong": {"mean": WRONGS["mean"]}}
    assert judged(source, **few).accepted == ("sum",)
    asks = "import numpy as np\ndef agree(total):\n    total(np.ones(2))\n"
    numbers = {len(judged(asks, **few, rng=np.random.default_rng(seed)).log) for seed in range(4)}
    assert len(numbers) > 1


def test_further_arguments_are_drawn_for_each_function(judged: Callable[..., JudgedTest]) -> None:
    source = "def agree(total, x, scale):\n    return abs(total(x) - x.sum()) < 1e-9 * scale\n"
    drawn: list[float] = []

    def arguments(rng: np.random.Generator) -> tuple[Any, ...]:
        drawn.append(float(rng.normal()))
        return rng.normal(size=3), 1.0

    found = judged(source, wrong={}, arguments=arguments)
    assert found.refused == ()
    assert len(set(drawn)) == len(drawn) >= 3


LOOKS = """\
import numpy as np

def agree(total):
    {body}
    return True
"""
HARMLESS = {
    "attributes": (
        "names = [n for n in dir(total) if not n.startswith('__')]\n"
        "    assert names == ['_call'], names\n"
        "    assert not hasattr(total, '__wrapped__') and not hasattr(total, '__code__')\n"
        "    assert repr(total) == '<handed function>' and total.__name__ == 'handed'"
    ),
    "source": (
        "import inspect\n"
        "    for look in (inspect.getsource, inspect.getfile):\n"
        "        try:\n            look(total)\n"
        "        except (TypeError, OSError):\n            continue\n"
        "        raise AssertionError(look)"
    ),
    "pickling": (
        "import pickle, copy\n"
        "    for way in (pickle.dumps, copy.copy, copy.deepcopy):\n"
        "        try:\n            way(total)\n"
        "        except TypeError:\n            continue\n"
        "        raise AssertionError(way)"
    ),
    "a proxy given to itself": (
        "try:\n        total(total)\n    except TypeError:\n        pass\n"
        "    else:\n        raise AssertionError\n    assert total(np.ones(2)) == 2"
    ),
    "values that cannot cross": (
        "for value in (object(), (i for i in [1]), np.array([None])):\n"
        "        try:\n            total(value)\n"
        "        except TypeError:\n            continue\n"
        "        raise AssertionError(value)\n    assert total(np.ones(2)) == 2"
    ),
    "an error inside": (
        "try:\n        total('words')\n"
        "    except Exception as error:\n"
        "        said = str(error), type(error).__name__, error.__cause__, error.__context__\n"
        "    assert said[0] == 'the function that was handed raised it', said\n"
        "    assert said[2:] == (None, None)"
    ),
    "threads": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "    with ThreadPoolExecutor(8) as pool:\n"
        "        found = list(pool.map(total, [np.full(n, 2.0) for n in range(40)]))\n"
        "    assert found == [2.0 * n for n in range(40)]"
    ),
}


@pytest.mark.parametrize("attempt", HARMLESS)
def test_a_handed_function_can_be_called_and_nothing_else(
    judged: Callable[..., JudgedTest], attempt: str
) -> None:
    assert judged(LOOKS.format(body=HARMLESS[attempt]), **one()).accepted == ("sum",)


KEPT = """\
import threading, time
import numpy as np
kept = []

def agree(total):
    kept.append(total)
    threading.Thread(target=late, daemon=True).start()
    return True

def late():
    time.sleep(0.3)
    try:
        kept[0](np.ones(2))
    except RuntimeError as error:
        kept.append(str(error))

def afterwards():
    time.sleep(0.6)
    return kept[1:]
"""


def test_a_function_that_was_kept_cannot_be_called_later(tmp_path: Path) -> None:
    path = tmp_path / "evaluation.py"
    path.write_text(KEPT, encoding="utf-8")
    with Remote(path) as remote:
        judge_test(
            remote, "agree", "total", right={"sum": RIGHT}, wrong={}, rng=np.random.default_rng(0)
        )
        assert remote.afterwards() == [
            "a handed function can be called only until your answer is given"
        ]


FRAMES = """\
import gc, os, json, struct
import numpy as np

def send(tree):
    header = json.dumps([tree, []]).encode()
    for number in range(3, 20):
        try:
            os.write(number, struct.pack("<QQ", len(header), 0) + header)
        except OSError:
            pass

def agree(total):
    send({"dict": [["call", %s], ["args", []], ["kwargs", {"dict": []}]]})
    import time
    time.sleep(30)
"""


@pytest.mark.parametrize("number", ["7", "-1", "True", "None", "{'dict': []}", "'0'"])
def test_frames_that_ask_for_what_was_not_handed_end_the_call(
    judged: Callable[..., JudgedTest], number: str
) -> None:
    said, failure = failure_of(judged, FRAMES % number, **one())
    assert failure is Failure.NO_DATA
    assert "a call that cannot be made" in said


def test_a_request_without_handed_functions_is_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "evaluation.py"
    path.write_text((FRAMES % "0").replace("time.sleep(30)", "return 1"), encoding="utf-8")
    with Remote(path) as remote, pytest.raises(LearnerError, match="is no answer"):
        remote.agree(1)


def test_a_handle_in_an_answer_is_refused(judged: Callable[..., JudgedTest]) -> None:
    answer = FRAMES.replace(
        '{"dict": [["call", %s], ["args", []], ["kwargs", {"dict": []}]]}',
        '{"dict": [["value", {"handle": 0}], ["changed", []]]}',
    )
    said, failure = failure_of(judged, answer, **one())
    assert failure is Failure.NO_DATA
    assert "nothing was handed" in said


@pytest.mark.parametrize(
    ("body", "limits", "kind", "said"),
    [
        (
            "while True:\n        total(np.ones(1))",
            HandedLimits(calls=20),
            Failure.CALLED_OFTEN,
            "more than 20 times",
        ),
        (
            "while True:\n        total(np.ones(50_000))",
            HandedLimits(n_bytes=10**6),
            Failure.SENT_MUCH,
            "more than 1,000,000 bytes",
        ),
        (
            "total(np.ones(10))",
            HandedLimits(seconds=1e-6),
            Failure.WAITED_LONG,
            "more than 1e-06 s",
        ),
    ],
)
def test_each_limit_has_a_failure_of_its_own(
    judged: Callable[..., JudgedTest], body: str, limits: HandedLimits, kind: Failure, said: str
) -> None:
    sentence, failure = failure_of(judged, LOOKS.format(body=body), **one(limits=limits))
    assert failure is kind
    assert said in sentence


def test_errors_cannot_be_hidden_by_catching_them(judged: Callable[..., JudgedTest]) -> None:
    """A limit ends the process: no ``except`` goes on from there."""
    body = "for _ in range(99):\n        try:\n            total(np.ones(1))\n"
    body += "        except BaseException:\n            pass"
    limits = HandedLimits(calls=5)
    assert failure_of(judged, LOOKS.format(body=body), **one(limits=limits))[1] is (
        Failure.CALLED_OFTEN
    )


def test_a_slow_function_is_not_the_tests_own_time(tmp_path: Path) -> None:
    path = tmp_path / "evaluation.py"
    path.write_text(LOOKS.format(body="[total(np.ones(1)) for _ in range(3)]"), encoding="utf-8")
    slow = RIGHT.replace("    return", "    import time\n    time.sleep(0.8)\n    return")
    with Remote(path, seconds=2.0) as remote:
        found = judge_test(
            remote, "agree", "total", right={"slow": slow}, wrong={}, rng=np.random.default_rng(0)
        )
    assert found.accepted == ("slow",)


def test_a_lessons_own_mistake_is_nobody_elses(judged: Callable[..., JudgedTest]) -> None:
    with pytest.raises(HandedSourceError, match="cannot be used"):
        judged(GOOD, right={"sum": "def other(x):\n    return 1\n"}, wrong={})
    with pytest.raises(HandedSourceError, match="0 times"):
        variants(RIGHT, {"mean": ("np.average", "np.mean")})

    def clause(remote: Any, rng: Any) -> None:
        raise HandedSourceError("it cannot be used")

    with pytest.raises(HandedSourceError):
        run_clause("clause", clause, judged.remotes[-1], np.random.default_rng(0))  # type: ignore[attr-defined]


def test_a_reference_comes_first_and_is_the_same_for_all(judged: Callable[..., JudgedTest]) -> None:
    source = """\
import numpy as np

def agree(reference, total):
    for x in (np.array([1.5, -2.0, 4.0]), np.array([-1.0])):
        before = x.copy()
        assert reference(x.copy()) == total(x), "not the sum"
        assert (x == before).all(), "it changes its argument"
"""
    found = judged(source, reference=RIGHTS["loop"])
    require_good(found)
    assert {call.number for call in found.log} == {0, 1}


def test_a_reference_that_defines_nothing_is_the_lessons_fault(
    judged: Callable[..., JudgedTest],
) -> None:
    with pytest.raises(HandedSourceError):
        judged("def agree(reference, total):\n    return True\n", **one(reference="x = 1\n"))


def test_a_function_may_be_given_more_than_an_answer_may_have(
    judged: Callable[..., JudgedTest],
) -> None:
    source = "import numpy as np\ndef agree(total):\n    x = np.ones({n})\n    return {answer}"
    large = source.format(n=MAX_REPLY // 4, answer="total(x) == len(x)")
    require_good(judged(large, **one()))
    silent = source.format(n=MAX_REPLY // 4, answer="[total(x[:3]), x]")
    assert "no answer" in failure_of(judged, silent, **one())[0]
