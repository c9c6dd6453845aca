"""Draw an epoch by any sampler: lesson 09's plan, and the same tiles with other odds."""

import itertools

import numpy as np
from numpy.typing import NDArray

from recsys_backends.naive import parallel
from recsys_backends.naive.extended.candidates import candidates_of_blocks
from recsys_backends.naive.extended.draw_negative import draw_negative
from recsys_backends.plan import (
    ITEM_BLOCKS,
    NEGATIVES,
    ORDER,
    UNIFORM,
    USER_BLOCKS,
    EpochPlan,
    Sampler,
    UniformSampler,
)
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
    if isinstance(sampler, UniformSampler):
        return parallel.plan_epoch(
            indptr,
            indices,
            n_items,
            seed=seed,
            epoch=epoch,
            n_blocks=n_blocks,
            n_threads=n_threads,
        )
    seen = [set(indices[a:b].tolist()) for a, b in itertools.pairwise(indptr)]
    users, positives, negatives, bounds = [], [], [], [0]
    user_key, item_key = (stream(seed, epoch, purpose) for purpose in (USER_BLOCKS, ITEM_BLOCKS))
    user_blocks = parallel.shuffled_blocks(len(seen), n_blocks, user_key)
    item_blocks = parallel.shuffled_blocks(n_items, n_blocks, item_key)
    tiles = parallel.lay_out_tiles(indptr, indices, user_blocks, item_blocks)
    candidates = candidates_of_blocks(item_blocks, sampler)
    for number, (tile_users, tile_positives, _) in enumerate(tiles):
        order = permutation(stream(seed, epoch, ORDER, number), len(tile_users)).tolist()
        key = stream(seed, epoch, NEGATIVES, number)
        drawable = candidates[sum(divmod(number, n_blocks)) % n_blocks]
        for triple, place in enumerate(order):
            user = tile_users[place]
            users.append(user)
            positives.append(tile_positives[place])
            negatives.append(draw_negative(user, seen[user], drawable, key, triple))
        bounds.append(len(users))
    return EpochPlan(
        users=np.array(users, dtype=np.int32),
        positives=np.array(positives, dtype=np.int32),
        negatives=np.array(negatives, dtype=np.int32),
        bounds=np.array(bounds, dtype=np.int64),
    )
