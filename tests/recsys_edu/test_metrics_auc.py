"""AUC: worked by hand, and against a loop over all pairs of a relevant and an irrelevant item."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recsys_edu import MostPopular, ranking
from recsys_edu.evaluation import evaluate
from recsys_edu.metrics import Ranking, RankingMetric, available_metrics
from recsys_edu.splits import Split
from tests.recsys_edu.rankers import FixedScores, matrix

Pairs = set[tuple[int, int]]
INF = math.inf


def measure(
    scores: list[list[float]], hits: list[list[int]], n_relevant: list[int], n_unseen: list[int]
) -> list[float]:
    metric = available_metrics()["auc"]
    assert isinstance(metric, RankingMetric)
    found = metric.function(
        Ranking(
            np.array(scores, dtype=np.float32),
            np.array(hits, dtype=bool),
            np.array(n_relevant),
            np.array(n_unseen),
        )
    )
    assert found.dtype == np.float64
    return found.tolist()


def test_a_ranking_worked_by_hand() -> None:
    # Relevant at ranks 1 and 4 of five: above all three others, and above one of three.
    assert measure([[5, 4, 3, 2, 1]], [[1, 0, 0, 1, 0]], [2], [5]) == [4 / 6]
    assert measure([[2, 1]], [[1, 0]], [1], [2]) == [1.0]
    assert measure([[2, 1]], [[0, 1]], [1], [2]) == [0.0]


def test_ties_count_half() -> None:
    assert measure([[1, 1, 1]], [[0, 1, 0]], [1], [3]) == [1 / 2]
    # 5 | 4 4 4 | 3: the relevant one of the three beats one item, loses to one and ties with two.
    assert measure([[5, 4, 4, 4, 3]], [[0, 0, 0, 1, 0]], [1], [5]) == [(1 + 2 / 2) / 4]
    # Equal scores in neighboring rows have nothing to do with each other.
    assert measure([[2, 1], [1, 0]], [[0, 1], [1, 0]], [1, 1], [2, 2]) == [0.0, 1.0]


def test_what_is_not_ranked_comes_last_and_tied() -> None:
    # Two ranked of five, one relevant item among the other three.
    assert measure([[2, 1, -INF]], [[1, 0, 0]], [2], [5]) == [(3 + 2 / 2) / 6]
    assert measure([[-INF, -INF]], [[0, 0]], [1], [3]) == [1 / 2]
    assert measure([[1, -INF]], [[1, 1]], [2], [4]) == [(2 + 2 / 2) / 4]


def test_without_a_pair_there_is_no_auc() -> None:
    found = measure([[2, 1], [2, 1], [-INF, -INF]], [[0, 0], [1, 1], [0, 0]], [0, 2, 0], [2, 2, 0])
    assert all(map(math.isnan, found))


def test_one_item() -> None:
    assert all(map(math.isnan, measure([[3], [3]], [[1], [0]], [1, 0], [1, 1])))


def slow_auc(scores: NDArray[np.float64], relevant: set[int], unseen: set[int]) -> float:
    wins = [
        1.0 if scores[i] > scores[j] else 0.5 if scores[i] == scores[j] else 0.0
        for i in relevant & unseen
        for j in unseen - relevant
    ]
    return sum(wins) / len(wins) if wins else math.nan


CELLS = st.tuples(st.integers(0, 4), st.integers(0, 6))


@given(
    st.sets(CELLS, max_size=25),
    st.sets(CELLS, min_size=1, max_size=25),
    st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0, -INF]), min_size=35, max_size=35),
    st.integers(1, 6),
)
def test_evaluate_equals_the_loop(
    train: Pairs, test: Pairs, values: list[float], batch_size: int
) -> None:
    scores = np.array(values).reshape(5, 7)
    test = (test - train) | {(0, 0)}
    train = train - test
    split = Split(matrix(train, 5, 7), matrix(test, 5, 7))
    found = evaluate(
        FixedScores(scores, split.train), split, metrics="auc", batch_size=batch_size
    ).results["auc"]
    expected = [
        slow_auc(
            scores[user],
            {item for owner, item in test if owner == user},
            {item for item in range(7) if (user, item) not in train},
        )
        for user in sorted({user for user, _ in test})
    ]
    assert found.per_user is not None
    assert found.per_user.tolist() == pytest.approx(expected, rel=1e-12, nan_ok=True)
    known = [value for value in expected if not math.isnan(value)]
    mean = sum(known) / len(known) if known else math.nan
    assert found.mean == pytest.approx(mean, nan_ok=True)


@pytest.mark.parametrize("name", ["naive", "optimized", "torch"])
def test_models_rank_everything(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from recsys_backends import use_backend

    rng = np.random.default_rng(3)
    drawn = [(int(user), int(item)) for user, item in rng.integers(0, (20, 15), (160, 2))]
    had = set(drawn[:110])
    train, test = matrix(had, 20, 15), matrix(set(drawn[110:]) - had, 20, 15)
    model = MostPopular().fit(train)
    popularity = train.popularity().astype(np.float64)
    expected = [
        slow_auc(popularity, set(test.items_of(row).tolist()), unseen)
        for row in range(20)
        if len(test.items_of(row))
        for unseen in [set(range(15)) - set(train.items_of(row).tolist())]
    ]
    monkeypatch.setattr(ranking, "_CELLS", 50)  # three users at a time
    with use_backend(name):
        found = evaluate(model, test, metrics=["auc"]).results["auc"]
    assert found.per_user is not None
    assert found.per_user.tolist() == pytest.approx(expected, nan_ok=True)
    assert found.low < found.mean < found.high
