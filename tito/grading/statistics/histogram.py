"""Histograms of points: counts in bins, and the bars of a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from tito.grading.pages.render import format_points

WIDTH: Final = 480
"""Width of a drawing, in its own units."""
HEIGHT: Final = 140
"""Height of the bars' area, in the same units."""
MAX_STEPS: Final = 12
"""Largest number of points for which each has a bin of its own."""
N_BINS: Final = 10
"""Number of bins otherwise."""


@dataclass(frozen=True)
class Bar:
    """One bin of a histogram, and its place in the drawing."""

    label: str
    """Points in this bin."""
    count: int
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Middle of the bar, from the left."""
        return self.x + self.width / 2


def histogram(scores: Sequence[float], maximum: float) -> list[Bar]:
    """Return the bars of some points.

    Whole points up to 12 have a bin each. Others have ten bins of equal width; a bin has its lower
    end, and the last one both. Points below 0 or above the maximum (extra credit) are in the first
    and the last bin.
    """
    labels, counts = _counts(scores, maximum)
    step, highest = WIDTH / len(counts), max(max(counts), 1)
    heights = [HEIGHT * count / highest for count in counts]
    return [
        Bar(label, count, x=place * step + 2, y=HEIGHT - height, width=step - 4, height=height)
        for place, (label, count, height) in enumerate(zip(labels, counts, heights, strict=True))
    ]


def _counts(scores: Sequence[float], maximum: float) -> tuple[list[str], list[int]]:
    whole = all(float(value).is_integer() for value in (*scores, maximum))
    if whole and maximum <= MAX_STEPS:
        n_bins, step = int(maximum) + 1, 1.0
        labels = [str(points) for points in range(n_bins)]
    else:
        n_bins, step = N_BINS, maximum / N_BINS or 1.0
        ends = [format_points(place * step) for place in range(n_bins + 1)]
        labels = [f"{low} to {high}" for low, high in pairwise(ends)]
    counts = [0] * n_bins
    for score in scores:
        counts[min(max(int(score / step + 1e-9), 0), n_bins - 1)] += 1
    return labels, counts
