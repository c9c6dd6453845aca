"""Parallel: the answers of lesson 09.

Written by `tito dev build` from modules/09_parallel/09_parallel.py; change it there.
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
    UniformSampler,
    block_edges,
)
from recsys_backends.random import bounded, permutation, stream


def conflict_free_rounds(n_blocks: int) -> list[list[tuple[int, int]]]:
    """The tiles of each round, as pairs (user block, item block).

    Args:
        n_blocks: B, at least 1.

    Returns:
        B rounds of B tiles each. No two tiles of a round share a block, and every tile occurs once.

    Example: conflict_free_rounds(2) is [[(0, 0), (1, 1)], [(0, 1), (1, 0)]].
    """
    return [[(b, (b + r) % n_blocks) for b in range(n_blocks)] for r in range(n_blocks)]


def shuffled_blocks(n: int, n_blocks: int, key: int) -> list[list[int]]:
    """Rows 0 … n − 1, dealt into blocks at random; one block keeps them in their order."""
    order = list(range(n)) if n_blocks == 1 else permutation(key, n).tolist()
    return [order[start:stop] for start, stop in itertools.pairwise(block_edges(n, n_blocks))]


def negative_among(items: list[int], seen: set[int], key: int, triple: int) -> int:
    """One of the items that is not in ``seen``, by the triple's own draws; −1 if there is none."""
    first = int(triple) * DRAWS_PER_TRIPLE  # each triple has this many places of the stream
    for attempt in range(MAX_REJECTIONS):
        item = items[bounded(key, first + attempt, len(items))]
        if item not in seen:
            return item
    unseen = [item for item in items if item not in seen]
    if not unseen:
        return SKIPPED
    return unseen[bounded(key, first + MAX_REJECTIONS, len(unseen))]


def lay_out_tiles(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    user_blocks: list[list[int]],
    item_blocks: list[list[int]],
) -> list[tuple[list[int], list[int], list[int]]]:
    """Each tile's users and items of the observed pairs, and the items of its block.

    Args:
        indptr, indices: the observed pairs as CSR.
        user_blocks, item_blocks: B lists of rows each; every row is in one of them.

    Returns:
        B² tiles, round by round as in ``conflict_free_rounds``, each (users, positives, items): two
        lists of one entry a pair, and the item block.

    Approach: the block of each item in a dictionary, and the number of each tile in another one.
    Make B² tiles with empty lists. Then go through the user blocks, the users of each, and the
    items of each user; append to the tile where they belong.
    """
    block_of = {item: c for c, members in enumerate(item_blocks) for item in members}
    order = list(itertools.chain.from_iterable(conflict_free_rounds(len(item_blocks))))
    number_of = {tile: number for number, tile in enumerate(order)}
    tiles: list[tuple[list[int], list[int], list[int]]] = [
        ([], [], item_blocks[c]) for _, c in order
    ]
    for b, members in enumerate(user_blocks):
        for user in members:
            for item in indices[indptr[user] : indptr[user + 1]].tolist():
                users, positives, _ = tiles[number_of[b, block_of[item]]]
                users.append(user)
                positives.append(item)
    return tiles


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
    """Every observed pair once, tile by tile, in random order within it, each with a negative.

    Args:
        indptr, indices: the observed pairs as CSR.
        n_items: how many items there are.
        seed, epoch: which random numbers; other epochs have other blocks, orders and negatives.
        n_blocks: B; there are B² tiles.
        sampler: uniform.
        n_threads: has no effect here.

    Approach: a set of items for each user; the tiles; then for each tile its order and its key. Go
    through the order: each place in it is a pair's, which gets a negative and becomes a triple.
    After each tile, note how many triples there are.

    Returns:
        EpochPlan(users, positives, negatives, bounds): int32 columns of one entry a pair, and as
        int64 the B² + 1 bounds: 0, then the number of triples after each tile.
    """
    if not isinstance(sampler, UniformSampler):
        raise NotImplementedError("negatives that are not uniform")
    user_blocks = shuffled_blocks(len(indptr) - 1, n_blocks, stream(seed, epoch, USER_BLOCKS))
    item_blocks = shuffled_blocks(n_items, n_blocks, stream(seed, epoch, ITEM_BLOCKS))
    seen = [set(indices[a:b].tolist()) for a, b in itertools.pairwise(indptr)]
    triples: list[tuple[int, int, int]] = []
    bounds = [0]
    tiles = lay_out_tiles(indptr, indices, user_blocks, item_blocks)
    for number, (users, positives, items) in enumerate(tiles):
        order = permutation(stream(seed, epoch, ORDER, number), len(users)).tolist()
        key = stream(seed, epoch, NEGATIVES, number)
        for triple, place in enumerate(order):
            user = users[place]
            negative = negative_among(items, seen[user], key, triple)
            triples.append((user, positives[place], negative))
        bounds.append(len(triples))
    columns = np.array(triples, dtype=np.int32).reshape(-1, 3)
    return EpochPlan(
        users=columns[:, 0].copy(),
        positives=columns[:, 1].copy(),
        negatives=columns[:, 2].copy(),
        bounds=np.array(bounds, dtype=np.int64),
    )
