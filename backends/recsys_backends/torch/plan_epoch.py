"""Draw an epoch with whole-array expressions: every tile's shuffle and all negatives at once.

The draws are integers of 64 bits without a sign, which torch does not have; NumPy does, so the plan
is drawn on the host, as the same integers that every backend draws.
"""

import itertools

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
)
from recsys_backends.random import draws_at, permutation, stream
from recsys_backends.torch.candidates import Candidates, candidates_of_blocks


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
    """The epoch's triples, tile by tile."""
    n_users = len(indptr) - 1
    user_order, user_block = _deal(n_users, n_blocks, stream(seed, epoch, USER_BLOCKS))
    item_order, item_block = _deal(n_items, n_blocks, stream(seed, epoch, ITEM_BLOCKS))
    users, positives, tiles = _in_tile_order(
        indptr, indices, n_blocks, user_order, user_block, item_block
    )
    bounds = np.zeros(n_blocks**2 + 1, dtype=np.int64)
    np.cumsum(np.bincount(tiles, minlength=n_blocks**2), out=bounds[1:])
    shuffled = np.empty(len(users), dtype=np.int64)
    keys = np.empty(n_blocks**2, dtype=np.uint64)
    for tile, (start, stop) in enumerate(itertools.pairwise(bounds.tolist())):
        shuffled[start:stop] = start + permutation(stream(seed, epoch, ORDER, tile), stop - start)
        keys[tile] = stream(seed, epoch, NEGATIVES, tile)
    users, positives = users[shuffled], positives[shuffled]
    place = np.arange(len(users), dtype=np.int64) - bounds[tiles]
    seen = _SeenItems(indptr, indices, n_items)
    edges = np.array(block_edges(n_items, n_blocks), dtype=np.int64)
    candidates = candidates_of_blocks(item_order, edges, sampler)
    blocks = (tiles % n_blocks + tiles // n_blocks) % n_blocks
    negatives = _draw_negatives(users, blocks, keys[tiles], place, candidates, seen)
    return EpochPlan(users.astype(np.int32), positives, negatives, bounds)


def _deal(n: int, n_blocks: int, key: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows in their shuffled order, and the block of each row."""
    order = np.arange(n, dtype=np.int64) if n_blocks == 1 else permutation(key, n)
    block = np.empty(n, dtype=np.int64)
    block[order] = np.repeat(np.arange(n_blocks), np.diff(block_edges(n, n_blocks)))
    return order, block


def _in_tile_order(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    n_blocks: int,
    user_order: NDArray[np.int64],
    user_block: NDArray[np.int64],
    item_block: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """Users, items and tiles of all interactions, by tile, then by the user's place, then item."""
    users = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    shift = (item_block[indices] - user_block[users]) % n_blocks
    tiles = shift * n_blocks + user_block[users]
    place_of_user = np.empty(len(user_order), dtype=np.int64)
    place_of_user[user_order] = np.arange(len(user_order))
    order = np.lexsort((indices, place_of_user[users], tiles))
    return users[order], indices[order], tiles[order]


class _SeenItems:
    """Answers "has this user seen this item?" for many pairs at once."""

    def __init__(self, indptr: NDArray[np.int64], indices: NDArray[np.int32], n_items: int) -> None:
        self.indptr, self.indices, self.n_items = indptr, indices, n_items
        users = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
        self.keys = users * n_items + indices  # ascending, because rows and their items are

    def contain(self, users: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.bool_]:
        if len(self.keys) == 0:
            return np.zeros(len(users), dtype=np.bool_)
        wanted = users * self.n_items + items
        found = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        answer: NDArray[np.bool_] = self.keys[found] == wanted
        return answer

    def of(self, user: int) -> NDArray[np.int32]:
        return self.indices[self.indptr[user] : self.indptr[user + 1]]


def _draw_negatives(
    users: NDArray[np.int64],
    blocks: NDArray[np.int64],
    keys: NDArray[np.uint64],
    place: NDArray[np.int64],
    candidates: Candidates,
    seen: _SeenItems,
) -> NDArray[np.int32]:
    """Guess for all triples, then again for those whose guess was seen; the rest pick directly."""
    negatives = np.full(len(users), SKIPPED, dtype=np.int32)
    left = np.nonzero(candidates.sizes[blocks])[0]
    first = (place * DRAWS_PER_TRIPLE).astype(np.uint64)
    for attempt in range(MAX_REJECTIONS):
        values = draws_at(keys[left], first[left] + np.uint64(attempt))
        guess = candidates.guess(users[left], blocks[left], values)
        was_seen = seen.contain(users[left], guess)
        negatives[left[~was_seen]] = guess[~was_seen]
        left = left[was_seen]
    last = draws_at(keys[left], first[left] + np.uint64(MAX_REJECTIONS))
    for n, triple in enumerate(left.tolist()):
        seen_items = seen.of(int(users[triple]))
        negatives[triple] = candidates.pick(int(blocks[triple]), seen_items, last[n : n + 1])
    return negatives
