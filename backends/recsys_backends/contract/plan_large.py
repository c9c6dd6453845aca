"""Clauses of ``plan_epoch``: more users, items and cells than a counter of the wrong size holds."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from recsys_backends import ops
from recsys_backends.contract.clause import clause
from recsys_backends.contract.inputs import drawable
from recsys_backends.contract.plan_epoch import require_same_plan
from recsys_backends.registry import use_backend

_KEYS = 2**16


def _rows(
    n_users: int, items_of: dict[int, NDArray[np.integer]]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return (indptr, indices) in which only the users named have items."""
    lengths = np.zeros(n_users + 1, dtype=np.int64)
    for user, items in items_of.items():
        lengths[user + 1] = len(items)
    rows = [np.sort(items_of[user]) for user in sorted(items_of)]
    return np.cumsum(lengths), np.concatenate(rows).astype(np.int32)


@clause("plan_epoch", level="engine", long=True)
def cells_beyond_32_bits_stay_apart(rng: np.random.Generator) -> None:
    """131,080 users of 65,536 items: numbers of pairs beyond 2³² are not those of other pairs.

    Where user · n_items + item is kept in 32 or 31 bits, a light user has seen the items of the
    heavy one, and other negatives are drawn.
    """
    heavy, n_users = 7, 2 * _KEYS + 8
    light = [heavy + _KEYS // 2, heavy + _KEYS, heavy + 2 * _KEYS]
    items_of = {user: rng.choice(_KEYS, 60, replace=False) for user in light}
    items_of[heavy] = rng.choice(_KEYS, _KEYS * 5 // 8, replace=False)
    indptr, indices = _rows(n_users, items_of)
    draw = partial(ops.plan_epoch, indptr, indices, _KEYS, seed=3, epoch=1)
    with use_backend("naive"):
        expected = draw()
    what = f"{n_users:,} users of {_KEYS:,} items, which are more than 2³² pairs"
    for n_threads in (1, 2):
        require_same_plan(draw(n_threads=n_threads), expected, what)


@clause("plan_epoch", level="engine", long=True)
def users_and_their_items_may_be_more_than_16_bits_count(rng: np.random.Generator) -> None:
    """70,001 users with an item each, and one user with 70,001 items."""
    many = {user: rng.integers(0, 90, 1) for user in range(70_001)}
    for items_of, n_items in ((many, 90), ({1: rng.permutation(140_000)[:70_001]}, 140_000)):
        indptr, indices = _rows(max(items_of) + 2, items_of)
        for n_blocks in drawable(1, 2):
            draw = partial(
                ops.plan_epoch, indptr, indices, n_items, seed=2, epoch=0, n_blocks=n_blocks
            )
            with use_backend("naive"):
                expected = draw()
            what = f"{len(indptr) - 1:,} users of {n_items:,} items, n_blocks={n_blocks}"
            require_same_plan(draw(n_threads=2), expected, what)


@clause("plan_epoch", level="engine", long=True)
def heavy_users_take_part(rng: np.random.Generator) -> None:
    """Users with one, a thousand and all of 2,500 items: all of them, and none as a negative."""
    lengths = (1, 1023, 1024, 1025, 2049, 2499, 2500)
    items_of = {user: rng.permutation(2500)[:length] for user, length in enumerate(lengths)}
    indptr, indices = _rows(len(lengths), items_of)
    for n_blocks in drawable(1, 3):
        draw = partial(ops.plan_epoch, indptr, indices, 2500, seed=6, epoch=2, n_blocks=n_blocks)
        with use_backend("naive"):
            expected = draw()
        for n_threads in (1, 2):
            got = draw(n_threads=n_threads)
            require_same_plan(got, expected, f"users with up to 2500 of 2500 items, {n_blocks=}")
