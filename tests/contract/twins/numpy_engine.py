"""A right backend in NumPy, written from the protocol: whole arrays at a time.

Its sums round differently from the answer key's in the last bits, as they may.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys_backends.plan import (
    DRAWS_PER_TRIPLE,
    ITEM_BLOCKS,
    MAX_REJECTIONS,
    NEGATIVES,
    ORDER,
    SKIPPED,
    UNIFORM,
    USER_BLOCKS,
    EpochPlan,
    Sampler,
    block_edges,
    tile_of,
)
from recsys_backends.protocol import Neighbors, Order, TopK, UpdateResult
from recsys_backends.random import draws_at, permutation, scale, stream

name: Final = "numpy-twin"
order: Final[Order] = "batched"
_BATCH: Final = 512
_USERS: Final = 256


def matmul(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Multiply in float64 and round once."""
    product: NDArray[np.float32] = (a.astype(np.float64) @ b.astype(np.float64)).astype(np.float32)
    return product


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
    """Draw all guesses of a tile at once, and those that failed once more."""
    n_users = len(indptr) - 1
    orders, blocks = [], []
    for n, purpose in ((n_users, USER_BLOCKS), (n_items, ITEM_BLOCKS)):
        rows = np.arange(n) if n_blocks == 1 else permutation(stream(seed, epoch, purpose), n)
        block = np.empty(n, dtype=np.int64)
        block[rows] = np.repeat(np.arange(n_blocks), np.diff(block_edges(n, n_blocks)))
        orders.append(rows)
        blocks.append(block)
    place = np.empty(n_users, dtype=np.int64)
    place[orders[0]] = np.arange(n_users)
    users = np.repeat(np.arange(n_users), np.diff(indptr))
    keys = np.sort(users * n_items + indices)
    tile = (blocks[1][indices] - blocks[0][users]) % n_blocks * n_blocks + blocks[0][users]
    sorted_pairs = np.lexsort((indices, place[users], tile))
    bounds = np.searchsorted(tile[sorted_pairs], np.arange(n_blocks**2 + 1))
    edges = block_edges(n_items, n_blocks)
    columns = []
    for number in range(n_blocks**2):
        pairs = sorted_pairs[bounds[number] : bounds[number + 1]]
        pairs = pairs[permutation(stream(seed, epoch, ORDER, number), len(pairs))]
        c = (number % n_blocks + number // n_blocks) % n_blocks
        assert tile_of(number % n_blocks, c, n_blocks) == number
        candidates = orders[1][edges[c] : edges[c + 1]]
        key = stream(seed, epoch, NEGATIVES, number)
        negatives = _negatives(users[pairs], candidates, keys, n_items, key)
        columns.append((users[pairs], indices[pairs], negatives))
    joined = (np.concatenate(parts).astype(np.int32) for parts in zip(*columns, strict=True))
    return EpochPlan(*joined, bounds.astype(np.int64))


def _negatives(
    users: NDArray[np.int64],
    candidates: NDArray[np.int64],
    keys: NDArray[np.int64],
    n_items: int,
    key: int,
) -> NDArray[np.int64]:
    """Draw a negative for each triple of a tile."""
    found = np.full(len(users), SKIPPED, dtype=np.int64)
    left = np.arange(len(users))
    stream_key = np.array([key], dtype=np.uint64)
    for attempt in range(MAX_REJECTIONS):
        if not len(left):
            break
        values = draws_at(stream_key, (left * DRAWS_PER_TRIPLE + attempt).astype(np.uint64))
        items = candidates[scale(values, len(candidates))]
        wanted = users[left] * n_items + items
        at = np.searchsorted(keys, wanted).clip(0, max(len(keys) - 1, 0))
        unseen = keys[at] != wanted
        found[left[unseen]] = items[unseen]
        left = left[~unseen]
    for triple in left.tolist():
        wanted = users[triple] * n_items + candidates
        at = np.searchsorted(keys, wanted).clip(0, len(keys) - 1)
        unseen = candidates[keys[at] != wanted]
        if len(unseen):
            index = np.array([triple * DRAWS_PER_TRIPLE + MAX_REJECTIONS], dtype=np.uint64)
            found[triple] = unseen[scale(draws_at(stream_key, index), len(unseen))[0]]
    return found


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
    """Apply the gradients of a few hundred triples at a time."""
    kept = np.flatnonzero(plan.negatives != SKIPPED)
    loss, n_correct = 0.0, 0
    for start in range(0, len(kept), _BATCH):
        batch = kept[start : start + _BATCH]
        u, i, j = plan.users[batch], plan.positives[batch], plan.negatives[batch]
        p, q, r = (
            rows.astype(np.float64) for rows in (user_factors[u], item_factors[i], item_factors[j])
        )
        x = (p * (q - r)).sum(axis=1)
        b_i = b_j = np.zeros(len(u))
        if item_biases is not None:
            b_i, b_j = item_biases[i].astype(np.float64), item_biases[j].astype(np.float64)
            x += b_i - b_j
        g = np.exp(-np.logaddexp(0.0, x))
        steps = (
            (user_factors, u, g[:, None] * (q - r) - reg_user * p),
            (item_factors, i, g[:, None] * p - reg_positive * q),
            (item_factors, j, -g[:, None] * p - reg_negative * r),
        )
        for array, rows_of, step in steps:
            np.add.at(array, rows_of, (learning_rate * step).astype(np.float32))
        if item_biases is not None:
            np.add.at(item_biases, i, (learning_rate * (g - reg_positive * b_i)).astype(np.float32))
            np.add.at(
                item_biases, j, (learning_rate * (-g - reg_negative * b_j)).astype(np.float32)
            )
        loss += float(np.logaddexp(0.0, -x).sum())
        n_correct += int((x > 0).sum())
    return UpdateResult(loss, n_correct, len(kept))


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
    """Solve each row's equations."""
    y = fixed.astype(np.float64)
    shared = y.T @ y + regularization * np.eye(y.shape[1])
    for row in range(len(target)):
        part = slice(indptr[row], indptr[row + 1])
        rows, c = y[indices[part]], confidence[part].astype(np.float64)
        matrix = shared + (rows.T * (c - 1.0)) @ rows
        target[row] = np.linalg.solve(matrix, rows.T @ c)


def item_similarity(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    n_items: int,
    *,
    k: int,
    shrinkage: float = 0.0,
    n_threads: int = 1,
) -> Neighbors:
    """Count common users by one product of matrices."""
    n_users = len(indptr) - 1
    seen = np.zeros((n_users, n_items), dtype=np.float32)
    seen[np.repeat(np.arange(n_users), np.diff(indptr)), indices] = 1
    common = (seen.T @ seen).astype(np.float64)
    degree = np.diag(common).copy()
    np.fill_diagonal(common, 0.0)
    rows, values = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
    for item in range(n_items):
        others = np.flatnonzero(common[item])
        n = common[item, others]
        cosine = n / np.sqrt(degree[item] * degree[others])
        single = (cosine * (n / (n + shrinkage))).astype(np.float32)
        best = np.sort(np.argsort(-single, kind="stable")[:k])
        rows.append(others[best])
        values.append(single[best])
    lengths = [len(row) for row in rows]
    return Neighbors(
        np.cumsum(lengths, dtype=np.int64),
        np.concatenate(rows).astype(np.int32),
        np.concatenate(values),
    )


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
    """Rank a few hundred users at a time."""
    n_users = len(user_factors)
    items = np.full((n_users, k), -1, dtype=np.int32)
    best = np.full((n_users, k), -np.inf, dtype=np.float32)
    for start in range(0, n_users, _USERS):
        stop = min(start + _USERS, n_users)
        with np.errstate(over="ignore", invalid="ignore"):
            scores = user_factors[start:stop] @ item_factors.T
            if item_biases is not None:
                scores = scores + item_biases
        part = slice(seen_indptr[start], seen_indptr[stop])
        lengths = np.diff(seen_indptr[start : stop + 1])
        scores[np.repeat(np.arange(stop - start), lengths), seen_indices[part]] = -np.inf
        scores[np.isnan(scores)] = -np.inf
        order_of = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        values = np.take_along_axis(scores, order_of, axis=1)
        width = order_of.shape[1]
        items[start:stop, :width] = np.where(values > -np.inf, order_of, -1)
        best[start:stop, :width] = values
    return TopK(items, best)
