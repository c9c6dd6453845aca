"""The plan's own arithmetic, and what the front door says about plans that are wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_backends import EpochPlan, InvalidArgumentError, default_n_blocks, ops, use_backend
from recsys_backends import plan as plans
from recsys_backends.contract.inputs import csr_of


@given(st.integers(1, 10**7), st.integers(1, 10**7), st.integers(0, 10**9))
def test_default_blocks_fit_the_data(n_users: int, n_items: int, nnz: int) -> None:
    n_blocks = default_n_blocks(n_users, n_items, nnz)
    assert 1 <= n_blocks <= min(n_users, n_items, plans.MAX_BLOCKS)
    assert n_blocks & (n_blocks - 1) == 0
    assert n_blocks == 1 or nnz / n_blocks**2 >= 4096


def test_default_blocks_of_known_data() -> None:
    assert default_n_blocks(943, 1682, 80_000) == 4
    assert default_n_blocks(6039, 3628, 671_630) == 8
    assert default_n_blocks(1, 1, 1) == 1


@given(st.integers(0, 500), st.integers(1, 40))
def test_block_edges_cover_all_rows_evenly(n: int, n_blocks: int) -> None:
    edges = plans.block_edges(n, n_blocks)
    sizes = np.diff(edges)
    assert edges[0] == 0
    assert edges[-1] == n
    assert sizes.max() - sizes.min() <= 1


@given(st.integers(1, 12))
def test_tiles_are_numbered_by_round_and_user_block(n_blocks: int) -> None:
    numbers = {
        plans.tile_of(b, (b + shift) % n_blocks, n_blocks): (shift, b)
        for shift in range(n_blocks)
        for b in range(n_blocks)
    }
    assert numbers == {
        shift * n_blocks + b: (shift, b) for shift in range(n_blocks) for b in range(n_blocks)
    }


def test_plan_reports_its_shape() -> None:
    seen = np.ones((3, 5), dtype=np.bool_)
    seen[1, 2] = False
    with use_backend("naive"):
        plan = ops.plan_epoch(*csr_of(seen), 5, seed=0, epoch=0)
    assert plan.n_triples == 14
    assert plan.n_skipped == 10
    assert plan.n_blocks == 1
    assert list(plan.tiles()) == [slice(0, 14)]


def test_columns_of_a_plan_cannot_be_changed_after_they_were_verified() -> None:
    with use_backend("naive"):
        plan = ops.plan_epoch(*csr_of(np.eye(4, dtype=np.bool_)), 4, seed=0, epoch=0)
    with pytest.raises(ValueError, match="read-only"):
        plan.users[0] = 99


def test_a_plan_verified_for_one_shape_is_checked_again_for_another() -> None:
    with use_backend("naive"):
        plan = ops.plan_epoch(*csr_of(np.eye(9, dtype=np.bool_)), 9, seed=0, epoch=0)
        small = np.zeros((4, 2), dtype=np.float32)
        with pytest.raises(InvalidArgumentError, match=r"plan\.users"):
            ops.bpr_update(
                small,
                small.copy(),
                None,
                plan,
                learning_rate=0.1,
                reg_user=0,
                reg_positive=0,
                reg_negative=0,
            )


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ([0, 1, 2], "n_blocks²"),
        ([0], "n_blocks²"),
        ([0, 1], "end at 2"),
        ([1, 2], "start at 0"),
        ([0, 2, 1, 2, 2], "never fall"),
    ],
)
def test_malformed_bounds_are_named(bounds: list[int], message: str) -> None:
    column = np.array([0, 1], dtype=np.int32)
    plan = EpochPlan(column, column, 1 - column, np.array(bounds, dtype=np.int64))
    factors = np.zeros((2, 3), dtype=np.float32)
    with use_backend("naive"), pytest.raises(InvalidArgumentError, match=message):
        ops.bpr_update(
            factors,
            factors.copy(),
            None,
            plan,
            learning_rate=0.1,
            reg_user=0,
            reg_positive=0,
            reg_negative=0,
        )


@pytest.mark.parametrize(
    ("what", "triples"),
    [
        # One triple a tile of 2 x 2; in each round the tiles are disjoint, and yet a row changes
        # its block from round to round, where no tile waits for the one that had it before.
        ("user", [(0, 0, 1), (1, 2, 3), (1, 2, 3), (0, 0, 1)]),
        ("item", [(0, 0, 1), (1, 2, 3), (0, 0, 1), (1, 2, 3)]),
    ],
)
def test_rows_may_not_change_blocks_between_rounds(
    what: str, triples: list[tuple[int, int, int]]
) -> None:
    columns = (np.array(column, dtype=np.int32) for column in zip(*triples, strict=True))
    plan = EpochPlan(*columns, np.arange(5, dtype=np.int64))
    with use_backend("naive"), pytest.raises(InvalidArgumentError, match=f"{what} . into tiles"):
        ops.bpr_update(
            np.zeros((2, 3), dtype=np.float32),
            np.zeros((4, 3), dtype=np.float32),
            None,
            plan,
            learning_rate=0.1,
            reg_user=0,
            reg_positive=0,
            reg_negative=0,
        )
