"""Clauses of ``plan_epoch``: samplers with many rankings, many items and many blocks."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from recsys_backends import ops
from recsys_backends.contract.clause import clause
from recsys_backends.contract.inputs import drawable, random_interactions
from recsys_backends.contract.plan_epoch import require_same_plan
from recsys_backends.plan import AdaptiveSampler, Sampler, WeightedSampler
from recsys_backends.registry import use_backend

_SIZES = (1, 2, 3, 15, 16, 17, 63, 64, 65, 127, 128, 129, 255, 256, 257, 513, 1025)

Interactions = tuple[NDArray[np.int64], NDArray[np.int32], int]


def _require_same(data: Interactions, sampler: Sampler, n_blocks: int, what: str) -> None:
    draw = partial(ops.plan_epoch, *data, seed=4, epoch=1, n_blocks=n_blocks, sampler=sampler)
    with use_backend("naive"):
        expected = draw()
    for n_threads in (1, 3):
        require_same_plan(draw(n_threads=n_threads), expected, f"{what}, {n_blocks} blocks")


def _blocks(n_users: int, n_items: int) -> set[int]:
    return {min(n, n_users, n_items) for n in drawable(1, 3, 16)}


@clause("plan_epoch", samplers=(WeightedSampler,), level="engine", long=True)
def any_number_of_weights_is_used(rng: np.random.Generator) -> None:
    """Weights of 1 to 70,001 items, of which the last ones weigh most."""
    for n_items in (*_SIZES, 70_001):
        indptr, indices = random_interactions(rng, 20, min(n_items, 200), 0.2)
        weights = rng.integers(0, 3, n_items)
        weights[-max(1, n_items // 4) :] = rng.integers(1, 2**32 // n_items // 2 + 2)
        for n_blocks in _blocks(20, n_items):
            what = f"a WeightedSampler of {n_items} items"
            _require_same((indptr, indices, n_items), WeightedSampler(weights), n_blocks, what)


@clause("plan_epoch", samplers=(AdaptiveSampler,), level="engine", long=True)
def any_number_of_rankings_is_used(rng: np.random.Generator) -> None:
    """1 to 1,025 rankings, each of which counts for some user."""
    n_users, n_items = 20, 30
    indptr, indices = random_interactions(rng, n_users, n_items, 0.3)
    for d in _SIZES:
        rankings = rng.permuted(np.tile(np.arange(n_items, dtype=np.int32), (d, 1)), axis=1)
        users = rng.integers(-1000, 1000, (n_users, d)).astype(np.int32)
        ranks = np.arange(n_items, 0, -1, dtype=np.int64) ** 2
        sampler = AdaptiveSampler(rankings, users, ranks)
        for n_blocks in _blocks(n_users, n_items):
            what = f"an AdaptiveSampler of {d} rankings"
            _require_same((indptr, indices, n_items), sampler, n_blocks, what)
