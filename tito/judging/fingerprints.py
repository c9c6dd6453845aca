"""Fingerprints of mistakes: answers that known wrong solutions give to the same calls.

A function under judgement is called as they were. Where all of its answers, and its arguments
afterwards, agree with those of one wrong solution, its mistake has a name.
"""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from recsys_edu.errors import RecsysError
from tito.judging.failures import MAX_MESSAGE, LearnerError
from tito.judging.likeness import Answer, Call, answers_alike
from tito.judging.remote import Remote, connection_of
from tito.wire.values import arrays_in, pack, unpack

PUBLIC: Final = "fingerprints.json"
"""File of a lesson's folder with the fingerprints that learners' own checks use."""
PROBE_PREFIX: Final = "probe."
VERSION: Final = 1
SECONDS: Final = 10.0
"""Limit of all calls about one test together."""


class FingerprintError(RecsysError, ValueError):
    """A file of fingerprints that cannot be used."""


@dataclass(frozen=True)
class Misconception:
    """A known mistake, and the answers that it gives."""

    names: tuple[str, ...]
    """Names of the wrong solutions that answer so; the first one stands for all."""
    sentence: str
    """Description of the mistake, for a learner."""
    types: bool
    """True if its numbers are right, and only their types are not."""
    answers: tuple[Answer | None, ...]
    """Answer to each call; None where it is the right one."""

    @property
    def name(self) -> str:
        """Name of the mistake."""
        return self.names[0]


@dataclass(frozen=True)
class Fingerprints:
    """Fingerprints of the mistakes that one test is about."""

    calls: tuple[Call, ...]
    right: tuple[Answer, ...]
    """Answers of the solution."""
    misconceptions: tuple[Misconception, ...]

    def answers_of(self, mistake: Misconception) -> list[Answer]:
        """Return a mistake's answer to each call."""
        return [
            right if own is None else own
            for own, right in zip(mistake.answers, self.right, strict=True)
        ]


@dataclass(frozen=True)
class Recognition:
    """Result of calling functions as known wrong solutions were called."""

    right: bool
    """All answers are those of the solution."""
    misconception: Misconception | None


def recognise(remote: Remote, fingerprints: Fingerprints, seconds: float = SECONDS) -> Recognition:
    """Compare the answers of judged functions with those of known mistakes.

    Args:
        remote: the functions.
        fingerprints: the calls, and the answers of the solution and of each mistake.
        seconds: limit of all calls together; beyond it, nothing is recognised.
    """
    connection_of(remote).allow_seconds(seconds)
    return recognise_answers(lambda call: _answer(remote, call), fingerprints)


def recognise_answers(
    answer_to: Callable[[Call], Answer | None], fingerprints: Fingerprints
) -> Recognition:
    """Compare answers with those of known mistakes.

    The calls stop as soon as no mistake is left that agrees with all answers so far.

    Args:
        answer_to: returns the answer to a call, or None where there is none to compare.
        fingerprints: the calls, and the answers of the solution and of each mistake.
    """
    left = [(mistake, fingerprints.answers_of(mistake)) for mistake in fingerprints.misconceptions]
    right = True
    for number, call in enumerate(fingerprints.calls):
        answer = answer_to(call)
        if answer is None:
            return Recognition(False, None)
        expected = fingerprints.right[number]
        right = right and answers_alike(call, answer, expected)
        left = [
            (mistake, own)
            for mistake, own in left
            if answers_alike(call, answer, own[number], types=mistake.types)
        ]
        if not left and not right:
            break
    if len(left) != 1:
        return Recognition(right, None)
    return Recognition(False, left[0][0])


def _answer(remote: Remote, call: Call) -> Answer | None:
    """Return the answer to a call; None where there is none that could be compared."""
    own = call.copied()
    name = own.function.removeprefix(PROBE_PREFIX)
    try:
        reply = connection_of(remote).ask(
            name, own.args, dict(own.kwargs), probe=name != own.function
        )
    except LearnerError:
        return None
    if "raised" in reply:
        return (
            None
            if reply.get("unwritten") is True
            else Answer(raised=str(reply["raised"])[:MAX_MESSAGE])
        )
    if "value" not in reply:
        return None
    try:
        changed = {number: np.asarray(array) for number, array in reply.get("changed", ())}
    except (TypeError, ValueError):
        return None
    n_given = len(arrays_in([list(call.args), dict(call.kwargs)]))
    if not all(type(number) is int and 0 <= number < n_given for number in changed):
        return None  # forged
    return Answer(value=reply["value"], changed=changed)


