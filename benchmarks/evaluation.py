"""Cost of an evaluation, in epochs of training: timed in turn in one run, medians compared.

    RECSYS_EDU_DATA=… python benchmarks/evaluation.py [--datasets ml-100k,…] [--rounds 15]

All test users, the whole catalogue, the default metrics at 10 and recall@20; BPR with 64 factors on
the optimized backend. "top_k" is the op with its checks, within the evaluation; "rest" is the rest
of it: what was seen, hits, checks and metrics. The goal is five epochs.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from unittest.mock import patch

from recsys_backends import ops, use_backend
from recsys_edu import BPR, evaluate, load_split
from recsys_edu.evaluation import DEFAULT_METRICS
from recsys_edu.machine import describe_machine
from recsys_edu.splits import Split

METRICS = (*DEFAULT_METRICS, "recall@20")
BEYOND = ("gini", "novelty", "serendipity", "diversity", "auc")


def main() -> None:
    """Print the medians and their ratio for each dataset on one and two threads."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", default="synthetic-100k")
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    for name, value in describe_machine().items():
        print(f"{name}: {value}")
    with use_backend("optimized"):
        for dataset in asked.datasets.split(","):
            split = load_split(dataset).fold_valid()
            print(f"\n{dataset}: {split.train!r}, median of {asked.rounds}, in ms")
            print("threads  evaluate     top_k      rest     epoch  evaluate : epoch")
            for n_threads in (1, 2):
                compare(split, n_threads, asked.rounds)
            time_each(split)


def compare(split: Split, n_threads: int, rounds: int) -> None:
    """One evaluation, one epoch, one evaluation, …"""
    model = BPR(64, 1, n_threads=n_threads, progress=False).fit(split.train)
    times: dict[str, list[float]] = {"evaluate": [], "top_k": [], "rest": [], "epoch": []}
    for _ in range(rounds + 1):
        total, inside = seconds_and_top_k(lambda: evaluate(model, split, metrics=METRICS))
        epoch = seconds(lambda: model.fit(split.train, warm_start=True))
        for name, taken in zip(times, (total, inside, total - inside, epoch), strict=True):
            times[name].append(taken)
    # The first round warms up.
    medians = {name: statistics.median(taken[1:]) for name, taken in times.items()}
    cells = "".join(f"{1e3 * median:10.1f}" for median in medians.values())
    print(f"{n_threads:7}{cells}{medians['evaluate'] / medians['epoch']:12.1f}")


def time_each(split: Split) -> None:
    """Print the time of each metric beyond accuracy alone, and how much of that is top_k."""
    model = BPR(64, 1, progress=False).fit(split.train)
    print("alone                evaluate     top_k")
    for name in ("ndcg", *BEYOND):
        run = partial(evaluate, model, split, metrics=name)
        total, inside = min(seconds_and_top_k(run) for _ in range(3))
        print(f"  {name:<17}{1e3 * total:10.1f}{1e3 * inside:10.1f}")


def seconds_and_top_k(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds in all, and in the op."""
    op, taken = ops.top_k, []

    def timed(*arguments: Any, **settings: Any) -> Any:
        started = time.perf_counter()
        answer = op(*arguments, **settings)
        taken.append(time.perf_counter() - started)
        return answer

    with patch.object(ops, "top_k", timed):
        total = seconds(run)
    return total, sum(taken)


def seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
