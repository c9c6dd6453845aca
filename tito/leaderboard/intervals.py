"""Interval of a median, without any assumption about the shape of the errors."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CONFIDENCE: Final = 0.95


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half of the interval's length, as a share of the value; infinite without an interval."""
        return (self.high - self.low) / 2 / self.value if self.value else math.inf


def median_estimate(values: Sequence[float]) -> Estimate:
    """Return the median with its interval of 95 %, which lies between two of the values.

    The r-th smallest and the r-th largest of n independent values enclose the median of what they
    were drawn from with probability 1 − 2 P(Binomial(n, ½) < r); r is the largest number that keeps
    95 %. Fewer than six values have no such interval: its ends are infinite.

    Source: Conover, Practical Nonparametric Statistics, third edition, section 3.2.
    """
    ordered = sorted(values)
    value = statistics.median(ordered)
    rank = _rank(len(ordered))
    if rank == 0:
        return Estimate(value, -math.inf, math.inf)
    return Estimate(value, ordered[rank - 1], ordered[-rank])


def _rank(n: int) -> int:
    """Return the largest r with 2 P(Binomial(n, ½) < r) <= 5 %; 0 where there is none."""
    below, rank = 0.0, 0
    while True:
        below += math.comb(n, rank) / 2**n
        if 2 * below > 1 - CONFIDENCE:
            return rank
        rank += 1
