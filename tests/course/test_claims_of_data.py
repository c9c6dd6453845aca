"""Sentences of lesson 01 that hold a number or an order, computed on three seeds.

What the lesson says of splits and of the long tail is computed on two datasets as well; what it
says of its own log is tested on that log.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from recsys_edu import (
    Interactions,
    ItemKNN,
    MostPopular,
    Split,
    evaluate,
    leave_last_out,
    load_dataset,
)
from recsys_edu.splits import per_user_split, time_split
from tests.course.claims import NAMES, SEEDS, SYNTHETIC, dataset_of, names_of

pytestmark = pytest.mark.slow
PICKED, OTHER = 1, 2
"""Seed of the lesson's log, and the one that it names beside it."""


class Log(NamedTuple):
    """The lesson's log as it came, and as a matrix."""

    columns: tuple[NDArray, NDArray, NDArray]
    matrix: Interactions


@cache
def log_of(seed: int) -> Log:
    lesson = names_of(1)
    raw_users, raw_items, times = lesson["make_log"](seed=seed)
    user_ids, users = lesson["number_ids"](raw_users)
    item_ids, items = lesson["number_ids"](raw_items)
    kept = lesson["merge_repeats"](users, items, times)
    indptr, indices, order = lesson["build_csr"](
        users[kept], items[kept], len(user_ids), len(item_ids)
    )
    moments = times[kept][order]
    matrix = Interactions(indptr, indices, user_ids, item_ids, timestamps=moments)
    return Log((users, items, times), matrix)


def columns_of(part: Interactions) -> tuple[NDArray, NDArray, NDArray]:
    return part.rows(), part.indices, part.timestamps


def leaks_of(split: Split) -> dict[str, int]:
    found = names_of(1)["find_leaks"](columns_of(split.train), columns_of(split.test))
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_parrot_lives_on_repeats(seed: int) -> None:
    log, generator = log_of(seed), np.random.default_rng(seed)
    merged = columns_of(log.matrix)
    rate = names_of(1)["parrot_hit_rate"]
    assert rate(*log.columns, generator.random(len(log.columns[0])) < 0.2) > 0.5
    assert rate(*merged, generator.random(log.matrix.nnz) < 0.2) == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_split_of_the_log_as_it_came_repeats_pairs(seed: int) -> None:
    columns = log_of(seed).columns
    test = np.random.default_rng(seed).random(len(columns[0])) < 0.2
    parts = (tuple(column[mask] for column in columns) for mask in (~test, test))
    found = names_of(1)["find_leaks"](*parts)
    assert min(found.values()) > 0


@pytest.mark.parametrize("name", ["log 1", "log 2", "log 3", *NAMES])
def test_each_split_closes_one_more_leak(name: str) -> None:
    kind, _, seed = name.partition(" ")
    data = log_of(int(seed)).matrix if kind == "log" else dataset_of(name)
    random, last, by_time = (
        leaks_of(split) for split in (per_user_split(data), leave_last_out(data), time_split(data))
    )
    assert random["repeated"] == last["repeated"] == 0
    assert random["own_future"] > 0 == last["own_future"]
    assert last["any_future"] > 0
    assert set(by_time.values()) == {0}


@pytest.mark.parametrize("name", ["log 1", "log 2", "log 3", *NAMES])
def test_the_head_has_a_large_share(name: str) -> None:
    kind, _, seed = name.partition(" ")
    data = log_of(int(seed)).matrix if kind == "log" else dataset_of(name)
    counts = data.popularity()
    tenth = names_of(1)["top_share"](counts, len(counts) // 10)
    assert 0.4 < tenth < 0.6


def hit_rates(model, data: Interactions, line: float, seed: int) -> tuple[float, float, float]:
    """The experiment of part 9: the past, past and future, and these cut down."""
    generator, times = np.random.default_rng(seed), data.timestamps
    past = times < np.quantile(times, line)
    test = ~past & (generator.random(data.nnz) < 0.5)
    fewer = np.zeros(data.nnz, dtype=bool)
    fewer[generator.permutation(np.flatnonzero(~test))[: past.sum()]] = True
    found = []
    for mask in (past, ~test, fewer):
        split = Split(data.keep(mask), data.keep(test))
        found.append(evaluate(model.fit(split.train), split, metrics="hit_rate@10")["hit_rate@10"])
    return tuple(found)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("model", [MostPopular, ItemKNN])
def test_models_gain_from_the_future_and_not_from_more_data(model, seed: int) -> None:
    past, both, fewer = hit_rates(model(), log_of(PICKED).matrix, 0.7, seed)
    assert both > 1.2 * past
    assert fewer - past > 0.5 * (both - past)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_line_and_the_log_were_picked(seed: int) -> None:
    gains = {
        (log, line): (rates := hit_rates(MostPopular(), log_of(log).matrix, line, seed))[1]
        - rates[0]
        for log, line in ((PICKED, 0.7), (PICKED, 0.8), (OTHER, 0.7))
    }
    assert gains[PICKED, 0.8] < 0.4 * gains[PICKED, 0.7]
    assert gains[OTHER, 0.7] < 0.8 * gains[PICKED, 0.7]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_hits_of_the_synthetic_data_stay_the_same(seed: int) -> None:
    past, _, fewer = hit_rates(MostPopular(), load_dataset(SYNTHETIC), 0.7, seed)
    assert abs(fewer - past) < 0.03 * past


def test_the_price_of_a_table() -> None:
    users, items, n = 162_541, 59_047, 25_000_095
    dense, sparse = users * items * 4, n * 4 + (users + 1) * 8
    assert round(dense / 1e9, 1) == 38.4
    assert round(sparse / 1e6) == 101
    assert 370 < dense / sparse < 400
