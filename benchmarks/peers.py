"""recsys_edu beside implicit and cornac: everything in turn, in one run, with equal settings.

    make peers [BENCH="--quick"]     or     python benchmarks/peers.py [--factors 64] [--rounds 5]

Only epochs count (peer_timing.py says how), ours with their plans; BPR's time is divided by the
triples that were learned from (peer_counts.py says why). What each library is told to do is in
peer_models.py.
"""

from __future__ import annotations

import argparse
from importlib.metadata import version

from peer_models import als_fits, bpr_fits, neighbor_finders, one_blas_thread, recommenders
from peer_timing import TOP, print_table, time_calls, time_fits, time_in_turn

from recsys_edu.datasets import load_split
from recsys_edu.interactions import Interactions
from recsys_edu.machine import describe_machine

NEIGHBORS = 100


def main() -> None:
    """Print the machine, then a table for each of neighbours, BPR, ALS and recommending."""
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
            for n_threads in asked.threads:
                compare_neighbors(train, n_threads, asked.rounds)
            for n_factors in asked.factors:
                for n_threads in asked.threads:
                    compare(train, n_factors, n_threads, asked.rounds)


def compare_neighbors(train: Interactions, n_threads: int, rounds: int) -> None:
    """The most similar items of every item."""
    print(f"\n{NEIGHBORS} neighbours of every item, {n_threads} thread{'s' * (n_threads > 1)}")
    finders = neighbor_finders(train, NEIGHBORS, n_threads)
    print_table(time_in_turn(finders, train.n_items, rounds), "µs/item")


def compare(train: Interactions, n_factors: int, n_threads: int, rounds: int) -> None:
    """BPR, ALS and recommending with so many factors and threads."""
    setting = f"{n_factors} factors, {n_threads} thread{'s' * (n_threads > 1)}"
    print(f"\nBPR, {setting}")
    print_table(time_fits(bpr_fits(train, n_factors, n_threads), train, rounds), "ns/triple")
    print(f"ALS, {setting}")
    print_table(time_fits(als_fits(train, n_factors, n_threads), train, rounds), "ns/interaction")
    print(f"top {TOP} of every user, {setting}")
    times = time_calls(recommenders(train, n_factors, n_threads), train.n_users, rounds)
    print_table(times, "µs/user")


if __name__ == "__main__":
    main()
