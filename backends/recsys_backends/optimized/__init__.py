"""The ops on compiled kernels: Cython over C, one .pyx and one header an op family.

Everything here allocates the answer and hands over pointers; what is computed is in ``include/``.
"""

from __future__ import annotations

from time import perf_counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys_backends.plan import (
    SAMPLERS,
    UNIFORM,
    AdaptiveSampler,
    EpochPlan,
    Sampler,
    WeightedSampler,
)
from recsys_backends.protocol import Neighbors, Order, TopK, UpdateResult
from recsys_backends.threads import let_waiting_threads_sleep, usable

let_waiting_threads_sleep()  # before the kernels bring OpenMP along

from recsys_backends.optimized import (  # noqa: E402
    _als,
    _bpr,
    _matmul,
    _neighbors,
    _plan,
    _top_k,
    simd,
)

__all__ = [
    "als_half_step",
    "bpr_update",
    "item_similarity",
    "matmul",
    "order",
    "plan_epoch",
    "samplers",
    "simd",
    "top_k",
]

_ITEMS_AT_FIRST: Final = 256
_SECONDS_A_CALL: Final = 0.1
"""Time between two looks for Ctrl-C in a long op; the answer does not depend on it."""

order: Final[Order] = "sequential"
samplers: Final = SAMPLERS


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
        *_arrays_of(sampler),
        usable(n_threads),
        simd.current_level(),
        users,
        positives,
        negatives,
        bounds,
    )
    return EpochPlan(users, positives, negatives, bounds)


def _arrays_of(
    sampler: Sampler,
) -> tuple[NDArray[np.int64] | None, NDArray[np.int32] | None, NDArray[np.int32] | None]:
    """Weights, rankings and the users' weights, as far as the sampler has them."""
    if isinstance(sampler, WeightedSampler):
        return sampler.weights, None, None
    if isinstance(sampler, AdaptiveSampler):
        return sampler.rank_weights, sampler.rankings, sampler.user_weights
    return None, None, None


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


def als_half_step(
    target: NDArray[np.float32],
    fixed: NDArray[np.float32],
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    confidence: NDArray[np.float32],
    *,
    regularization: float,
    n_threads: int = 1,
) -> None:
    """Conjugate gradients, rows in parallel; Cholesky where float32 is not enough."""
    _als.als_half_step(
        target,
        fixed,
        indptr,
        indices,
        confidence,
        regularization,
        usable(n_threads),
        simd.current_level(),
    )


def item_similarity(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    n_items: int,
    *,
    k: int,
    shrinkage: float = 0.0,
    n_threads: int = 1,
) -> Neighbors:
    """Rows of common users summed one item at a time, items in parallel."""
    rows = _neighbors.Rows(indptr, indices, n_items, k, shrinkage)
    step, start = _ITEMS_AT_FIRST, 0
    while start < n_items:
        began = perf_counter()
        rows.find(start, min(start + step, n_items), usable(n_threads))
        start += step
        seconds = perf_counter() - began
        step = 2 * step if seconds < 0.5 * _SECONDS_A_CALL else step
        step = max(step // 2, 1) if seconds > 2.0 * _SECONDS_A_CALL else step
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
    """Scores and selection block by block, users in parallel."""
    n_users = len(user_factors)
    items = np.empty((n_users, k), dtype=np.int32)
    scores = np.empty((n_users, k), dtype=np.float32)
    _top_k.top_k(
        user_factors,
        item_factors,
        item_biases,
        seen_indptr,
        seen_indices,
        items,
        scores,
        usable(n_threads),
        simd.current_level(),
    )
    return TopK(items, scores)
