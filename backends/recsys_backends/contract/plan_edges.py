"""Clauses of ``plan_epoch``: sizes and numbers at which shortcuts come to light."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys_backends import ops
from recsys_backends.contract.clause import clause, require
from recsys_backends.contract.inputs import drawable, random_interactions
from recsys_backends.contract.plan_epoch import require_same_plan
from recsys_backends.registry import use_backend

Data = tuple[NDArray[np.int64], NDArray[np.int32], int]
"""indptr, indices, n_items."""


@clause("plan_epoch", long=True)
def large_numbers_agree_with_naive(rng: np.random.Generator) -> None:
    """Epochs and seeds of all 64 bits, many blocks, threads and items: the same integers."""
    small = (*random_interactions(rng, 30, 40, 0.3), 40)
    wide = (*small[:2], 100_000)
    large = (*random_interactions(rng, 300, 400, 0.05), 400)
    seed = 0xDEADBEEFCAFEF00D
    cases: tuple[tuple[str, Data, dict[str, Any]], ...] = (
        ("epoch 131", small, {"epoch": 131}),
        ("epoch 2³¹", small, {"epoch": 2**31}),
        ("epoch 2³² + 5", small, {"epoch": 2**32 + 5}),
        ("epoch 2⁶³ − 1", small, {"epoch": 2**63 - 1}),
        ("8 blocks", small, {"epoch": 0, "n_blocks": 8}),
        ("30 blocks", small, {"epoch": 0, "n_blocks": 30}),
        ("7 threads", small, {"epoch": 1, "n_blocks": 4, "n_threads": 7}),
        ("100,000 items", wide, {"epoch": 1}),
        ("6,000 interactions", large, {"epoch": 1}),
        ("300 blocks", large, {"epoch": 1, "n_blocks": 300}),
    )
    for what, (indptr, indices, n_items), settings in cases:
        if not drawable(settings.get("n_blocks", 1)):
            continue
        draw = partial(ops.plan_epoch, indptr, indices, n_items, seed=seed, **settings)
        with use_backend("naive"):
            expected = draw()
        require_same_plan(draw(), expected, what)


@clause("plan_epoch")
def the_filter_of_a_large_tile_never_errs(rng: np.random.Generator) -> None:
    """80,000 interactions in one tile: still no negative that its user has interacted with."""
    indptr, indices = random_interactions(rng, 400, 500, 0.4)
    plan = ops.plan_epoch(indptr, indices, 500, seed=9, epoch=0)
    seen = np.repeat(np.arange(400), np.diff(indptr)) * 500 + indices
    drawn = plan.users.astype(np.int64) * 500 + plan.negatives
    both = np.isin(drawn[plan.negatives >= 0], seen)
    require(not both.any(), f"{int(both.sum())} of {len(both)} negatives are items already seen.")


@clause("plan_epoch")
def interactions_are_read_anew_each_time(rng: np.random.Generator) -> None:
    """The same arrays with other contents give the plan of the other contents."""
    indptr, indices = np.array([0, 1], dtype=np.int64), np.array([0], dtype=np.int32)
    ops.plan_epoch(indptr, indices, 2, seed=0, epoch=0)
    indices[0] = 1
    plan = ops.plan_epoch(indptr, indices, 2, seed=0, epoch=0)
    require(plan.positives.tolist() == [1], "the plan is that of interactions seen before.")
    require(indices.flags.writeable, "the caller's indices were made read-only.")
