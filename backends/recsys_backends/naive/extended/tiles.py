"""Cut an epoch into tiles, so that tiles of one round share no user and no item."""

import itertools

import numpy as np
from numpy.typing import NDArray

from recsys_backends.naive.extended.candidates import Candidates, candidates_of_blocks
from recsys_backends.plan import ITEM_BLOCKS, USER_BLOCKS, Sampler, block_edges, tile_of
from recsys_backends.random import permutation, stream

Tile = tuple[list[int], list[int], Candidates]
"""The users and the positives of its interactions, and the items that may be negatives."""


def shuffled_blocks(n: int, n_blocks: int, key: int) -> list[list[int]]:
    """Rows 0 … n-1 dealt into blocks at random; one block keeps them in their order."""
    order = list(range(n)) if n_blocks == 1 else permutation(key, n).tolist()
    edges = block_edges(n, n_blocks)
    return [order[start:stop] for start, stop in itertools.pairwise(edges)]


def lay_out_tiles(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    n_items: int,
    n_blocks: int,
    seed: int,
    epoch: int,
    sampler: Sampler,
) -> list[Tile]:
    """Every tile of the epoch, round by round; within a round, user block by user block."""
    user_blocks = shuffled_blocks(len(indptr) - 1, n_blocks, stream(seed, epoch, USER_BLOCKS))
    item_blocks = shuffled_blocks(n_items, n_blocks, stream(seed, epoch, ITEM_BLOCKS))
    item_block_of = {item: c for c, members in enumerate(item_blocks) for item in members}
    candidates = candidates_of_blocks(item_blocks, sampler)
    tiles: list[Tile] = [
        ([], [], candidates[(b + shift) % n_blocks])
        for shift in range(n_blocks)
        for b in range(n_blocks)
    ]
    for b, members in enumerate(user_blocks):
        for user in members:
            for item in indices[indptr[user] : indptr[user + 1]].tolist():
                users, positives, _ = tiles[tile_of(b, item_block_of[item], n_blocks)]
                users.append(user)
                positives.append(item)
    return tiles
