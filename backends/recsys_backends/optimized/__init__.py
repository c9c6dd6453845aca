"""The ops on compiled kernels: Cython over C, one .pyx and one header an op family.

Everything here allocates the answer and hands over pointers; what is computed is in ``include/``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys_backends.plan import UNIFORM, EpochPlan, Sampler
from recsys_backends.protocol import Neighbors, Order, TopK, UpdateResult
from recsys_backends.threads import usable, wait_politely

wait_politely()  # before the kernels bring OpenMP along

from recsys_backends.optimized import _bpr, _matmul, _neighbors, _plan, _top_k, simd  # noqa: E402

__all__ = ["bpr_update", "item_similarity", "matmul", "order", "plan_epoch", "simd", "top_k"]

order: Final[Order] = "sequential"

_SCORES_PER_BLOCK: Final = 1 << 20
"""How many scores top_k holds at a time: 4 MB, so that they are still in cache when selected."""


def matmul(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """The matrix product, in registers, four rows by sixteen columns at a time."""
    out = np.empty((a.shape[0], b.shape[1]), dtype=np.float32)
    _matmul.matmul(a, b, out, simd.current_level())
    return out


def plan_epoch(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    n_items: int,
    *,
    seed: int,
    epoch: int,
    n_blocks: int = 1,
    sampler: Sampler = UNIFORM,
    n_threads: int = 1,
) -> EpochPlan:
    """Draw an epoch's triples, tiles in parallel."""
    n = len(indices)
    users, positives, negatives = (np.empty(n, dtype=np.int32) for _ in range(3))
    bounds = np.empty(n_blocks**2 + 1, dtype=np.int64)
    _plan.plan_epoch(
        indptr,
        indices,
        n_items,
        seed,
        epoch,
        n_blocks,
        usable(n_threads),
        users,
        positives,
        negatives,
        bounds,
    )
    return EpochPlan(users, positives, negatives, bounds)


def bpr_update(
    user_factors: NDArray[np.float32],
    item_factors: NDArray[np.float32],
    item_biases: NDArray[np.float32] | None,
    plan: EpochPlan,
    *,
    learning_rate: float,
    reg_user: float,
    reg_positive: float,
    reg_negative: float,
    n_threads: int = 1,
) -> UpdateResult:
    """One pass over the plan, in place, the tiles of each round in parallel."""
    answer = _bpr.bpr_update(
        user_factors,
        item_factors,
        item_biases,
        plan.users,
        plan.positives,
        plan.negatives,
        plan.bounds,
        plan.n_blocks,
        learning_rate,
        reg_user,
        reg_positive,
        reg_negative,
        usable(n_threads),
        simd.current_level(),
    )
    return UpdateResult(*answer)


def item_similarity(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    n_items: int,
    *,
    k: int,
    shrinkage: float = 0.0,
    n_threads: int = 1,
) -> Neighbors:
    """Rows of common users summed one item at a time, items in parallel; a heap for each row."""
    rows = _neighbors.Rows(indptr, indices, n_items, k, shrinkage, usable(n_threads))
    starts = np.empty(n_items + 1, dtype=np.int64)
    rows.fill_indptr(starts)
    neighbors = np.empty(starts[-1], dtype=np.int32)
    values = np.empty(starts[-1], dtype=np.float32)
    rows.fill(neighbors, values)
    return Neighbors(starts, neighbors, values)


def top_k(
    user_factors: NDArray[np.float32],
    item_factors: NDArray[np.float32],
    item_biases: NDArray[np.float32] | None,
    seen_indptr: NDArray[np.int64],
    seen_indices: NDArray[np.int32],
    *,
    k: int,
    n_threads: int = 1,
) -> TopK:
    """Scores by NumPy's matrix product, block by block; selection by a heap for each row."""
    n_users, n_items = len(user_factors), len(item_factors)
    items = np.empty((n_users, k), dtype=np.int32)
    scores = np.empty((n_users, k), dtype=np.float32)
    step = max(1, _SCORES_PER_BLOCK // max(1, n_items))
    for start in range(0, n_users, step):
        rows = slice(start, min(start + step, n_users))
        with np.errstate(over="ignore", invalid="ignore"):
            block = user_factors[rows] @ item_factors.T
            if item_biases is not None:
                block += item_biases
        _top_k.select(
            block,
            seen_indptr[rows.start : rows.stop + 1],
            seen_indices,
            items[rows],
            scores[rows],
            usable(n_threads),
        )
    return TopK(items, scores)
