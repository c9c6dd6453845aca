"""Comparison of an entry with a baseline, timed in turn in jails of the same kind.

    comparison = compare(entry, baseline, generate, n_rounds=20)
    comparison.validity, comparison.reasons, comparison.speedups()

Every round makes new inputs and times three calls on them: of the entry, of the baseline, and of
``nothing``, whose cost is what timing itself takes. Only one of the three processes runs at a time.
"""

from __future__ import annotations

import contextlib
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from recsys_edu.errors import RecsysError
from tito.jail.machine_lock import measuring
from tito.jail.timed import TimedJail
from tito.jail.timed_group import NotFrozenError
from tito.judging.clock import SECONDS_PER_CALL, MakeHolder, Sample, TimedAnswer, TimedSession
from tito.judging.failures import LearnerError
from tito.judging.shared_files import Call
from tito.judging.timing_rules import Breach, Reason, Round, reasons_in
from tito.wire import nothing

LONGEST_WAIT_NS: Final = 10_000_000
"""Longest wait of an empty call, in nanoseconds."""


class BaselineError(RecsysError, RuntimeError):
    """The baseline, or the empty call, failed; the entry is not to blame."""


class Validity(StrEnum):
    """Worth of a measurement: which rules were held."""

    VERIFIED = "verified"
    """The rules were held by the machine."""
    LOCAL = "local"
    """The machine could not hold all rules, or the calls were too short."""
    REFUSED = "refused"
    """The entry broke a rule."""


@dataclass(frozen=True)
class TimedModule:
    """Functions to be timed.

    Args:
        module: file with the functions; extension modules that it imports lie beside it.
        allowed: distributions, and modules of this software, that it may import beside NumPy and
            the standard library.
        function: name of the function that is called in it; that of the call where None.
        launch: makes its jail; that of the comparison where None.
    """

    module: Path
    allowed: Sequence[str] = ()
    function: str | None = None
    launch: MakeHolder | None = None


@dataclass(frozen=True)
class Comparison:
    """Timings of an entry and a baseline, in pairs, and what they are worth."""

    rounds: tuple[Round, ...]
    n_threads: int
    reasons: tuple[Reason, ...]

    @property
    def validity(self) -> Validity:
        """Worth of the comparison."""
        if any(reason.breach for reason in self.reasons):
            return Validity.REFUSED
        return Validity.LOCAL if self.reasons else Validity.VERIFIED

    @property
    def empty_seconds(self) -> float:
        """Median cost of a call that does nothing; it has been taken off all seconds below."""
        return statistics.median(r.empty.wall for r in self.rounds) / 1e9

    def seconds(self) -> list[tuple[float, float]]:
        """Return the seconds of the entry and of the baseline, a pair for each round."""
        cost = self.empty_seconds
        return [(r.entry.wall / 1e9 - cost, r.baseline.wall / 1e9 - cost) for r in self.rounds]

    def cpu_seconds(self) -> list[tuple[float, float]] | None:
        """Return the processor seconds of both, a pair for each round; None where nobody counts."""
        found = [(r.entry.cpu, r.baseline.cpu, r.empty.cpu) for r in self.rounds]
        counted = [(e, b, n) for e, b, n in found if None not in (e, b, n)]
        if not counted or len(counted) < len(found):
            return None
        cost = statistics.median(n or 0 for _, _, n in counted)
        return [(((e or 0) - cost) / 1e9, ((b or 0) - cost) / 1e9) for e, b, _ in counted]

    def speedups(self) -> list[float]:
        """Return the baseline's seconds over the entry's, one for each round."""
        shortest = 1e-9  # an entry as fast as nothing
        return [baseline / max(entry, shortest) for entry, baseline in self.seconds()]


Check = Callable[[Call, TimedAnswer, TimedAnswer], None]


