"""How fits and lists of several libraries are timed: in turn, in one way for all.

An epoch's time is that of a long fit less that of a short one, over the epochs between them, so
that what a library does once a fit (copies of the data, first vectors, threads) does not count. A
ratio is taken within a round, so that a slow minute hits both sides of it. This module knows no
library.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

import numpy as np
from peer_counts import SKIPS, check_counts

from recsys_edu.interactions import Interactions

Fit = Callable[[int], list[int]]
"""Learns for so many epochs, from scratch; returns from how many triples it learned in each."""
Recommend = Callable[[], np.ndarray]
"""The TOP best unseen items of every user as columns, shape (n_users, TOP)."""

TOP = 20
OURS = "recsys_edu"
_TRIPLES_A_FIT = 4_000_000


def time_fits(fits: dict[str, Fit], train: Interactions, rounds: int) -> dict[str, list[float]]:
    """Nanoseconds for each triple that an epoch learned from, by library, for each round."""
    short, long = 1, 1 + max(3, _TRIPLES_A_FIT // train.nnz)
    times: dict[str, list[float]] = {name: [] for name in fits}
    for round_number in range(-1, rounds):  # one before the count, to warm up
        for name, fit in fits.items():
            started = time.perf_counter()
            fit(short)
            between = time.perf_counter()
            counts = fit(long)
            ended = time.perf_counter()
            if name in SKIPS:
                check_counts(name, counts, train.nnz, SKIPS[name](train))
            epoch = ((ended - between) - (between - started)) / (long - short)
            if round_number >= 0:
                times[name].append(1e9 * epoch / statistics.fmean(counts))
    return times


def time_calls(calls: dict[str, Recommend], n_users: int, rounds: int) -> dict[str, list[float]]:
    """Microseconds a user, by library, for each round; RuntimeError where the lists differ."""
    lists = {name: call() for name, call in calls.items()}
    for name, items in lists.items():
        same = np.mean(np.sort(items, axis=1) == np.sort(lists[OURS], axis=1))
        if same < 0.999:  # equal scores, and the last bit of a score, may fall either way
            raise RuntimeError(
                f"{name} recommends other items than {OURS}: {same:.2%} are the same"
            )
    return time_in_turn(calls, n_users, rounds)


def time_in_turn(
    calls: Mapping[str, Callable[[], object]], n: int, rounds: int
) -> dict[str, list[float]]:
    """Microseconds for each of n, by library, for each round."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            times[name].append(1e6 * (time.perf_counter() - started) / n)
    return times


def print_table(times: dict[str, list[float]], unit: str) -> None:
    """The median of each library, and of its ratio to ours in the same round."""
    for name, taken in times.items():
        ratios = [theirs / us for theirs, us in zip(taken, times[OURS], strict=True)]
        print(
            f"  {name:<26} {statistics.median(taken):>9,.1f} {unit}"
            f"  {statistics.median(ratios):>7.2f} × {OURS}",
            flush=True,
        )
