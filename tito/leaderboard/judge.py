"""Judgement of one entry: build, contract, timing, verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recsys_backends.errors import ContractViolation
from recsys_edu.artefacts.errors import BuildError
from recsys_edu.errors import InvalidParameterError
from tito.jail.availability import require_jail
from tito.jail.plain_files import SubmissionError
from tito.jail.temporary import TemporaryFolder
from tito.judging.failures import LearnerError
from tito.leaderboard.build import write_module
from tito.leaderboard.contract_check import CheckResult, check_contract
from tito.leaderboard.division import Division, DivisionKind
from tito.leaderboard.entry import Entry
from tito.leaderboard.fit_check import check_fit, check_lists
from tito.leaderboard.open_quality import measure_quality
from tito.leaderboard.states import State
from tito.leaderboard.timing import Conditions, Timing, time_entry
from tito.leaderboard.verdict import Verdict, printable, rejected

BUILD: Final = "it builds"
ANSWERS: Final = "timed calls answer"
RIGHT: Final = "timed answers are right"
_MOST_LINES: Final = 200

Report = Callable[[State], None]
CHECKS: Final[Mapping[DivisionKind, Callable[..., CheckResult]]] = {
    DivisionKind.KERNEL: check_contract,
    DivisionKind.TIME_TO_QUALITY: check_fit,
    DivisionKind.OPEN: check_lists,
}
"""Checks before anything is measured, by the kind of the division."""


@dataclass(frozen=True)
class Task:
    """Entry that is to be judged.

    Args:
        entry: source.
        division: rules.
        seed: secret from which all hidden data of the judgement are drawn.
        jailed: judge in jails. Otherwise the entry may do all that its caller may, and the verdict
            is ``local``.
        allowed: modules of this software that the entry may import: none, but for trusted entries.
    """

    entry: Entry
    division: Division
    seed: int
    jailed: bool = True
    allowed: tuple[str, ...] = ()


def judge(task: Task, report: Report = lambda state: None) -> Verdict:
    """Return the verdict on an entry.

    Args:
        task: entry, rules and seed.
        report: called with each state that the entry enters on its way.

    Raises:
        JailUnavailableError: no jail can be had, and one is wanted.
        BaselineError: the machine could not time the baseline; the entry is not to blame.
    """
    if task.jailed:
        require_jail()
    log = _Log()
    if task.entry.language not in task.division.languages:
        sentence = f"an entry in {task.entry.language} is none of this division's."
        return rejected("language", sentence, log.lines)
    folder = TemporaryFolder("entry")
    try:
        folder.path.chmod(0o755)
        return _judged_in(folder.path, task, report, log)
    finally:
        folder.close()


class _Log:
    """Sentences on the course of a judgement, with the seconds since it began."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self.lines: list[str] = []

    def add(self, sentence: str) -> None:
        """Add a sentence; what comes after many is left out."""
        if len(self.lines) < _MOST_LINES:
            seconds = time.monotonic() - self._start
            self.lines.append(f"{seconds:7.1f} s  {printable(sentence)}")


def _judged_in(folder: Path, task: Task, report: Report, log: _Log) -> Verdict:
    if task.entry.language != "python":
        report(State.BUILDING)
    try:
        module = write_module(task.entry, task.division, folder, jailed=task.jailed)
    except (BuildError, InvalidParameterError) as error:
        log.add(str(error))
        return rejected(BUILD, str(error), log.lines)
    log.add("The entry is built.")
    report(State.CHECKING)
    try:
        checked = CHECKS[task.division.kind](
            module, task.division, task.seed, jailed=task.jailed, allowed=task.allowed
        )
    except SubmissionError as error:
        return rejected(BUILD, str(error), log.lines)
    log.add(f"{checked.n_clauses} clauses are kept.")
    if checked.failed:
        log.add(f"{checked.failed}: {checked.message}")
        return rejected(checked.failed, checked.message, log.lines)
    report(State.TIMING)
    try:
        if task.division.kind is DivisionKind.OPEN:
            return _ranked(module, task, log)
        return _timed(module, task, log)
    except LearnerError as error:
        log.add(str(error))
        return rejected(ANSWERS, str(error), log.lines)
    except ContractViolation as error:
        log.add(str(error))
        return rejected(RIGHT, str(error), log.lines)


def _ranked(module: Path, task: Task, log: _Log) -> Verdict:
    """Return the verdict on lists; their log names no figure but times."""
    found = measure_quality(module, task.division, task.seed, jailed=task.jailed, announce=log.add)
    for reason in found.reasons:
        log.add(reason)
    if found.breach:
        return rejected(found.breach, found.reasons[0], log.lines)
    local = found.reasons or not task.jailed
    return Verdict(
        State.LOCAL if local else State.VERIFIED,
        sentence=printable(" ".join(found.reasons)),
        score=found.score,
        seconds=found.seconds,
        log=tuple(log.lines),
    )


def _timed(module: Path, task: Task, log: _Log) -> Verdict:
    conditions = Conditions(task.jailed, task.allowed)
    timing = time_entry(module, task.division, task.seed, conditions, log.add)
    for reason in timing.reasons:
        log.add(reason)
    if timing.breach:
        return rejected(timing.breach, timing.reasons[0], log.lines)
    return _measured(timing, task, log)


def _measured(timing: Timing, task: Task, log: _Log) -> Verdict:
    most = task.division.rounds.half_width
    state, sentence = State.VERIFIED, ""
    if timing.estimate.half_width > most:
        state = State.UNSTABLE
        sentence = (
            f"after {len(timing.ratios)} repeats the interval still reaches "
            f"{timing.estimate.half_width:.1%} to either side; {most:.1%} is the limit."
        )
    elif timing.reasons or not task.jailed:
        state, sentence = State.LOCAL, " ".join(timing.reasons)
    return Verdict(
        state,
        "" if state is not State.UNSTABLE else "half-width",
        printable(sentence),
        timing.estimate,
        timing.seconds,
        timing.baseline_seconds,
        timing.repeats,
        tuple(log.lines),
    )
