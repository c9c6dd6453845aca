"""Judge an answer that is a test: it is tried on functions that its author cannot read.

    def test_agree(remote, rng):
        right = {"loop": LOOP, "matmul": MATMUL}
        wrong = variants(LOOP, {"no bias": (" + biases", ""), "worst first": ("-s", "s")})
        require_good(judge_test(remote, "agree", "scores", right=right, wrong=wrong, rng=rng))

Each function is source text that defines a function of one name. It runs in a process of its own;
the judged process is started anew for each, so that a test sees one function and remembers none.
Order, repetitions, and with them the numbers of right and wrong ones, are drawn.

To the test, a function behaves as it would at home, with these exceptions: it takes and returns
plain data, never functions or generators; an array that it returns is a copy; its errors have a
built-in type and no text. On a learner's own machine, where nothing is jailed, it can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from recsys_backends.contract.clause import require
from tito.jail.temporary import TemporaryFolder
from tito.judging.clauses import ClausesError
from tito.judging.connection import Connection
from tito.judging.failures import Failure, LearnerError
from tito.judging.handed import HandedCall, HandedFunctions, HandedLimits
from tito.judging.remote import Remote, connection_of

_FILE: Final = "handed.py"
"""Name of the file of every function: it tells nothing."""
Arguments = Callable[[np.random.Generator], Sequence[Any]]


class HandedSourceError(ClausesError):
    """A lesson's function for tests cannot be used: the lesson has to be mended."""


@dataclass(frozen=True)
class JudgedTest:
    """Outcome of a test on right and wrong functions, by the functions' names in the lesson."""

    caught: tuple[str, ...]
    """Wrong functions that it refused each time."""
    missed: tuple[str, ...]
    """Wrong functions that it accepted at least once."""
    accepted: tuple[str, ...]
    """Right functions that it accepted each time."""
    refused: tuple[str, ...]
    """Right functions that it refused at least once."""
    log: tuple[HandedCall, ...]
    """Calls of all functions."""


def judge_test(
    remote: Remote,
    name: str,
    function: str,
    *,
    right: Mapping[str, str],
    wrong: Mapping[str, str],
    rng: np.random.Generator,
    arguments: Arguments = lambda rng: (),
    reference: str | None = None,
    limits: HandedLimits | None = None,
) -> JudgedTest:
    """Try a learner's test on functions, and return what it says of them.

    A test accepts a function by returning True or None. It refuses one by returning False or by
    raising any error but NotImplementedError, which is a stub's.

    Args:
        remote: the learner's functions.
        name: of the test, which is called with a function and further arguments.
        function: name of the function in every source.
        right, wrong: sources by names; the names never reach the learner's process.
        rng: draws order and repetitions.
        arguments: further arguments of the test, drawn for each function.
        reference: source of a right function that the test is given as well, as its first argument,
            to compare with.
        limits: of each call of the test.

    Raises:
        LearnerError: the test is missing or not written, hung, ended its process, or answered
            something else.
        HandedSourceError: a source does not define the function.
    """
    connection = connection_of(remote)
    refusals: dict[tuple[bool, str], list[bool]] = {}
    log: list[HandedCall] = []
    beside = [] if reference is None else [reference]
    with ExitStack() as stack:
        references = [
            stack.enter_context(_hosted(connection, source, function)) for source in beside
        ]
        for is_right, chosen in _schedule(sorted(right), sorted(wrong), rng):
            source = (right if is_right else wrong)[chosen]
            with _hosted(connection, source, function) as hosted:
                handed = HandedFunctions(
                    [(other, function) for other in (*references, hosted)], limits
                )
                connection.stop()  # what an earlier function has taught is gone
                connection.require_written(name)
                given = (*handed.handles, *arguments(rng))
                refusals.setdefault((is_right, chosen), []).append(
                    _refuses(connection, name, given, handed)
                )
            log += handed.log
    return _outcome(refusals, log)


def _outcome(
    refusals: Mapping[tuple[bool, str], Sequence[bool]], log: Sequence[HandedCall]
) -> JudgedTest:
    """Sum up the refusals of each function; a key is (it is right, its name)."""
    wrong_ones = {key: all(found) for (ok, key), found in refusals.items() if not ok}
    right_ones = {key: any(found) for (ok, key), found in refusals.items() if ok}
    return JudgedTest(
        caught=tuple(sorted(key for key, refused in wrong_ones.items() if refused)),
        missed=tuple(sorted(key for key, refused in wrong_ones.items() if not refused)),
        accepted=tuple(sorted(key for key, refused in right_ones.items() if not refused)),
        refused=tuple(sorted(key for key, refused in right_ones.items() if refused)),
        log=tuple(log),
    )


def require_good(judged: JudgedTest) -> None:
    """Raise ContractViolation unless every wrong function was caught and every right accepted."""
    n_right = len(judged.accepted) + len(judged.refused)
    require(
        not judged.refused,
        f"it refuses {len(judged.refused)} of {n_right} functions that are right.",
    )
    n_wrong = len(judged.caught) + len(judged.missed)
    require(
        not judged.missed,
        f"it accepts {len(judged.missed)} of {n_wrong} functions that are wrong: "
        f"{', '.join(judged.missed)}.",
    )


def variants(source: str, edits: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Return edited copies of a source, by name.

    Args:
        source: text of a function.
        edits: ``{name: (before, after)}``; ``before`` occurs once in the source.

    Raises:
        HandedSourceError: the text to be replaced does not occur once.
    """
    for name, (before, _) in edits.items():
        if source.count(before) != 1:
            raise HandedSourceError(
                f"variant {name!r}: the text to be replaced occurs {source.count(before)} times in "
                "the source, not once."
            )
    return {name: source.replace(before, after) for name, (before, after) in edits.items()}


def _schedule(
    right: Sequence[str], wrong: Sequence[str], rng: np.random.Generator
) -> list[tuple[bool, str]]:
    """Draw an order in which each function comes at least once, and some come again."""
    once = [(True, name) for name in right] + [(False, name) for name in wrong]
    again = [once[place] for place in rng.integers(len(once), size=int(rng.integers(1, 4)))]
    return [(once + again)[place] for place in rng.permutation(len(once) + len(again))]


@contextmanager
def _hosted(connection: Connection, source: str, function: str) -> Iterator[Connection]:
    """Yield a running process with one function in it."""
    with TemporaryFolder("handed") as folder:
        module = Path(folder, _FILE)
        module.write_text(source, encoding="utf-8")
        with connection.beside(module) as hosted:
            try:
                hosted.require_written(function)
            except LearnerError as error:
                raise HandedSourceError(
                    f"a lesson's function for tests cannot be used: {error}"
                ) from None
            yield hosted


def _refuses(
    connection: Connection, name: str, given: tuple[Any, ...], handed: HandedFunctions
) -> bool:
    failure = connection.failure
    try:
        answer = connection.call(name, given, {}, handed=handed)
    except LearnerError:
        if connection.failure is not Failure.RAISED:
            raise
        connection.failure = failure
        return True
    if answer is None or isinstance(answer, (bool, np.bool_)):
        return answer is not None and not answer
    raise connection.failed(
        Failure.NO_DATA, f"{name} has to return True or False, or to raise an error."
    )