def compare(
    entry: TimedModule,
    baseline: TimedModule,
    generate: Callable[[int], Call],
    *,
    n_rounds: int,
    n_threads: int = 1,
    fresh: bool = False,
    n_warmups: int = 1,
    seconds: float = SECONDS_PER_CALL,
    check: Check | None = None,
    launch: MakeHolder = TimedJail,
    announce: Callable[[str], None] = lambda sentence: None,
) -> Comparison:
    """Time an entry and a baseline on the same inputs, in turn.

    Args:
        entry: functions by somebody who is not trusted.
        baseline: functions that they are compared with.
        generate: makes the call of a round from its number; called once for each.
        n_rounds: number of rounds, at least 1.
        n_threads: number of threads that the functions may use.
        fresh: start all processes anew for each round.
        n_warmups: number of first rounds in each process that do not count.
        seconds: limit of one call.
        check: called with every call, the entry's answer and the baseline's; raises where the
            entry's is wrong.
        launch: makes the jails.
        announce: called with a sentence where another measurement keeps this one waiting.

    Raises:
        LearnerError: the entry cannot be loaded, or a call of it brings no answer.
        BaselineError: the same of the baseline.
        Exception: what ``check`` raises.
    """
    match = _Match((entry, baseline), generate, check, launch, n_threads, seconds)
    with measuring(announce):
        match.play_all(n_warmups, n_rounds, fresh=fresh)
    return match.comparison()


class _Match:
    """Rounds of one comparison."""

    def __init__(
        self,
        sides: tuple[TimedModule, TimedModule],
        generate: Callable[[int], Call],
        check: Check | None,
        launch: MakeHolder,
        n_threads: int,
        seconds: float,
    ) -> None:
        own = TimedModule(Path(nothing.__file__), function=nothing.nothing.__name__)
        self._sides = (*sides, own)
        self._generate, self._check, self._launch = generate, check, launch
        self._n_threads, self._seconds = n_threads, seconds
        self._random = random.SystemRandom()
        self._number = 0
        self._rounds: list[Round] = []
        self._problems: list[str] = []
        self._breaches: list[Reason] = []

    def play_all(self, n_warmups: int, n_rounds: int, *, fresh: bool) -> None:
        """Play all rounds, up to one in which the entry does not freeze."""
        try:
            for _ in range(n_rounds if fresh else 1):
                self._play(n_warmups, 1 if fresh else n_rounds)
        except NotFrozenError as error:
            sentence = f"the entry could not be frozen: {error}"
            self._breaches.append(Reason(sentence, Breach.NOT_FROZEN))

    def comparison(self) -> Comparison:
        """Return the rounds, and what they are worth."""
        problems = [Reason(problem) for problem in self._problems]
        found = reasons_in(self._rounds, self._n_threads)
        return Comparison(
            tuple(self._rounds), self._n_threads, (*self._breaches, *problems, *found)
        )

    def _play(self, n_warmups: int, n_rounds: int) -> None:
        """Play rounds in new processes."""
        with self._sessions() as sessions:
            for session in sessions:
                self._problems += [p for p in session.problems if p not in self._problems]
            for number in range(n_warmups + n_rounds):
                played = self._round(sessions)
                if number >= n_warmups:
                    self._rounds.append(played)

    @contextlib.contextmanager
    def _sessions(self) -> Iterator[list[TimedSession]]:
        with contextlib.ExitStack() as opened:
            sessions = []
            for number, side in enumerate(self._sides):
                with _blaming(number):
                    session = TimedSession(
                        side.module,
                        side.launch or self._launch,
                        n_threads=self._n_threads,
                        allowed=side.allowed,
                        seconds=self._seconds,
                    )
                sessions.append(opened.enter_context(session))
            yield sessions

    def _round(self, sessions: list[TimedSession]) -> Round:
        call = self._generate(self._number)
        self._number += 1
        samples: list[Sample] = [Sample(0, None, None)] * 3
        answers: list[TimedAnswer | None] = [None] * 3
        for side in self._random.sample(range(3), 3):
            with _blaming(side):
                answers[side], samples[side] = sessions[side].call(call, self._sides[side].function)
        first, second, third = answers
        assert first is not None and second is not None and third is not None  # noqa: PT018
        if self._check is not None:
            self._check(call, first, second)
        kept = Call(nothing.keep.__name__, (second.value, min(samples[1].wall, LONGEST_WAIT_NS)))
        with _blaming(2):
            sessions[2].call(kept)
        return Round(samples[0], samples[1], _without_waiting(samples[2], *third.value[1:]))


def _without_waiting(sample: Sample, wall: int, cpu: int) -> Sample:
    """Return the cost of timing: what an empty call took without its wait."""
    return Sample(
        sample.wall - wall, None if sample.cpu is None else sample.cpu - cpu, sample.between
    )


@contextlib.contextmanager
def _blaming(side: int) -> Iterator[None]:
    """Let an entry's failures through; those of our own functions are ours."""
    try:
        yield
    except (LearnerError, NotFrozenError) as error:
        if side == 0:
            raise
        whose = ("", "the baseline", "the empty call")[side]
        raise BaselineError(f"{whose} failed: {error}") from error
