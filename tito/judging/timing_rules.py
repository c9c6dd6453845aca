"""Rules of timed calls, held by the account of processor time in each jail.

A call may use as much processor time as its threads have in its wall time. Between calls there is
nothing to do but to let go of the last answer, as the baseline does too.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from tito.judging.clock import Sample

TOLERANCE: Final = 0.01
"""Share of the time that processor time may be above what the rules allow."""
SLACK_NS: Final = 50_000
"""Processor time that one call may be above it as well: errors of the account."""
SHORTEST_NS: Final = int(SLACK_NS / TOLERANCE)
"""Time of a baseline's call below which the slack is worth more than the tolerance."""
COARSE_SLACK_NS: Final = 10 * SLACK_NS
"""Slack of such calls. They verify nothing, and on a busy machine a process that finds its caches
empty takes 0.1 ms more than usual; what is refused for good has to be work."""


class Breach(StrEnum):
    """Rules that an entry can break."""

    HIDDEN_THREADS = "hidden threads"
    WORK_BETWEEN_CALLS = "work between calls"
    NOT_FROZEN = "not frozen"


class Round(NamedTuple):
    """Samples of the three calls of one round."""

    entry: Sample
    baseline: Sample
    empty: Sample
    """Cost of timing: an empty call, without the time that it waited."""


@dataclass(frozen=True)
class Reason:
    """Reason why a comparison is not ``VERIFIED``."""

    sentence: str
    breach: Breach | None = None
    """Rule that the entry broke; None for a shortcoming of the machine or the calls."""


def reasons_in(rounds: Sequence[Round], n_threads: int) -> list[Reason]:
    """Return what the samples of a comparison say against it."""
    if not rounds:
        return []
    entries, baselines, empties = zip(*rounds, strict=True)
    usual = statistics.median(r.baseline.wall - r.empty.wall for r in rounds)
    slack = COARSE_SLACK_NS if usual < SHORTEST_NS else SLACK_NS
    reasons = []
    for samples, breach in ((entries, Breach.HIDDEN_THREADS), (baselines, None)):
        if sentence := hidden_threads(samples, empties, n_threads, slack):
            whose = "the entry" if breach else "the baseline: this machine's account is off"
            reasons.append(Reason(f"{whose}: {sentence}", breach))
    if sentence := work_between_calls(entries, baselines, empties, slack):
        reasons.append(Reason(f"the entry: {sentence}", Breach.WORK_BETWEEN_CALLS))
    if usual < SHORTEST_NS:
        reasons.append(
            Reason(
                f"the baseline's calls take {usual / 1e6:.2f} ms; below {SHORTEST_NS / 1e6:g} ms "
                "the account of processor time is too coarse: use larger inputs."
            )
        )
    return reasons


def hidden_threads(
    samples: Sequence[Sample],
    empties: Sequence[Sample],
    n_threads: int,
    slack: int = SLACK_NS,
) -> str | None:
    """Return a sentence where calls took more processor time than their threads can.

    Only excesses count: other work on the machine makes calls longer, which would hide some.
    """
    used = [s.cpu for s in samples if s.cpu is not None]
    free = [s.cpu for s in empties if s.cpu is not None]
    if not used or not free:
        return None
    cost = statistics.median(free)
    spans = [n_threads * wall for wall in _net(samples, empties)]
    excess = sum(max(cpu - cost - span, 0) for cpu, span in zip(used, spans, strict=True))
    if excess <= TOLERANCE * sum(spans) + slack * len(spans):
        return None
    return (
        f"calls of {_ms(sum(spans) / n_threads)} in all took {_ms(excess)} of processor time more "
        f"than {n_threads} thread{'s' * (n_threads > 1)} can: more threads ran."
    )


def work_between_calls(
    samples: Sequence[Sample],
    baselines: Sequence[Sample],
    empties: Sequence[Sample],
    slack: int = SLACK_NS,
) -> str | None:
    """Return a sentence where more was done between calls than the baseline does there."""
    used = [s.between for s in samples if s.between is not None]
    usual = [s.between for s in baselines if s.between is not None]
    if not used or not usual:
        return None
    spans = _net(samples, empties)
    excess = sum(used) - len(used) * statistics.mean(usual)
    if excess <= TOLERANCE * sum(spans) + slack * len(spans):
        return None
    return (
        f"{_ms(excess)} of processor time were used between calls that took {_ms(sum(spans))} in "
        "all: work belongs inside of the call."
    )


def _net(samples: Sequence[Sample], empties: Sequence[Sample]) -> list[float]:
    """Return the wall time of calls without the cost of timing, in nanoseconds."""
    cost = statistics.median(s.wall for s in empties)
    return [max(s.wall - cost, 0.0) for s in samples]


def _ms(nanoseconds: float) -> str:
    return f"{nanoseconds / 1e6:.1f} ms"