def write_fingerprints(prints: Mapping[str, Fingerprints], made_of: str = "") -> bytes:
    """Return fingerprints, by the names of their tests, as the content of a file.

    Args:
        prints: the fingerprints.
        made_of: digest of the sources that they were drawn from, to know a file that is up to date
            without drawing it again; empty to leave it out.
    """
    tests = {}
    for test, each in prints.items():
        buffers: list[np.ndarray[Any, Any]] = []
        tree = pack(_as_plain(each), buffers)
        encoded = [base64.b64encode(array.tobytes()).decode("ascii") for array in buffers]
        tests[test] = {"tree": tree, "buffers": encoded}
    content = {"version": VERSION, **({"made_of": made_of} if made_of else {}), "tests": tests}
    return (json.dumps(content, separators=(",", ":")) + "\n").encode("ascii")


def made_of(path: Path) -> str:
    """Return the digest that a file of fingerprints was written with; empty where it has none."""
    try:
        content = json.loads(path.read_text(encoding="ascii"))
        return str(content["made_of"]) if content["version"] == VERSION else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def read_fingerprints(path: Path) -> dict[str, Fingerprints]:
    """Read a file of fingerprints.

    Raises:
        FingerprintError: it cannot be read, or is of another version.
    """
    try:
        content = json.loads(path.read_text(encoding="ascii"))
        if content["version"] != VERSION:
            raise FingerprintError(f"{path} is of another version of recsys_edu: build it again.")
        return {test: _read_one(packed) for test, packed in content["tests"].items()}
    except FingerprintError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FingerprintError(
            f"the fingerprints in {path} cannot be read ({type(error).__name__}): build them again."
        ) from error


def _as_plain(prints: Fingerprints) -> list[Any]:
    return [
        [[call.function, call.args, dict(call.kwargs), call.least] for call in prints.calls],
        [_answer_as_plain(answer) for answer in prints.right],
        [
            [
                list(mistake.names),
                mistake.sentence,
                mistake.types,
                [_answer_as_plain(answer) for answer in mistake.answers],
            ]
            for mistake in prints.misconceptions
        ],
    ]


def _answer_as_plain(answer: Answer | None) -> Any:
    if answer is None:
        return None
    return [answer.raised, answer.value, list(map(list, sorted(answer.changed.items())))]


def _read_one(packed: Any) -> Fingerprints:
    buffers = [memoryview(bytearray(base64.b64decode(text))) for text in packed["buffers"]]
    calls, right, mistakes = unpack(packed["tree"], buffers)
    return Fingerprints(
        tuple(Call(*call) for call in calls),
        tuple(Answer(raised, value, dict(changed)) for raised, value, changed in right),
        tuple(
            Misconception(
                tuple(names),
                sentence,
                types,
                tuple(
                    None if one is None else Answer(one[0], one[1], dict(one[2])) for one in answers
                ),
            )
            for names, sentence, types, answers in mistakes
        ),
    )


def same_fingerprints(one: Mapping[str, Fingerprints], other: Mapping[str, Fingerprints]) -> bool:
    """Return True if two sets of fingerprints differ by rounding only."""
    return one.keys() == other.keys() and all(_same(one[test], other[test]) for test in one)


def _same(one: Fingerprints, other: Fingerprints) -> bool:
    def described(prints: Fingerprints) -> list[Any]:
        functions = [call.function for call in prints.calls]
        stripped = [dataclasses.replace(m, answers=()) for m in prints.misconceptions]
        return [functions, stripped]

    if described(one) != described(other):
        return False
    pairs = [(one.right, other.right)]
    pairs += [
        (tuple(one.answers_of(a)), tuple(other.answers_of(b)))
        for a, b in zip(one.misconceptions, other.misconceptions, strict=True)
    ]
    same_calls = all(
        answers_alike(a, Answer(value=[a.args, a.kwargs]), Answer(value=[b.args, b.kwargs]))
        for a, b in zip(one.calls, other.calls, strict=True)
    )
    return same_calls and all(
        answers_alike(call, a, b, types=True)
        for left, right in pairs
        for call, a, b in zip(one.calls, left, right, strict=True)
    )
