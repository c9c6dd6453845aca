"""Novelty, diversity, serendipity and Gini: worked by hand, and against loops over sets."""

from __future__ import annotations

import importlib
import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_edu import MostPopular
from recsys_edu.metrics import CatalogueMetric, ListMetric, Lists, available_metrics
from tests.recsys_edu.rankers import matrix

Pairs = set[tuple[int, int]]

# Users 0 to 3 have: a b | a b c | a | d, with the items a b c d e numbered from 0. Nobody has e.
TRAIN: Pairs = {(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 0), (3, 3)}


def measure(
    name: str,
    items: list[list[int]],
    hits: list[list[int]] | None = None,
    rows: list[int] | None = None,
    train: Pairs = TRAIN,
    shape: tuple[int, int] = (4, 5),
) -> list[float]:
    metric = available_metrics()[name]
    assert isinstance(metric, ListMetric)
    listed = np.array(items, dtype=np.int32)
    relevant = np.zeros(listed.shape, bool) if hits is None else np.array(hits, dtype=bool)
    asked = np.arange(len(items)) if rows is None else np.array(rows)
    scores = metric.function(Lists(asked, listed, relevant, matrix(train, *shape)))
    assert scores.dtype == np.float64
    assert scores.shape == (len(items),)
    return scores.tolist()


def gini(items: list[list[int]], n_items: int) -> float:
    metric = available_metrics()["gini"]
    assert isinstance(metric, CatalogueMetric)
    return metric.function(np.array(items, dtype=np.int32), n_items)


def test_novelty_by_hand() -> None:
    # p: a 3/4, b 2/4, c 1/4, d 1/4; e, which nobody has, counts as 1/4.
    assert measure("novelty", [[1, 2], [0, 3], [4, -1], [3, 2]]) == pytest.approx(
        [(1 + 2) / 2, (math.log2(4 / 3) + 2) / 2, 2.0, 2.0]
    )


def test_novelty_is_zero_where_everybody_has_the_item() -> None:
    assert measure("novelty", [[0]], train={(0, 0), (1, 0)}, shape=(2, 3)) == [0.0]


def test_diversity_by_hand() -> None:
    ab, ac, bc = 1 - 2 / math.sqrt(6), 1 - 1 / math.sqrt(3), 1 - 1 / math.sqrt(2)
    assert measure("diversity", [[0, 1, 2], [1, 0, -1], [2, 3, 4], [4, 0, 1]]) == pytest.approx(
        [(ab + ac + bc) / 3, ab, 1.0, (1 + 1 + ab) / 3]
    )


def test_items_with_the_same_users_are_not_diverse_at_all() -> None:
    train = {(user, item) for user in range(3) for item in range(7)}
    assert measure("diversity", [[6, 0, 3]], train=train, shape=(3, 7)) == [0.0]


@pytest.mark.parametrize("name", ["novelty", "diversity"])
def test_an_empty_list_has_neither_novelty_nor_diversity(name: str) -> None:
    first, second = measure(name, [[-1, -1], [0, 3]])
    assert math.isnan(first)
    assert math.isfinite(second)


def test_one_item_is_no_diversity() -> None:
    assert all(map(math.isnan, measure("diversity", [[0], [4]])))
    assert all(map(math.isnan, measure("diversity", [[0, -1], [-1, -1]])))


def test_serendipity_by_hand() -> None:
    # The popular, best first: a b c d e. What is left of that for each user, cut off at 2:
    # c d | d e | b c | a b.
    assert measure(
        "serendipity",
        [[2, 4], [4, 3], [3, 4], [1, 2]],
        [[1, 1], [1, 1], [1, 1], [1, 0]],
    ) == [1 / 2, 0.0, 1.0, 0.0]
    assert measure("serendipity", [[1, 4]], [[1, 1]], rows=[3]) == [1 / 2]


def test_the_serendipity_of_a_miss_and_of_padding_is_zero() -> None:
    assert measure("serendipity", [[4, 3], [-1, -1]], rows=[2, 0]) == [0.0, 0.0]
    # with as many ranks as items left, popularity would list whatever is relevant, too
    assert measure("serendipity", [[4, 3, 2, -1, -1, -1]], [[1, 1, 1, 0, 0, 0]]) == [0.0]


def test_gini_by_hand() -> None:
    assert gini([[0, 1], [0, 2]], 4) == pytest.approx((-3 * 0 - 1 * 1 + 1 * 1 + 3 * 2) / (4 * 4))
    assert gini([[0, 1], [2, 3]], 4) == 0.0  # equal
    assert gini([[2], [2], [2]], 4) == 1 - 1 / 4  # one item gets it all
    assert gini([[0, -1], [-1, 1]], 2) == 0.0
    assert gini([[0]], 1) == 0.0


def test_where_nothing_is_listed_nothing_is_unequal() -> None:
    assert math.isnan(gini([[-1, -1]], 3))
    assert math.isnan(gini([[-1]], 0))


# Loops, straight from the formulas.


def slow_novelty(owners: dict[int, set[int]], n_users: int, items: list[int]) -> float:
    bits = [-math.log2(max(len(owners[item]), 1) / n_users) for item in items]
    return sum(bits) / len(bits) if bits else math.nan


def slow_diversity(owners: dict[int, set[int]], n_users: int, items: list[int]) -> float:
    distances = []
    for i, j in itertools.combinations(items, 2):
        both = len(owners[i] & owners[j])
        distances.append(1 - both / math.sqrt(len(owners[i]) * len(owners[j])) if both else 1.0)
    return sum(distances) / len(distances) if distances else math.nan


