"""recsys_edu beside implicit and cornac: everything in turn, in one run, with equal settings.

    make peers [BENCH="--quick"]     or     python benchmarks/peers.py [--factors 64] [--rounds 5]

An epoch's time is that of a long fit less that of a short one, over the epochs between them, for
every library, so that what is done once (copies of the data, first vectors) does not count. Ours
includes the plan. BPR's time is divided by the triples that were learned from (peer_counts.py says
why and how); ratios are of these times, of one round each, so that a slow minute hits both sides.
"""

from __future__ import annotations

import argparse
import statistics
import time
from importlib.metadata import version

import numpy as np
from peer_counts import SKIPS, check_counts
from peer_models import (
    TOP,
    Fit,
    Recommend,
    als_fits,
    bpr_fits,
    one_blas_thread,
    recommenders,
)

import recsys_edu
from recsys_edu.datasets import load_split
from recsys_edu.interactions import Interactions
from recsys_edu.machine import describe_machine

OURS = "recsys_edu"
TRIPLES_A_FIT = 4_000_000


def main() -> None:
    """Print the machine, then a table for each of BPR, ALS and recommending."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", nargs="+", default=["ml-100k", "ml-1m-implicit"])
    parser.add_argument("--factors", nargs="+", type=int, default=[64, 16, 128])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="synthetic data, one round: a try")
    asked = parser.parse_args()
    if asked.quick:
        asked.datasets, asked.factors, asked.rounds = ["synthetic-100k"], [16], 1
    for name, value in describe_machine().items():
        print(f"{name}: {value}")
    print(*(f"{peer}: {version(peer)}" for peer in ("implicit", "cornac")), sep="\n")
    with one_blas_thread():
        for dataset in asked.datasets:
            train = load_split(dataset).fold_valid().train
            print(f"\n{dataset}: {train!r}, median of {asked.rounds}", flush=True)
            for n_factors in asked.factors:
                for n_threads in asked.threads:
                    compare(train, n_factors, n_threads, asked.rounds)


def compare(train: Interactions, n_factors: int, n_threads: int, rounds: int) -> None:
    """BPR, ALS and recommending with so many factors and threads."""
    setting = f"{n_factors} factors, {n_threads} thread{'s' * (n_threads > 1)}"
    print(f"\nBPR, {setting}")
    print_table(time_fits(bpr_fits(train, n_factors, n_threads), train, rounds), "ns/triple")
    print(f"ALS, {setting}")
    if hasattr(recsys_edu, "ALS"):
        times = time_fits(als_fits(train, n_factors, n_threads), train, rounds)
        print_table(times, "ns/interaction")
    else:
        print("  not in this version of recsys_edu")
    print(f"top {TOP} of every user, {setting}")
    times = time_calls(recommenders(train, n_factors, n_threads), train.n_users, rounds)
    print_table(times, "µs/user")


def time_fits(fits: dict[str, Fit], train: Interactions, rounds: int) -> dict[str, list[float]]:
    """Nanoseconds for each triple that an epoch learned from, by library, for each round."""
    short, long = 1, 1 + max(3, TRIPLES_A_FIT // train.nnz)
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
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            times[name].append(1e6 * (time.perf_counter() - started) / n_users)
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


if __name__ == "__main__":
    main()
