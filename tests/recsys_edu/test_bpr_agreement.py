"""BPR: the same numbers on every engine, thread count and instruction set, and warm-started."""

from __future__ import annotations

import numpy as np
import pytest

from recsys_backends import ops, use_backend
from recsys_backends.optimized import simd
from recsys_edu import BPR
from tests.recsys_edu.small_bpr import BACKENDS, fitted_bytes, random_interactions, small


def largest_difference(one: BPR, other: BPR) -> float:
    assert one.item_biases is not None
    assert other.item_biases is not None
    return max(
        float(np.abs(one.user_factors - other.user_factors).max()),
        float(np.abs(one.item_factors - other.item_factors).max()),
        float(np.abs(one.item_biases - other.item_biases).max()),
    )


@pytest.mark.parametrize("n_blocks", [1, 8])
def test_naive_and_optimized_draw_the_same_triples(n_blocks: int) -> None:
    train = random_interactions(120, 150, 3000)
    for epoch in (0, 1, 7):
        plans = []
        for name in ("naive", "optimized"):
            with use_backend(name):
                plans.append(
                    ops.plan_epoch(
                        train.indptr,
                        train.indices,
                        train.n_items,
                        seed=3,
                        epoch=epoch,
                        n_blocks=n_blocks,
                    )
                )
        naive, fast = plans
        assert naive.n_triples == train.nnz
        for column in ("users", "positives", "negatives", "bounds"):
            np.testing.assert_array_equal(getattr(naive, column), getattr(fast, column))


@pytest.mark.parametrize(("epochs", "tolerance"), [(1, 1e-6), (20, 1e-5)])
@pytest.mark.parametrize("n_blocks", [1, 8])
def test_naive_and_optimized_agree_in_the_factors(
    n_blocks: int, epochs: int, tolerance: float
) -> None:
    train = random_interactions(120, 150, 3000)
    models = []
    for name in ("naive", "optimized"):
        model = small(
            n_factors=16, epochs=epochs, n_blocks=n_blocks, seed=3, reg=(0.01, 0.02, 0.03)
        )
        with use_backend(name):
            models.append(model.fit(train))
    start = small(n_factors=16, epochs=1, n_blocks=n_blocks, seed=4)
    with use_backend("optimized"):
        start.fit(train)
    naive, fast = models
    assert largest_difference(naive, fast) <= tolerance
    assert largest_difference(start, fast) > 100 * tolerance  # the comparison can tell models apart
    for one, other in zip(naive.history, fast.history, strict=True):
        assert one.loss == pytest.approx(other.loss, rel=1e-5)
        assert abs(one.accuracy - other.accuracy) <= 2 / train.nnz  # x > 0, or just not
        assert one.n_triples == other.n_triples == train.nnz


@pytest.mark.parametrize("n_blocks", [None, 1, 8])
def test_any_number_of_threads_gives_the_same_bytes(n_blocks: int | None) -> None:
    train = random_interactions(400, 500, 20_000)
    found = set()
    with use_backend("optimized"):
        for _ in range(3):
            for n_threads in (1, 2, 3):
                model = small(n_factors=19, epochs=5, n_threads=n_threads, n_blocks=n_blocks)
                found.add(fitted_bytes(model.fit(train)))
    assert len(found) == 1


@pytest.mark.parametrize("n_factors", [1, 7, 16, 33, 64])
def test_every_instruction_set_gives_the_same_bytes(n_factors: int) -> None:
    train = random_interactions(100, 120, 3000)
    found, lists = set(), set()
    for level in simd.available_levels():
        with use_backend("optimized"), simd.use_level(level):
            model = small(n_factors=n_factors, epochs=5, n_threads=2, n_blocks=4).fit(train)
            found.add(fitted_bytes(model))
            lists.add(model.rank(np.arange(100), 10)[0].tobytes())
    assert len(found) == len(lists) == 1


@pytest.mark.parametrize("name", BACKENDS)
def test_a_seed_decides_everything(name: str) -> None:
    train = random_interactions(40, 30, 300)
    with use_backend(name):
        first, again, other = (small(seed=seed).fit(train) for seed in (1, 1, 2))
    assert fitted_bytes(first) == fitted_bytes(again)
    assert fitted_bytes(first) != fitted_bytes(other)
    assert first.history[0].loss == again.history[0].loss


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("n_blocks", [None, 4])
def test_a_warm_start_equals_one_long_fit(name: str, n_blocks: int | None) -> None:
    train = random_interactions(60, 70, 600)
    with use_backend(name):
        long = small(epochs=10, n_blocks=n_blocks).fit(train)
        short = small(epochs=5, n_blocks=n_blocks).fit(train)
        assert fitted_bytes(short) != fitted_bytes(long)
        short.fit(train, warm_start=True)
    assert fitted_bytes(short) == fitted_bytes(long)
    assert short.epochs_done == long.epochs_done == 10
    assert [report.epoch for report in short.history] == list(range(1, 11))
    assert [report.loss for report in short.history] == [report.loss for report in long.history]


def test_a_fit_without_warm_start_begins_anew() -> None:
    train = random_interactions(60, 70, 600)
    with use_backend("optimized"):
        once = small().fit(train)
        before = fitted_bytes(once)
        twice = once.fit(train, warm_start=True).fit(train)
    assert fitted_bytes(twice) == before
    assert twice.epochs_done == len(twice.history) == 3
