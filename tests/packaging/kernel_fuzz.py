"""Drive the compiled kernels with random and extreme input; test_builds.py runs it sanitized.

    python kernel_fuzz.py [seconds]

Every answer is compared with the answer key's, so that a silent overrun shows as well.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from recsys_backends import InvalidArgumentError, ops, use_backend
from recsys_backends.contract import check
from recsys_backends.contract.inputs import csr_of
from recsys_backends.optimized import simd
from recsys_backends.plan import (
    UNIFORM,
    AdaptiveSampler,
    EpochPlan,
    Sampler,
    WeightedSampler,
)

EXTREMES = (0.0, 1e-45, 1e-38, 1.0, 1e4, 1e18, 3e38)


def main(seconds: float) -> None:
    """Contract first, then random shapes until the time is up."""
    levels = simd.available_levels()
    for level in levels:
        with simd.use_level(level):
            # The clauses that take long are about sizes and threads, which all levels share.
            results = check("optimized", quick=level != levels[-1])
            failed = [result for result in results if not result.passed]
            if failed:
                sys.exit(f"{level}: {failed}")
    seed = int(time.time())
    print(f"seed {seed}", flush=True)
    rng = np.random.default_rng(seed)
    deadline = time.monotonic() + seconds
    rounds = 0
    while time.monotonic() < deadline:
        with simd.use_level(str(rng.choice(simd.available_levels()))):
            one_round(rng)
        rounds += 1
    print(f"{rounds} rounds, levels {', '.join(simd.available_levels())}")


def one_round(rng: np.random.Generator) -> None:
    """One random shape through every op."""
    n_users, n_items = (int(n) for n in rng.integers(1, 60, 2))
    n_factors = int(rng.choice([1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 64, 65, 128, 130]))
    seen = rng.random((n_users, n_items)) < rng.choice([0.0, 0.1, 0.5, 0.9, 1.0])
    indptr, indices = csr_of(seen)
    n_blocks = int(rng.integers(1, min(n_users, n_items) + 1))
    n_threads = int(rng.integers(1, 4))
    plan = same_plan(rng, indptr, indices, n_items, n_blocks, n_threads)
    scale = float(rng.choice(EXTREMES))
    users, items = (
        (rng.normal(size=(n, n_factors)) * scale).clip(-3e38, 3e38).astype(np.float32)
        for n in (n_users, n_items)
    )
    biases = rng.normal(size=n_items).astype(np.float32) if rng.random() < 0.5 else None
    half_steps(rng, items, indptr, indices, n_threads)
    k = int(rng.integers(1, n_items + 5))
    same_neighbors(indptr, indices, n_items, k, float(rng.choice(EXTREMES)), n_threads)
    with use_backend("optimized"):
        ops.top_k(users, items, biases, indptr, indices, k=k, n_threads=n_threads)
        ops.matmul(users, np.ascontiguousarray(items.T))
        ops.bpr_update(
            users,
            items,
            biases,
            plan,
            learning_rate=float(rng.choice([1e-3, 0.1, 10.0, 1e30])),
            reg_user=float(rng.choice([0.0, 0.1])),
            reg_positive=0.1,
            reg_negative=float(rng.choice([0.0, 100.0])),
            n_threads=n_threads,
        )


def half_steps(
    rng: np.random.Generator,
    fixed: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    n_threads: int,
) -> None:
    """The minimum of each row, where the front door lets it be asked for, is the answer key's."""
    confidence = rng.choice([0.0, 0.3, 1.0, 5.0, 1e6], len(indices)).astype(np.float32)
    regularization = float(rng.choice([1e-20, 1e-3, 1.0, 1e5, 1e37]))
    answers = []
    for name in ("optimized", "naive"):
        target = np.full((len(indptr) - 1, fixed.shape[1]), np.nan, dtype=np.float32)
        try:
            with use_backend(name):
                ops.als_half_step(
                    target,
                    fixed,
                    indptr,
                    indices,
                    confidence,
                    regularization=regularization,
                    n_threads=n_threads,
                )
        except InvalidArgumentError:
            return
        answers.append(target.astype(np.float64))
    y, found, expected = fixed.astype(np.float64), *answers
    for row, start in enumerate(indptr[:-1]):
        seen = slice(start, indptr[row + 1])
        c, rows = confidence[seen].astype(np.float64), y[indices[seen]]
        matrix = y.T @ y + regularization * np.eye(y.shape[1]) + rows.T @ ((c - 1)[:, None] * rows)
        lengths = np.linalg.norm(matrix @ (found[row] - expected[row])), np.linalg.norm(c @ rows)
        # Terms that cancel out leave the float32 rounding of each behind.
        rounded = 1e-6 * np.linalg.norm(matrix) * np.linalg.norm(expected[row])
        rounded += 1e-6 * np.linalg.norm(c @ np.abs(rows))
        if not lengths[0] <= 2e-4 * lengths[1] + rounded + 1e-30:
            sys.exit(f"row {row} of {y.shape}, regularization {regularization}: {lengths}")