def slow_serendipity(
    owners: dict[int, set[int]], user: int, items: list[int], hits: list[int]
) -> float:
    popular = sorted(owners, key=lambda item: (-len(owners[item]), item))
    expected = [item for item in popular if user not in owners[item]][: len(items)]
    found = [item for item, hit in zip(items, hits, strict=True) if hit and item not in expected]
    return len(found) / len(items)


def slow_gini(items: list[list[int]], n_items: int) -> float:
    """Half the relative mean difference over all ordered pairs of items."""
    counts = [sum(row.count(item) for row in items) for item in range(n_items)]
    if not sum(counts):
        return math.nan
    differences = sum(abs(x - y) for x in counts for y in counts)
    return differences / (2 * n_items * sum(counts))


N_USERS, N_ITEMS = 9, 8


@st.composite
def shown(draw: st.DrawFn) -> tuple[Pairs, list[list[int]], list[list[int]], list[int]]:
    """Training pairs; for some users lists of items they lack, padded; hits; their rows."""
    cells = st.tuples(st.integers(0, N_USERS - 1), st.integers(0, N_ITEMS - 1))
    train = draw(st.sets(cells, max_size=60))
    rows = sorted(draw(st.sets(st.integers(0, N_USERS - 1), min_size=1)))
    k = draw(st.integers(1, N_ITEMS + 2))
    lists, hits = [], []
    for row in rows:
        unseen = [item for item in range(N_ITEMS) if (row, item) not in train]
        listed = draw(st.permutations(unseen))[: draw(st.integers(0, k))]
        lists.append(listed + [-1] * (k - len(listed)))
        hits.append([int(draw(st.booleans())) for _ in listed] + [0] * (k - len(listed)))
    return train, lists, hits, rows


@given(shown())
def test_equal_to_loops(case: tuple[Pairs, list[list[int]], list[list[int]], list[int]]) -> None:
    train, lists, hits, rows = case
    owners = {item: {user for user, had in train if had == item} for item in range(N_ITEMS)}
    listed = [[item for item in row if item >= 0] for row in lists]
    slow: dict[str, list[float]] = {
        "novelty": [slow_novelty(owners, N_USERS, items) for items in listed],
        "diversity": [slow_diversity(owners, N_USERS, items) for items in listed],
        "serendipity": [
            slow_serendipity(owners, *one) for one in zip(rows, lists, hits, strict=True)
        ],
    }
    for name, expected in slow.items():
        found = measure(name, lists, hits, rows, train, (N_USERS, N_ITEMS))
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True), name
    expected_gini = slow_gini(lists, N_ITEMS)
    assert gini(lists, N_ITEMS) == pytest.approx(expected_gini, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize(("pairs", "cells"), [(1, 1), (3, 70), (1 << 20, 1 << 22)])
def test_diversity_however_much_is_looked_at_at_a_time(
    pairs: int, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("recsys_edu.metrics.diversity")
    monkeypatch.setattr(module, "_PAIRS", pairs)
    monkeypatch.setattr(module, "_CELLS", cells)
    rng = np.random.default_rng(1)
    shape = (300, 12)  # more users than bits in a word
    train = {(int(user), int(item)) for user, item in rng.integers(0, shape, (900, 2))}
    owners = {item: {user for user, had in train if had == item} for item in range(shape[1])}
    lists = [rng.permutation(shape[1])[:4].tolist() for _ in range(10)]
    expected = [slow_diversity(owners, shape[0], items) for items in lists]
    found = measure("diversity", lists, train=train, shape=shape)
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", ["novelty", "diversity", "serendipity"])
def test_no_lists(name: str) -> None:
    metric = available_metrics()[name]
    assert isinstance(metric, ListMetric)
    nobody, nothing = np.zeros(0, np.int64), np.zeros((0, 5), np.int32)
    lists = Lists(nobody, nothing, nothing > 0, matrix(TRAIN, 4, 5))
    assert metric.function(lists).shape == (0,)


@pytest.mark.parametrize("k", [1, 3, 20])
def test_what_most_popular_lists_is_never_serendipitous(
    k: int, popular_lists: Callable[[int], Lists]
) -> None:
    lists = popular_lists(k)
    metric = available_metrics()["serendipity"]
    assert isinstance(metric, ListMetric)
    assert not metric.function(lists).any()
    other = Lists(lists.rows, lists.items[:, ::-1].copy(), lists.hits, lists.train)
    assert not metric.function(other).any()  # in any order
    train = matrix({(user, 11 - item) for user, item in lists_pairs(lists)}, 30, 12)
    assert metric.function(Lists(lists.rows, lists.items, lists.hits, train)).any() == (k < 12)


def lists_pairs(lists: Lists) -> Pairs:
    return set(zip(lists.train.rows().tolist(), lists.train.indices.tolist(), strict=True))


@pytest.fixture
def popular_lists() -> Callable[[int], Lists]:
    """MostPopular's lists, on which everything is a hit; many items are equally popular."""
    rng = np.random.default_rng(2)
    pairs = {(int(user), int(item)) for user, item in rng.integers(0, (30, 12), (130, 2))}
    train = matrix(pairs, 30, 12)
    model = MostPopular().fit(train)

    def make(k: int) -> Lists:
        items, _ = model.rank(np.arange(30), k)
        return Lists(np.arange(30), items, items >= 0, train)

    return make
