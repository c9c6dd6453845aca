"""How fast is the kernel? Everything is timed in one run, in turn, and medians are compared.

    python benchmarks/speed.py [--dataset ml-100k] [--factors 16] [--epochs 5] [--rounds 5]

Planning is included everywhere. Nothing traces memory while the clock runs. The loops in Python
take minutes; they run in full.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import reference_loop

from recsys_backends import ops, use_backend
from recsys_edu import BPR
from recsys_edu.datasets import load_split
from recsys_edu.interactions import Interactions
from recsys_edu.machine import describe_machine


def main() -> None:
    """Time the loops, the kernel, its threads and the matrix product, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="synthetic-100k")
    parser.add_argument("--threads-dataset", default=None, help="the same, by default")
    parser.add_argument("--factors", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    for name, value in describe_machine().items():
        print(f"{name}: {value}")
    for backend in ("torch", "optimized"):
        with use_backend(backend):  # imports and thread pools come before the clock
            ops.matmul(np.ones((64, 64), np.float32), np.ones((64, 64), np.float32))
    train = load_split(asked.dataset).fold_valid().train
    compare_loops(train, asked.dataset, asked.factors, asked.epochs, asked.rounds)
    wide = load_split(asked.threads_dataset or asked.dataset).fold_valid().train
    compare_threads(wide, asked.threads_dataset or asked.dataset, asked.rounds)
    compare_matmul(asked.rounds)


def compare_loops(
    train: Interactions, dataset: str, n_factors: int, epochs: int, rounds: int
) -> None:
    """The frozen loop, naive, torch and optimized, one thread each."""

    def fit(backend: str) -> Callable[[], None]:
        def run() -> None:
            with use_backend(backend):
                BPR(n_factors, epochs, n_threads=1, progress=False).fit(train)

        return run

    def frozen_loop() -> None:
        reference_loop.train(
            train.rows(), train.indices, *train.shape, n_factors=n_factors, epochs=epochs
        )

    runners = {"frozen loop": frozen_loop, **{b: fit(b) for b in ("naive", "torch", "optimized")}}
    times = timed_in_turn(runners, rounds, repeats={"optimized": 10})
    triples = epochs * train.nnz
    print(f"\nBPR on {dataset}: {n_factors} factors, {epochs} epochs, 1 thread, median of {rounds}")
    for name, seconds in times.items():
        print(
            f"  {name:<12} {seconds / triples * 1e9:>10,.1f} ns/triple"
            f"  {seconds / times['optimized']:>8,.1f} × optimized"
        )


def compare_threads(train: Interactions, dataset: str, rounds: int) -> None:
    """optimized on one and on two threads: the time, and that the bytes agree."""
    epochs, outcomes = 5, {}

    def fit(n_threads: int) -> Callable[[], None]:
        def run() -> None:
            with use_backend("optimized"):
                model = BPR(64, epochs, n_threads=n_threads, progress=False).fit(train)
            outcomes[n_threads] = model.user_factors.tobytes() + model.item_factors.tobytes()

        return run

    times = timed_in_turn({f"{n} threads": fit(n) for n in (1, 2)}, 3 * rounds)
    print(f"\noptimized on {dataset}: 64 factors, {epochs} epochs, median of {3 * rounds}")
    for name, seconds in times.items():
        print(f"  {name:<12} {seconds / (epochs * train.nnz) * 1e9:>10,.1f} ns/triple")
    print(f"  two threads are {times['1 threads'] / times['2 threads']:.2f} × one")
    print(f"  identical bytes: {outcomes[1] == outcomes[2]}")


def compare_matmul(rounds: int, n: int = 256) -> None:
    """The dispatch lesson's op on each backend, and NumPy itself."""
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=(n, n)).astype(np.float32) for _ in range(2))

    def multiply(backend: str) -> Callable[[], None]:
        def run() -> None:
            with use_backend(backend):
                ops.matmul(a, b)

        return run

    runners = {name: multiply(name) for name in ("naive", "torch", "optimized")}
    fast = {"torch": 50, "optimized": 50, "NumPy": 50}
    times = timed_in_turn({**runners, "NumPy": lambda: a @ b}, rounds, repeats=fast)
    print(f"\nmatmul {n} × {n} × {n}, median of {rounds}")
    for name, seconds in times.items():
        print(f"  {name:<12} {1e3 * seconds:>10,.3f} ms  {times['naive'] / seconds:>8,.0f} × naive")


def timed_in_turn(
    runners: dict[str, Callable[[], None]], rounds: int, repeats: dict[str, int] | None = None
) -> dict[str, float]:
    """Median seconds of each: A B C A B C …, so that the machine's moods hit all alike."""
    times: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(rounds):
        for name, run in runners.items():
            for _ in range((repeats or {}).get(name, 1)):
                started = time.perf_counter()
                run()
                times[name].append(time.perf_counter() - started)
    return {name: statistics.median(taken) for name, taken in times.items()}


if __name__ == "__main__":
    main()