def same_neighbors(
    indptr: np.ndarray, indices: np.ndarray, n_items: int, k: int, shrinkage: float, n_threads: int
) -> None:
    """The neighbours that the optimized backend finds must be the answer key's."""
    found = []
    for name in ("optimized", "naive"):
        with use_backend(name):
            found.append(
                ops.item_similarity(
                    indptr, indices, n_items, k=k, shrinkage=shrinkage, n_threads=n_threads
                )
            )
    if any(ours.tobytes() != key.tobytes() for ours, key in zip(*found, strict=True)):
        sys.exit(f"neighbours differ for k {k}, shrinkage {shrinkage}: {found}")


def same_plan(
    rng: np.random.Generator,
    indptr: np.ndarray,
    indices: np.ndarray,
    n_items: int,
    n_blocks: int,
    n_threads: int,
) -> EpochPlan:
    """The plan of the optimized backend, which must be the answer key's."""
    seed, epoch = (int(n) for n in rng.integers(0, 2**62, 2))
    sampler = random_sampler(rng, len(indptr) - 1, n_items)
    plans = []
    for name in ("optimized", "naive"):
        with use_backend(name):
            plans.append(
                ops.plan_epoch(
                    indptr,
                    indices,
                    n_items,
                    seed=seed,
                    epoch=epoch,
                    n_blocks=n_blocks,
                    sampler=sampler,
                    n_threads=n_threads,
                )
            )
    for column in ("users", "positives", "negatives", "bounds"):
        if not np.array_equal(getattr(plans[0], column), getattr(plans[1], column)):
            sys.exit(
                f"{column} differ for seed {seed}, epoch {epoch}, n_blocks {n_blocks}, {sampler}"
            )
    return plans[0]


def random_sampler(rng: np.random.Generator, n_users: int, n_items: int) -> Sampler:
    """Any of the three, with weights of any size that is allowed, many of them 0."""
    kind = rng.integers(3)
    if kind == 0:
        return UNIFORM
    most = int(rng.choice([1, 3, 1000, (2**32 - 2) // n_items]))
    weights = rng.integers(0, most + 1, n_items) * (
        rng.random(n_items) < rng.choice([0.1, 0.6, 1.0])
    )
    weights[rng.integers(n_items)] += 1
    if kind == 1:
        return WeightedSampler(weights)
    d = int(rng.choice([1, 2, 16, 127, 128, 129, 300]))
    rankings = rng.permuted(np.tile(np.arange(n_items, dtype=np.int32), (d, 1)), axis=1)
    most = int(rng.choice([1, 1000, (2**32 - 1) // max(d, 3)]))
    users = rng.integers(-most, most + 1, (n_users, d)) * (rng.random((n_users, 1)) < 0.8)
    return AdaptiveSampler(rankings, users.astype(np.int32), np.sort(weights)[::-1].copy())


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
