"""Draw an epoch: every observed interaction once, each with a negative item."""

import itertools

import numpy as np
from numpy.typing import NDArray

from recsys_backends.naive.extended.draw_negative import draw_negative
from recsys_backends.naive.extended.tiles import lay_out_tiles
from recsys_backends.plan import NEGATIVES, ORDER, UNIFORM, EpochPlan, Sampler
from recsys_backends.random import permutation, stream


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
    """The epoch's triples: tile by tile, shuffle the interactions and draw their negatives."""
    seen = [set(indices[a:b].tolist()) for a, b in itertools.pairwise(indptr)]
    users, positives, negatives, bounds = [], [], [], [0]
    tiles = lay_out_tiles(indptr, indices, n_items, n_blocks, seed, epoch, sampler)
    for tile, (tile_users, tile_positives, candidates) in enumerate(tiles):
        order = permutation(stream(seed, epoch, ORDER, tile), len(tile_users)).tolist()
        key = stream(seed, epoch, NEGATIVES, tile)
        for triple, place in enumerate(order):
            user = tile_users[place]
            users.append(user)
            positives.append(tile_positives[place])
            negatives.append(draw_negative(user, seen[user], candidates, key, triple))
        bounds.append(len(users))
    return EpochPlan(
        users=np.array(users, dtype=np.int32),
        positives=np.array(positives, dtype=np.int32),
        negatives=np.array(negatives, dtype=np.int32),
        bounds=np.array(bounds, dtype=np.int64),
    )
