"""The floor kernel touches what the real one touches: each row as often as the plan names it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from floor import compiled_floor, touch_plan

from recsys_backends import ops, use_backend
from recsys_backends.optimized import simd
from recsys_backends.plan import SKIPPED
from recsys_edu.datasets import make_synthetic


@pytest.fixture(scope="module")
def touch() -> Callable[..., int]:
    return compiled_floor()


@pytest.mark.parametrize("level", simd.available_levels())
@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("n_factors", [5, 16, 64])
def test_each_row_is_multiplied_once_for_each_triple_that_it_is_in(
    touch: Callable[..., int], n_factors: int, n_threads: int, level: str
) -> None:
    train = make_synthetic(40, 30, 300, min_per_user=5)
    with use_backend("naive"):
        plan = ops.plan_epoch(
            train.indptr, train.indices, train.n_items, seed=1, epoch=0, n_blocks=15
        )
    used = plan.negatives != SKIPPED
    assert not used.all()  # a skipped triple's rows stay as they are
    users = np.bincount(plan.users[used], minlength=train.n_users)
    items = np.bincount(plan.positives[used], minlength=train.n_items)
    items += np.bincount(plan.negatives[used], minlength=train.n_items)
    model = tuple(
        np.ones(shape, dtype=np.float32)
        for shape in ((train.n_users, n_factors), (train.n_items, n_factors), train.n_items)
    )
    with simd.use_level(level):
        assert touch_plan(touch, model, plan, n_threads, one=2.0) == used.sum()
    for array, times in zip(model, (users, items, items), strict=True):
        expected = np.exp2(times).reshape(-1, *[1] * (array.ndim - 1))
        assert np.array_equal(array, np.broadcast_to(expected, array.shape))
