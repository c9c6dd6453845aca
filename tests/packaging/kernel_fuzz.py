"""Drive the compiled kernels with random and extreme input; test_builds.py runs it sanitized.

    python kernel_fuzz.py [seconds]

Every answer is compared with the answer key's, so that a silent overrun shows as well.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from recsys_backends import ops, use_backend
from recsys_backends.contract import check
from recsys_backends.contract.inputs import csr_of
from recsys_backends.optimized import simd
from recsys_backends.plan import EpochPlan

EXTREMES = (0.0, 1e-45, 1e-38, 1.0, 1e4, 1e18, 3e38)


def main(seconds: float) -> None:
    """Contract first, then random shapes until the time is up."""
    for level in simd.available_levels():
        with simd.use_level(level):
            failed = [result for result in check("optimized") if not result.passed]
            if failed:
                sys.exit(f"{level}: {failed}")
    rng = np.random.default_rng(int(time.time()))
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
                    n_threads=n_threads,
                )
            )
    for column in ("users", "positives", "negatives", "bounds"):
        if not np.array_equal(getattr(plans[0], column), getattr(plans[1], column)):
            sys.exit(f"{column} differ for seed {seed}, epoch {epoch}, n_blocks {n_blocks}")
    return plans[0]


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
