"""Where does the answer key's time go? BPR on the naive backend under cProfile, and counted.

    python benchmarks/profile_loop.py [--dataset ml-100k] [--interactions 20000] [--factors 64]

Three passes over a slice of the data, an epoch each: one timed, with nothing watching; one under
cProfile, which makes small functions look dearer than they are, so its shares are read, not its
times; and one in which the interpreter's instructions are counted one by one.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from recsys_backends import use_backend
from recsys_edu import BPR
from recsys_edu.datasets import load_split
from recsys_edu.interactions import Interactions
from recsys_edu.machine import describe_machine


def main() -> None:
    """Print time, calls and instructions a triple, and the functions that they are spent in."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="ml-100k")
    parser.add_argument("--interactions", type=int, default=20_000)
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--top", type=int, default=12, help="lines of the table")
    parser.add_argument("--quick", action="store_true", help="a little synthetic data: a try")
    asked = parser.parse_args()
    if asked.quick:
        asked.dataset, asked.interactions = "synthetic-100k", 1_000
    for name, value in describe_machine().items():
        print(f"{name}: {value}")
    train = first_interactions(load_split(asked.dataset).fold_valid().train, asked.interactions)
    epoch = naive_epoch(train, asked.factors)
    started = time.perf_counter()
    epoch()
    seconds = time.perf_counter() - started
    print(f"\n{asked.dataset}, {train.nnz:,} interactions, {asked.factors} factors, one epoch")
    print(f"nothing watching: {1e6 * seconds / train.nnz:.1f} µs/triple")
    print_profile(profiled(epoch), train.nnz, asked.top)
    print_counts(instructions(epoch), train.nnz)


def first_interactions(train: Interactions, n: int) -> Interactions:
    """The first n, with the vocabularies of all."""
    return train.keep(np.arange(train.nnz) < n)


def naive_epoch(train: Interactions, n_factors: int) -> Callable[[], None]:
    """A fit of one epoch."""

    def run() -> None:
        with use_backend("naive"):
            BPR(n_factors, 1, n_threads=1, progress=False).fit(train)

    return run


def profiled(call: Callable[[], None]) -> pstats.Stats:
    """What cProfile sees of a call."""
    profile = cProfile.Profile()
    profile.runcall(call)
    return pstats.Stats(profile)


def print_profile(stats: pstats.Stats, n_triples: int, top: int) -> None:
    """Functions by the time that they spend themselves, without what they call."""
    rows = stats.stats.items()  # type: ignore[attr-defined]  # typeshed leaves it out
    total = sum(own for _, (_, _, own, _, _) in rows)
    calls = sum(n for _, (_, n, _, _, _) in rows)
    print(f"under cProfile: {1e6 * total / n_triples:.1f} µs/triple, ", end="")
    print(f"{calls / n_triples:.1f} function calls a triple\n")
    print("   share  with what it calls  calls/triple  function")
    for (path, _, name), (_, n, own, cumulative, _) in sorted(rows, key=_own_time)[:top]:
        where = "built in" if path == "~" else Path(path).stem
        times = f"{own / total:8.1%} {cumulative / total:19.1%}"
        print(f"{times} {n / n_triples:13.2f}  {name} ({where})")


def _own_time(row: tuple[Any, tuple[int, int, float, float, Any]]) -> float:
    return -row[1][2]


def instructions(call: Callable[[], None]) -> Counter[str]:
    """How many bytecode instructions the interpreter executes in each function during a call."""
    counts: Counter[str] = Counter()

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        frame.f_trace_opcodes = True
        if event == "opcode":
            counts[f"{frame.f_code.co_name} ({Path(frame.f_code.co_filename).stem})"] += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return counts


def print_counts(counts: Counter[str], n_triples: int) -> None:
    """The functions in which the most instructions are executed for a triple."""
    print("\ninstructions/triple  function (every NumPy operation counts as one)")
    for name, n in counts.most_common(6):
        print(f"{n / n_triples:19.1f}  {name}")
    print(f"{counts.total() / n_triples:19.1f}  all")


if __name__ == "__main__":
    main()
