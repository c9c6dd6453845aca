"""Time of an entry over that of its division's baseline, by the clock outside of both."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from tito.jail.limits import MIB
from tito.jail.timed import LIMITS, TimedJail
from tito.jail.untimed import TimedProcess
from tito.judging.comparison import Check, Comparison, TimedModule, compare
from tito.judging.shared_files import Call
from tito.judging.timing_rules import Breach, Reason, reasons_in
from tito.leaderboard.division import Division
from tito.leaderboard.draws import generator_of
from tito.leaderboard.intervals import Estimate, median_estimate
from tito.leaderboard.trials import trial_of

OPTIMIZED: Final = (
    "recsys_backends.optimized",
    "recsys_backends.threads",
    "recsys_backends.memory",
)
"""Modules that the baseline's jail has beside what an entry's has."""
GROWTH: Final = 1.5
"""Factor by which the number of repeats grows between two looks at the interval."""
_SHORTEST: Final = 1e-9
"""Seconds of an entry that is as fast as nothing."""


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
    reasons: tuple[str, ...]
    """Sentences on what keeps the timing from being verified; empty where nothing does."""
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


def time_entry(
    module: Path,
    division: Division,
    seed: int,
    conditions: Conditions,
    announce: Callable[[str], None] = lambda sentence: None,
) -> Timing:
    """Time an entry beside its division's baseline, until the interval is narrow enough.

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
    repeats: list[Comparison] = []
    wanted = division.rounds.least
    while True:
        while len(repeats) < wanted:
            repeats.append(_repeat(module, division, seed, len(repeats), conditions, announce))
            if _not_frozen(repeats[-1]):
                return timing_of(repeats)
        timing = timing_of(repeats)
        announce(f"{len(repeats)} repeats: {timing.estimate.half_width:.1%} to either side.")
        narrow = timing.estimate.half_width <= division.rounds.half_width
        if timing.breach or narrow or wanted >= division.rounds.most:
            return timing
        wanted = min(division.rounds.most, math.ceil(wanted * GROWTH))


def _repeat(
    module: Path,
    division: Division,
    seed: int,
    number: int,
    conditions: Conditions,
    announce: Callable[[str], None],
) -> Comparison:
    trial = trial_of(division)
    checks: list[Check] = []

    def generate(round_number: int) -> Call:
        call, check = trial.draw(generator_of(seed, number, round_number))
        checks[:] = [check]
        return call

    limits = replace(LIMITS, memory=division.limits.memory_mib * MIB)
    return compare(
        TimedModule(module, conditions.allowed),
        TimedModule(trial.baseline, OPTIMIZED),
        generate,
        n_rounds=division.rounds.calls,
        n_threads=division.n_threads,
        seconds=division.limits.call_seconds,
        check=lambda *answers: checks[0](*answers),
        launch=partial(TimedJail if conditions.jailed else TimedProcess, limits=limits),
        announce=announce,
    )


def timing_of(repeats: Sequence[Comparison]) -> Timing:
    """Return what repeats come to.

    The rules about processor time are asked of the calls of all repeats together: those of one are
    too few to tell an entry's excess from the machine's.
    """
    medians, ratios = [], []
    for repeat in repeats:
        if pairs := [(max(e, _SHORTEST), max(b, _SHORTEST)) for e, b in repeat.seconds()]:
            entry, baseline = (statistics.median(side) for side in zip(*pairs, strict=True))
            medians.append((entry, baseline))
            ratios.append(statistics.median(e / b for e, b in pairs))
    reasons = _reasons(repeats)
    breaches = [str(reason.breach) for reason in reasons if reason.breach]
    entry, baseline = (
        (statistics.median(side) for side in zip(*medians, strict=True)) if medians else (0.0, 0.0)
    )
    return Timing(
        tuple(ratios),
        tuple(medians),
        entry,
        baseline,
        tuple(dict.fromkeys(reason.sentence for reason in reasons)),
        breaches[0] if breaches else "",
    )


def _reasons(repeats: Sequence[Comparison]) -> list[Reason]:
    """Return what speaks against the timing; what the entry broke stands first."""
    rounds = [played for repeat in repeats for played in repeat.rounds]
    found = reasons_in(rounds, repeats[0].n_threads)
    for repeat in repeats:
        of_its_rounds = reasons_in(repeat.rounds, repeat.n_threads)
        found += [reason for reason in repeat.reasons if reason not in of_its_rounds]
    return sorted(found, key=lambda reason: reason.breach is None)


def _not_frozen(repeat: Comparison) -> bool:
    return any(reason.breach is Breach.NOT_FROZEN for reason in repeat.reasons)
