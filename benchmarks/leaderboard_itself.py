"""Leaderboard figures of the optimized backend as an entry against itself.

    python benchmarks/leaderboard_itself.py [--division top-k-1] [--judgements 20]

Every judgement draws a secret of its own. The median of the scores should be 1, half-widths at most
those of the division, and nineteen of twenty intervals should contain 1. It wants root and control
groups with a freezer.
"""

from __future__ import annotations

import argparse
import os
import secrets
import statistics
import time
from dataclasses import replace
from pathlib import Path

from tito.leaderboard import baseline_kernel
from tito.leaderboard.division import Division, Rounds, find_division
from tito.leaderboard.timing import OPTIMIZED, Conditions, Timing, time_entry

ENTRY = Path(baseline_kernel.__file__)


def judgement(division: Division) -> Timing:
    """One judgement's timing; its answers are checked, its contract is not."""
    return time_entry(ENTRY, division, secrets.randbits(127), Conditions(allowed=OPTIMIZED))


def main() -> None:
    """Print a line for each judgement, and what they come to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--division", default="top-k-1")
    parser.add_argument("--judgements", type=int, default=20)
    parser.add_argument("--quick", action="store_true", help="little, to see that it runs")
    arguments = parser.parse_args()
    division = find_division(arguments.division)
    n = arguments.judgements
    if arguments.quick:
        n, division = 2, replace(division, rounds=Rounds(calls=1, least=6, most=6))
    print(f"{division.name}: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| score | interval | half-width | repeats | seconds | load |")
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    found = []
    for _ in range(n):
        start = time.monotonic()
        timing = judgement(division)
        found.append(timing.estimate)
        one = timing.estimate
        print(
            f"| {one.value:.4f} | {one.low:.4f} to {one.high:.4f} | {one.half_width:.2%} "
            f"| {len(timing.ratios)} | {time.monotonic() - start:.0f} | {os.getloadavg()[0]:.1f} |",
            flush=True,
        )
    within = sum(one.low <= 1 <= one.high for one in found)
    median = statistics.median(one.value for one in found)
    print(f"\nmedian {median:.4f}; {within} of {n} intervals contain 1;", end=" ")
    print(f"largest half-width {max(one.half_width for one in found):.2%}")


if __name__ == "__main__":
    main()
