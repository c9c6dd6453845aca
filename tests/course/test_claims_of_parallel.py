"""Sentences of lesson 09 that hold a number or an order, computed by its solutions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys_backends import optimized
from recsys_backends.plan import EpochPlan
from recsys_edu import BPR, MostPopular, Recommender, evaluate, load_split, use_backend
from tests.recsys_edu.workspaces import solved

pytest.importorskip("jupytext")
SEEDS = (0, 1, 2)
N_ITEMS = 2000


@pytest.fixture(scope="module")
def lesson() -> dict[str, Any]:
    """The functions that a perfect learner exports."""
    made: dict[str, Any] = {}
    exec(compile(solved("09_parallel"), "<lesson 09>", "exec"), made)
    return made


def conflicts_per_triple(lesson: dict[str, Any], weights, n_lanes: int, seed: int) -> float:
    generator, n = np.random.default_rng(seed), 10_000
    positives = generator.choice(N_ITEMS, n, p=weights / weights.sum())
    negatives = (positives + generator.integers(1, N_ITEMS, n)) % N_ITEMS
    triples = np.stack([generator.integers(0, 5000, n), positives, negatives], axis=1)
    return lesson["count_conflicts"](np.array_split(triples.astype(np.int32), n_lanes)) / n


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hub_conflicts_often_and_even_items_hardly_ever(lesson, seed: int) -> None:
    even = np.ones(N_ITEMS)
    hub = np.where(np.arange(N_ITEMS) == 0, float(N_ITEMS), 1.0)
    skewed = 1 / (1.0 + np.arange(N_ITEMS))
    assert conflicts_per_triple(lesson, hub, 2, seed) == pytest.approx(1 / 8, abs=0.01)
    assert 0.4 < conflicts_per_triple(lesson, hub, 16, seed) < 0.5
    assert conflicts_per_triple(lesson, even, 16, seed) < 0.03
    between = conflicts_per_triple(lesson, skewed, 16, seed)
    assert 0.05 < between < 0.3


def busy(lesson: dict[str, Any], blocks: list[list[int]], sizes) -> float:
    return sizes.sum() / max(sizes[block].sum() for block in blocks)


def test_dealing_at_random_costs_little_or_half_of_the_speed(lesson) -> None:
    found = {}
    skewed = (4000 / (1.0 + np.arange(800))).astype(np.int64) + 1
    popularity = load_split("synthetic-100k").fold_valid().train.popularity().astype(np.int64)
    for name, sizes in (("synthetic", popularity), ("skewed", skewed)):
        random = busy(lesson, lesson["shuffled_blocks"](len(sizes), 8, 5), sizes)
        found[name] = random / busy(lesson, lesson["balance_blocks"](sizes, 8), sizes)
    assert found["synthetic"] > 0.9
    assert 0.4 < found["skewed"] < 0.6


def test_blocks_change_the_ranking_no_more_than_seeds_do() -> None:
    split = load_split("synthetic-100k").fold_valid()
    few = {"n_factors": 16, "epochs": 8, "learning_rate": 0.1, "reg": 0.01, "progress": False}

    def ndcg(model: Recommender) -> float:
        return evaluate(model.fit(split.train), split, metrics="ndcg@10")["ndcg@10"]

    with use_backend("optimized"):
        found = [
            [ndcg(BPR(**few, n_blocks=n_blocks, seed=seed)) for seed in SEEDS]
            for n_blocks in (1, 4, 16)
        ]
    assert np.ptp(found, axis=0).max() < 0.025  # of the numbers of blocks, for each seed
    assert 0.005 < np.ptp(found, axis=1).max() < 0.025
    assert np.min(found) > 1.5 * ndcg(MostPopular())


def test_each_step_on_the_counting_data_adds_one_to_the_hubs_bias() -> None:
    """One thread loses nothing, so what several threads lack is lost."""
    n = 20_000
    columns = [np.arange(n) % 64, np.zeros(n), 1 + np.arange(n) % 8]
    biases = np.full(9, 2.0**23, dtype=np.float32)
    biases[0] = 0.0
    factors = [np.zeros((rows, 16), np.float32) for rows in (64, 9)]
    plan = EpochPlan(*(c.astype(np.int32) for c in columns), np.array([0, n]))
    rates = {"reg_user": 0.0, "reg_positive": 0.0, "reg_negative": 0.0}
    optimized.bpr_update(*factors, biases, plan, learning_rate=1.0, **rates)
    assert biases[0] == n
    assert not any(array.any() for array in factors)
