"""Clauses about races: threads that begin too early, or write where another one writes.

A race that needs luck is found by luck. So the plans and data here are made for it: rounds in which
one tile takes far longer than all others, sums to which all threads add at the same moment, and
rows of one size that are worked on side by side, again and again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np

from recsys_backends import ops
from recsys_backends.contract.cases import Case, HalfStepCase, for_every_op
from recsys_backends.contract.clause import clause, require, require_identical
from recsys_backends.contract.inputs import GENTLE, RATES, Factors, csr_of, random_factors
from recsys_backends.contract.item_similarity import exhaustive_neighbors, require_same_neighbors
from recsys_backends.plan import EpochPlan
from recsys_backends.registry import use_backend

_BLOCKS: Final = 8
_PER_BLOCK: Final = 4
_SECONDS_PER_PASS: Final = 0.05
_LARGEST_TILE: Final = 300_000
_SECONDS_OF_PASSES: Final = 5.0


def _again_and_again(*n_threads: int, at_most: int) -> Iterator[int]:
    """Yield these numbers of threads in turn, each once and then until the time is up.

    On a machine with other work to do, threads meet only now and then.
    """
    deadline = time.perf_counter() + _SECONDS_OF_PASSES
    for number in range(at_most):
        if number >= len(n_threads) and time.perf_counter() > deadline:
            return
        yield n_threads[number % len(n_threads)]


@clause("bpr_update", level="engine", long=True)
def rounds_wait_for_those_before(rng: np.random.Generator) -> None:
    """One tile of a round takes long; the tiles after it that need its rows wait for its end.

    Rounds 0, 2, 4 and 6 are one heavy tile each. The next rounds are a few triples in each tile, of
    which one needs the items of the heavy tile and one its users. Threads without work in the heavy
    round come to these at once.
    """
    start = random_factors(rng, _BLOCKS * _PER_BLOCK, _BLOCKS * _PER_BLOCK, 128, scale=0.1)
    plan, expected = _long_enough_plan(rng, start)
    for n_threads in _again_and_again(_BLOCKS, 2, 4, 3, at_most=12):
        factors = start.copy()
        result = factors.update(plan, RATES, n_threads)
        what = (
            f"with {n_threads} threads and one tile that takes longer than all others of its round;"
            " does the next round begin before it has ended?"
        )
        for name, array in factors.arrays().items():
            require_identical(array, expected[0].arrays()[name], f"{name} {what}")
        require(result == expected[1], f"loss or counts differ {what}")


def _long_enough_plan(
    rng: np.random.Generator, start: Factors
) -> tuple[EpochPlan, tuple[Factors, object]]:
    """Return an unbalanced plan that takes one thread some time, and its outcome."""
    n_heavy = 250
    while True:
        n_heavy *= 4
        plan = _unbalanced_plan(rng, min(n_heavy, _LARGEST_TILE))
        factors = start.copy()
        started = time.thread_time()  # without what other programs and idle threads take
        result = factors.update(plan, RATES)
        if time.thread_time() - started > _SECONDS_PER_PASS or n_heavy >= _LARGEST_TILE:
            return plan, (factors, result)


def _unbalanced_plan(rng: np.random.Generator, n_heavy: int) -> EpochPlan:
    """Draw a plan of eight rounds: one heavy tile in every other round, light ones in the rest."""
    columns, sizes = [], []
    for shift in range(_BLOCKS):
        heavy = int(rng.choice([0, _BLOCKS // 2]))  # beside a tile of another thread
        for block in range(_BLOCKS):
            n = 3 if shift % 2 else n_heavy * (block == heavy)
            users, positives, negatives = rng.integers(0, _PER_BLOCK, (3, n))
            negatives += negatives == positives
            first = (block + shift) % _BLOCKS * _PER_BLOCK
            columns.append(
                (
                    block * _PER_BLOCK + users,
                    first + positives,
                    first + negatives % _PER_BLOCK,
                )
            )
            sizes.append(n)
    joined = (np.concatenate(parts).astype(np.int32) for parts in zip(*columns, strict=True))
    return EpochPlan(*joined, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))


@clause("bpr_update", level="engine", long=True)
def tiles_that_end_together_all_count(rng: np.random.Generator) -> None:
    """4,096 tiles of one size: threads end them at the same moments, and no count gets lost."""
    n_blocks, n = 64, 2
    tile = np.repeat(np.arange(n_blocks**2), n)
    block = (tile % n_blocks + tile // n_blocks) % n_blocks
    plan = EpochPlan(
        (tile % n_blocks).astype(np.int32),
        block.astype(np.int32),
        (block + n_blocks).astype(np.int32),
        np.arange(n_blocks**2 + 1, dtype=np.int64) * n,
    )
    start = random_factors(rng, n_blocks, 2 * n_blocks, 2, scale=1.0)
    expected = start.copy().update(plan, GENTLE)
    for n_threads in _again_and_again(2, 4, 2, 3, 2, 8, at_most=48):
        found = start.copy().update(plan, GENTLE, n_threads)
        require(
            tuple(found) == tuple(expected),
            f"{n_threads} threads that end tiles at the same time report {tuple(found)}, one "
            f"thread {tuple(expected)}; are sums added to by several threads at a time?",
        )


@clause("bpr_update", level="engine", long=True)
def tiny_passes_all_count(rng: np.random.Generator) -> None:
    """Thousands of passes over a few triples: threads end together, and everything is counted."""
    indptr, indices = np.arange(5, dtype=np.int64) * 2, np.tile([0, 3], 4).astype(np.int32)
    with use_backend("naive"):
        plan = ops.plan_epoch(indptr, indices, 6, seed=1, epoch=2, n_blocks=2)
    start = random_factors(rng, 4, 6, 2, scale=1.0)
    expected = start.copy().update(plan, GENTLE)
    factors = start.copy()
    for number, n_threads in enumerate(_again_and_again(2, 2, 2, 2, 2, 2, 2, 3, at_most=4_000)):
        for name, array in start.arrays().items():
            factors.arrays()[name][...] = array
        found = factors.update(plan, GENTLE, n_threads)
        if tuple(found) != tuple(expected):
            require(
                False,
                f"pass {number} with {n_threads} threads over the same {plan.n_triples} triples "
                f"reports {tuple(found)}, one thread {tuple(expected)}; are sums added to by "
                "several threads at a time?",
            )


@for_every_op("is_right_with_threads_side_by_side", without=("matmul",), long=True)
def threads_side_by_side(rng: np.random.Generator, kind: type[Case]) -> None:
    """Thousands of rows of one size, on 2 to 8 threads, several times: no memory is shared."""
    case = kind.make(rng, 2000, 400, 16)
    expected = case.expected()
    for n_threads in (2, 3, 8, 2, 4, 2):
        what = f"with {n_threads} threads that work on rows of one size side by side"
        case.require_right(case.copy().run(n_threads), expected, what)


@clause("als_half_step", level="engine", long=True)
def rows_wait_for_what_they_share(rng: np.random.Generator) -> None:
    """YᵀY of 20,000 columns takes longer than all rows; none begins before it is complete."""
    case = HalfStepCase.make(rng, 40, 20_000, 32)
    for n_threads in (2, 8, 3, 2, 4, 2, 8, 2):
        what = f"with {n_threads} threads and a YᵀY that takes longer than the rows"
        case.require_right(case.copy().run(n_threads), {}, what)


@clause("item_similarity", level="engine", long=True)
def common_users_are_all_counted(rng: np.random.Generator) -> None:
    """Up to 80,000 users of forty items: threads count the same pairs, and no user gets lost."""
    n_users, seconds = 1_250, 0.0
    while n_users < 80_000 and seconds < _SECONDS_PER_PASS:
        n_users *= 4
        indptr, indices = csr_of(rng.random((n_users, 40)) < 0.4)
        find = partial(ops.item_similarity, indptr, indices, 40, k=30, shrinkage=10.0)
        started = time.thread_time()
        find()
        seconds = time.thread_time() - started
    expected = exhaustive_neighbors(indptr, indices, 40, 30, 10.0)
    for n_threads in _again_and_again(2, 4, 2, 3, 2, 8, at_most=72):
        what = f"{n_users:,} users of 40 items, with {n_threads} threads"
        require_same_neighbors(find(n_threads=n_threads), expected, what)
