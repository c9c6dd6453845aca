"""Time of an entry over that of the optimized backend, by the clock outside of both."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tito.jail.timed import TimedJail
from tito.jail.untimed import TimedProcess
from tito.judging.comparison import TimedModule, Validity, compare
from tito.judging.shared_files import Call
from tito.leaderboard import baseline_kernel
from tito.leaderboard.answers import check_answer
from tito.leaderboard.division import Division
from tito.leaderboard.draws import draw_call, generator_of
from tito.leaderboard.intervals import Estimate, median_estimate

OPTIMIZED: Final = (
    "recsys_backends.optimized",
    "recsys_backends.threads",
    "recsys_backends.memory",
)
"""Modules that the baseline's jail has beside what an entry's has."""
GROWTH: Final = 1.5
"""Factor by which the number of repeats grows between two looks at the interval."""


@dataclass(frozen=True)
class Timing:
    """Measurements of one judgement."""

    ratios: tuple[float, ...]
    """Median of the entry's time over the baseline's, one for each repeat."""
    repeats: tuple[tuple[float, float], ...]
    """Median seconds of the entry and of the baseline, a pair for each repeat."""
    seconds: float
    """Median of the entry's seconds."""
    baseline_seconds: float
    validity: Validity
    reasons: tuple[str, ...]
    breach: str
    """Rule that the entry broke; empty without one."""

    @property
    def estimate(self) -> Estimate:
        """Median over the repeats, with its interval."""
        return median_estimate(self.ratios)


@dataclass(frozen=True)
class Conditions:
    """Conditions of a timing: jails, or plain processes on the author's own machine."""

    jailed: bool = True
    allowed: tuple[str, ...] = ()
    """Modules of this software that the entry may import; none, but for trusted entries."""


def time_kernel(
    module: Path,
    division: Division,
    seed: int,
    conditions: Conditions,
    announce: Callable[[str], None] = lambda sentence: None,
) -> Timing:
    """Time an entry beside the optimized backend, until the interval is narrow enough.

    Every repeat starts both in new processes and draws new data for each call. There are
    ``rounds.least`` repeats at first, then half as many more each time, up to ``rounds.most``.

    Args:
        module: the entry's module.
        division: rules.
        seed: secret of the judgement.
        conditions: jailed or not.
        announce: called with sentences about the progress.

    Raises:
        LearnerError: the entry brings no answer.
        ContractViolation: an answer is wrong.
        BaselineError: the baseline failed; the entry is not to blame.
    """
    repeats: list[_Repeat] = []
    wanted = division.rounds.least
    while True:
        while len(repeats) < wanted:
            repeats.append(_repeat(module, division, seed, len(repeats), conditions, announce))
            if repeats[-1].breach:
                return _timing(repeats)
        timing = _timing(repeats)
        announce(f"{len(repeats)} repeats: {timing.estimate.half_width:.1%} to either side.")
        if timing.estimate.half_width <= division.rounds.half_width:
            return timing
        if wanted >= division.rounds.most:
            return timing
        wanted = min(division.rounds.most, math.ceil(wanted * GROWTH))


@dataclass(frozen=True)
class _Repeat:
    pairs: list[tuple[float, float]]
    reasons: tuple[str, ...]
    validity: Validity
    breach: str


def _repeat(
    module: Path,
    division: Division,
    seed: int,
    number: int,
    conditions: Conditions,
    announce: Callable[[str], None],
) -> _Repeat:
    def generate(round_number: int) -> Call:
        rng = generator_of(seed, number, round_number)
        return draw_call(division.op, rng, division.size, division.n_threads)

    comparison = compare(
        TimedModule(module, conditions.allowed),
        TimedModule(Path(baseline_kernel.__file__), OPTIMIZED),
        generate,
        n_rounds=division.rounds.calls,
        n_threads=division.n_threads,
        seconds=division.limits.call_seconds,
        check=check_answer,
        launch=TimedJail if conditions.jailed else TimedProcess,
        announce=announce,
    )
    breaches = [reason.breach for reason in comparison.reasons if reason.breach]
    return _Repeat(
        comparison.seconds(),
        tuple(reason.sentence for reason in comparison.reasons),
        comparison.validity,
        str(breaches[0]) if breaches else "",
    )


def _timing(repeats: list[_Repeat]) -> Timing:
    shortest = 1e-9  # an entry as fast as nothing
    ratios = tuple(
        statistics.median(max(entry, shortest) / max(baseline, shortest) for entry, baseline in r)
        for r in (repeat.pairs for repeat in repeats)
        if r
    )
    pairs = [pair for repeat in repeats for pair in repeat.pairs]
    medians = tuple(
        (statistics.median(e for e, _ in r.pairs), statistics.median(b for _, b in r.pairs))
        for r in repeats
        if r.pairs
    )
    order = (Validity.REFUSED, Validity.LOCAL, Validity.VERIFIED)
    return Timing(
        ratios,
        medians,
        statistics.median(entry for entry, _ in pairs) if pairs else 0.0,
        statistics.median(baseline for _, baseline in pairs) if pairs else 0.0,
        min((repeat.validity for repeat in repeats), key=order.index),
        tuple(dict.fromkeys(reason for repeat in repeats for reason in repeat.reasons)),
        next((repeat.breach for repeat in repeats if repeat.breach), ""),
    )
