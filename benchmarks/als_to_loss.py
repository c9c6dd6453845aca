"""How long until ALS has a loss? Ours and implicit's, on one objective, in turn.

    make als     or     RECSYS_EDU_DATA=… python benchmarks/als_to_loss.py [--datasets ml-100k,…]

Both start from implicit's small random vectors and minimise Σ c (p − x · y)² + λ (Σ ‖x‖² + Σ ‖y‖²)
over all pairs: implicit takes c itself (1 + α here) as its matrix, and adds λ to each
row's equations unscaled, as we do. The loss is computed in float64 by one function, outside the
clock. The goal is the loss that implicit has after its iterations, its BLAS limited to a thread,
as it asks for; ours may take up to twice as many.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import implicit.cpu._als as implicit_als
import numpy as np
from scipy.sparse import csr_array, csr_matrix
from threadpoolctl import threadpool_limits

from recsys_backends import ops, use_backend
from recsys_edu.datasets import load_split
from recsys_edu.machine import describe_machine
from recsys_edu.models.als_loss import mean_squared_loss

HalfStep = Callable[[np.ndarray, np.ndarray, csr_array, float, int], None]


@dataclass
class Curve:
    """Seconds and loss after each iteration."""

    seconds: list[float]
    losses: list[float]


def main() -> None:
    """Print a table for each dataset and number of threads."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", default="ml-100k,ml-1m-implicit")
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--iterations", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--reg", type=float, default=60.0)
    parser.add_argument("--alpha", type=float, default=3.0)
    asked = parser.parse_args()
    for name, value in describe_machine().items():
        print(f"{name}: {value}")
    print(f"{asked.factors} factors, reg {asked.reg:g}, alpha {asked.alpha:g}")
    with threadpool_limits(1), use_backend("optimized"):
        for dataset in asked.datasets.split(","):
            for n_threads in (1, 2):
                compare(dataset, n_threads, asked)


def compare(dataset: str, n_threads: int, asked: argparse.Namespace) -> None:
    """Fit both in turn, round after round, and print the medians."""
    train = load_split(dataset).fold_valid().train
    confidence = np.full(train.nnz, 1.0 + asked.alpha, dtype=np.float32)
    by_user = csr_matrix(
        (confidence, train.indices.astype(np.int32), train.indptr.astype(np.int32)), train.shape
    )
    times: dict[str, list[float]] = {"ours": [], "implicit": []}
    each: dict[str, list[float]] = {"ours": [], "implicit": []}
    for _ in range(asked.rounds):
        theirs = run(by_user, implicit_half_step, n_threads, asked, asked.iterations)
        ours = run(by_user, our_half_step, n_threads, asked, 2 * asked.iterations)
        goal = theirs.losses[-1]
        n_ours = sum(loss > goal for loss in ours.losses) + 1
        if n_ours > len(ours.losses):
            print(f"\n{dataset}: ours has not reached {goal:.6f} in {n_ours - 1} iterations")
            return
        for name, curve, n in (("ours", ours, n_ours), ("implicit", theirs, asked.iterations)):
            times[name].append(curve.seconds[n - 1])
            each[name].append(curve.seconds[-1] / len(curve.seconds))
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    print(f"\n{dataset}, {n_threads} thread{'s' * (n_threads > 1)}, until the loss is {goal:.6f}")
    for name, n in (("implicit", asked.iterations), ("ours", n_ours)):
        one = 1e3 * statistics.median(each[name])
        print(f"  {name:<9}{1e3 * medians[name]:8.1f} ms in {n} iterations of {one:.1f} ms")
    print(f"  ours is {medians['implicit'] / medians['ours']:.2f} × as fast")


def run(
    by_user: csr_matrix,
    half_step: HalfStep,
    n_threads: int,
    asked: argparse.Namespace,
    n_iterations: int,
) -> Curve:
    """Iterate from the same small random vectors as everybody, and look after each iteration."""
    rng = np.random.default_rng(0)
    users, items = (
        (0.01 * rng.random((n, asked.factors))).astype(np.float32) for n in by_user.shape
    )
    by_item = by_user.T.tocsr()
    indptr = by_user.indptr.astype(np.int64)
    curve, spent = Curve([], []), 0.0
    for _ in range(n_iterations):
        started = time.perf_counter()
        half_step(users, items, by_user, asked.reg, n_threads)
        half_step(items, users, by_item, asked.reg, n_threads)
        spent += time.perf_counter() - started
        curve.seconds.append(spent)
        curve.losses.append(
            mean_squared_loss(users, items, indptr, by_user.indices, by_user.data, asked.reg)
        )
    return curve


def our_half_step(
    target: np.ndarray, fixed: np.ndarray, pairs: csr_matrix, reg: float, n_threads: int
) -> None:
    """The op, through the front door."""
    ops.als_half_step(
        target,
        fixed,
        pairs.indptr.astype(np.int64),
        pairs.indices,
        pairs.data,
        regularization=reg,
        n_threads=n_threads,
    )


def implicit_half_step(
    target: np.ndarray, fixed: np.ndarray, pairs: csr_matrix, reg: float, n_threads: int
) -> None:
    """What ``AlternatingLeastSquares(use_native=True, use_cg=True).fit`` calls."""
    implicit_als.least_squares_cg(pairs, target, fixed, reg, num_threads=n_threads, cg_steps=3)


if __name__ == "__main__":
    main()
