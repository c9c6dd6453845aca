"""Clauses of ``top_k``: values, ties and lists at which heaps and masks go wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_backends import ops
from recsys_backends.contract.clause import clause, require, require_close, require_identical
from recsys_backends.contract.sizes import SIZES
from recsys_backends.protocol import TopK


def _ranked(scores: NDArray[np.float32], seen: NDArray[np.bool_], k: int) -> TopK:
    """Rank by a stable sort of each row."""
    left = np.where(seen, -np.inf, scores).astype(np.float32)
    order = np.argsort(-left, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(left, order, axis=1)
    items = np.where(best > -np.inf, order, -1).astype(np.int32)
    room = ((0, 0), (0, max(0, k - items.shape[1])))
    return TopK(
        np.pad(items, room, constant_values=-1), np.pad(best, room, constant_values=-np.inf)
    )


def _require_lists(
    scores: NDArray[np.float32], seen: NDArray[np.bool_], k: int, what: str, n_threads: int = 1
) -> None:
    """Require the lists of a model in which users pick a column and items have these scores."""
    items = np.ascontiguousarray(scores.T)
    users = np.eye(len(scores), dtype=np.float32)
    indptr = np.concatenate([[0], np.cumsum(seen.sum(axis=1))]).astype(np.int64)
    indices = np.nonzero(seen)[1].astype(np.int32)
    got = ops.top_k(users, items, None, indptr, indices, k=k, n_threads=n_threads)
    expected = _ranked(scores, seen, k)
    require_identical(got.items, expected.items, f"items {what}")
    require_close(got.scores, expected.scores, 0.0, f"scores {what}")


@clause("top_k", level="engine")
def negative_scores_are_ranked(rng: np.random.Generator) -> None:
    """Scores that are all below zero, and all of them tiny or huge: the highest is still best."""
    seen = np.zeros((3, 200), dtype=np.bool_)
    for size in (1e-20, 1.0, 1e30):
        scores = -rng.permuted(np.tile(np.arange(1, 201), (3, 1)), axis=1) * size
        for k in (1, 10, 199, 200, 201):
            _require_lists(scores.astype(np.float32), seen, k, f"of scores below zero, k = {k}")


@clause("top_k", level="engine")
def signed_zeros_tie(rng: np.random.Generator) -> None:
    """−0 and 0 are equal scores, so that the lower item number decides."""
    items = np.where(np.arange(40) % 3 == 0, -0.0, 0.0).astype(np.float32).reshape(-1, 1)
    unseen = np.zeros(3, dtype=np.int64), np.empty(0, dtype=np.int32)
    for biases in (None, items[:, 0].copy()):
        got = ops.top_k(np.ones((2, 1), np.float32), items, biases, *unseen, k=25)
        wanted = np.tile(np.arange(25, dtype=np.int32), (2, 1))
        require_identical(got.items, wanted, "items whose scores are 0 and −0")


@clause("top_k", level="engine", long=True)
def lists_of_any_length_are_right(rng: np.random.Generator) -> None:
    """From 1 to 2,500 places for 2,200 items: rising, falling, tied and shuffled scores."""
    n = 2200
    scores = np.stack(
        [np.arange(n), -np.arange(n), np.arange(n) // 50, np.zeros(n), rng.integers(0, 90, n)]
    ).astype(np.float32)
    seen = rng.random(scores.shape) < 0.1
    for k in (*SIZES, 2047, 2049, 2200, 2201, 2500):
        _require_lists(scores, seen, k, f"of lists of {k}", n_threads=1 + k % 3)


@clause("top_k", level="engine", long=True)
def any_number_of_seen_items_is_left_out(rng: np.random.Generator) -> None:
    """Users who have seen 0 to 5,000 of 5,000 items, and the best of them in particular."""
    lengths = sorted({0, 1, 4999, 5000} | {2**p + s for p in range(1, 13) for s in (-1, 0, 1)})
    scores = rng.permuted(np.tile(np.arange(5000), (len(lengths), 1)), axis=1).astype(np.float32)
    best = np.argsort(-scores, axis=1)
    seen = np.zeros(scores.shape, dtype=np.bool_)
    for user, length in enumerate(lengths):
        seen[user, best[user, :length]] = True
    for n_threads in (1, 2, 7):
        _require_lists(scores, seen, 20, "of users who have seen their best items", n_threads)


@clause("top_k", level="engine", long=True)
def more_users_than_16_bits_are_ranked(rng: np.random.Generator) -> None:
    """70,001 users, each with a list of their own and another item seen."""
    n_users, n_items = 70_001, 24
    users = rng.integers(-3, 4, (n_users, 3)).astype(np.float32)
    items = rng.integers(-3, 4, (n_items, 3)).astype(np.float32)
    seen = rng.integers(0, n_items, n_users).astype(np.int32)
    mask = np.zeros((n_users, n_items), dtype=np.bool_)
    mask[np.arange(n_users), seen] = True
    indptr = np.arange(n_users + 1, dtype=np.int64)
    got = ops.top_k(users, items, None, indptr, seen, k=4, n_threads=2)
    expected = _ranked(users @ items.T, mask, 4)
    wrong = np.flatnonzero((got.items != expected.items).any(axis=1))
    require(
        len(wrong) == 0,
        f"of {n_users:,} users {len(wrong):,} get another list than they should, the first of "
        f"them user {wrong[0] if len(wrong) else ''}.",
    )


@clause("top_k", level="engine")
def items_may_be_ranked_for_items(rng: np.random.Generator) -> None:
    """Users and items may be one and the same array: the items that are most like each item."""
    for n, d in ((9, 3), (70, 16)):
        items = rng.integers(-3, 4, (n, d)).astype(np.float32)
        itself = np.arange(n, dtype=np.int32)
        got = ops.top_k(items, items, None, np.arange(n + 1, dtype=np.int64), itself, k=5)
        expected = _ranked(items @ items.T, np.eye(n, dtype=np.bool_), 5)
        require_identical(got.items, expected.items, "items of items")
        require_close(got.scores, expected.scores, 0.0, "scores of items for items")


@clause("top_k", level="engine")
def lists_are_whole_without_items(rng: np.random.Generator) -> None:
    """No items at all, or none that is left: every place is −1 and −inf."""
    for n_items in (0, 1, 40):
        items = np.ones((n_items, 2), np.float32)
        every = np.tile(np.arange(n_items, dtype=np.int32), 3)
        indptr = np.arange(4, dtype=np.int64) * n_items
        for k in (1, 5, 130):
            got = ops.top_k(np.ones((3, 2), np.float32), items, None, indptr, every, k=k)
            require(
                bool((got.items == -1).all() and (got.scores == -np.inf).all()),
                f"where all of {n_items} items are seen, a list of {k} is not all −1 and −inf.",
            )
