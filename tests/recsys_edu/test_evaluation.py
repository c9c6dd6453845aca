"""Evaluation: against a brute force over Python sets, and what a model may not do."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recsys_edu.errors import DataError, InvalidParameterError, ModelOutputError
from recsys_edu.evaluation import DEFAULT_METRICS, contains, evaluate
from recsys_edu.interactions import Interactions
from recsys_edu.splits import Split, random_split

Ranking = tuple[NDArray[np.int32], NDArray[np.float32]]


class FixedScores:
    """Ranks by a score for each (user, item), without the items of ``train``."""

    def __init__(self, scores: NDArray[np.float64], train: Interactions) -> None:
        self.scores = scores.copy()
        self.scores[train.rows(), train.indices] = -np.inf
        self.batches: list[int] = []

    def rank(self, rows: NDArray[np.int64], k: int) -> Ranking:
        self.batches.append(len(rows))
        items = np.full((len(rows), k), -1, dtype=np.int32)
        scores = np.full((len(rows), k), -np.inf, dtype=np.float32)
        for place, row in enumerate(rows):
            order = np.argsort(-self.scores[row], kind="stable")
            order = order[np.isfinite(self.scores[row][order])][:k]
            items[place, : len(order)] = order
            scores[place, : len(order)] = self.scores[row][order]
        return items, scores


class FixedLists:
    def __init__(self, items: object) -> None:
        self.items = np.asarray(items)

    def rank(self, rows: NDArray[np.int64], k: int) -> Ranking:
        return self.items[rows], np.zeros((len(rows), k), dtype=np.float32)


def matrix(pairs: set[tuple[int, int]], n_users: int, n_items: int) -> Interactions:
    ordered = sorted(pairs)
    return Interactions.from_events(
        [user for user, _ in ordered],
        [item for _, item in ordered],
        user_ids=range(n_users),
        item_ids=range(n_items),
    )


def brute_force(
    train: set[tuple[int, int]], test: set[tuple[int, int]], scores: NDArray[np.float64], k: int
) -> dict[str, float]:
    """NDCG, recall, precision and coverage with sets and sorted lists."""
    ndcgs, recalls, precisions, shown = [], [], [], set()
    for user in range(len(scores)):
        relevant = {item for owner, item in test if owner == user}
        if not relevant:
            continue
        unseen = [item for item in range(scores.shape[1]) if (user, item) not in train]
        best = sorted(unseen, key=lambda item: -scores[user, item])[:k]
        shown |= set(best)
        gain = sum(1 / math.log2(r + 2) for r, item in enumerate(best) if item in relevant)
        ndcgs.append(gain / sum(1 / math.log2(r + 2) for r in range(min(k, len(relevant)))))
        recalls.append(len(relevant & set(best)) / len(relevant))
        precisions.append(len(relevant & set(best)) / k)
    return {
        f"ndcg@{k}": sum(ndcgs) / len(ndcgs),
        f"recall@{k}": sum(recalls) / len(recalls),
        f"precision@{k}": sum(precisions) / len(precisions),
        f"coverage@{k}": len(shown) / scores.shape[1],
    }


PAIRS = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=1, max_size=30)


@settings(deadline=None)
@given(PAIRS, PAIRS, st.integers(1, 9), st.integers(1, 6), st.randoms(use_true_random=False))
def test_equal_to_brute_force(
    train: set[tuple[int, int]], test: set[tuple[int, int]], k: int, batch_size: int, rng: object
) -> None:
    order = list(range(35))
    rng.shuffle(order)  # type: ignore[attr-defined]
    scores = np.array(order, dtype=np.float64).reshape(5, 7)
    model = FixedScores(scores, matrix(train, 5, 7))
    found = evaluate(
        model,
        matrix(test, 5, 7),
        k=k,
        metrics=["ndcg", "recall", "precision", "coverage"],
        batch_size=batch_size,
    )
    expected = brute_force(train, test, scores, k)
    assert {name: found[name] for name in found.results} == pytest.approx(expected, rel=1e-12)
    n_tested = len({user for user, _ in test})
    assert found.n_users == n_tested
    assert sum(model.batches) == n_tested
    assert max(model.batches) <= batch_size


@given(PAIRS, st.sets(st.integers(0, 4)), st.data())
def test_contains(pairs: set[tuple[int, int]], users: set[int], data: st.DataObject) -> None:
    rows = np.array(sorted(users), dtype=np.int64)
    cells = st.lists(st.integers(-1, 6), min_size=3, max_size=3)
    items = [data.draw(cells) for _ in rows]
    found = contains(matrix(pairs, 5, 7), rows, np.array(items, np.int32).reshape(len(rows), 3))
    assert found.tolist() == [
        [(user, item) in pairs for item in listed]
        for user, listed in zip(rows.tolist(), items, strict=True)
    ]


TEST = matrix({(0, 1), (0, 2), (2, 3)}, 4, 5)
LISTS = [[1, 0, 2], [0, 1, 2], [0, 1, 3], [0, 1, 2]]


def test_a_case_worked_by_hand() -> None:
    found = evaluate(FixedLists(LISTS), TEST, k=3, metrics=["ndcg", "mrr", "mrr@1", "coverage@2"])
    per_user = [(1 + 1 / 2) / (1 + 1 / math.log2(3)), 1 / 2]
    ndcg = found.results["ndcg@3"]
    assert ndcg.per_user is not None
    assert ndcg.per_user.tolist() == pytest.approx(per_user)
    mean, spread = np.mean(per_user), abs(per_user[0] - per_user[1]) / math.sqrt(2)
    assert found["ndcg@3"] == pytest.approx(mean)
    margin = 1.959964 * spread / math.sqrt(2)
    assert (ndcg.low, ndcg.high) == pytest.approx((mean - margin, mean + margin), rel=1e-6)
    assert found["mrr@3"] == pytest.approx((1 + 1 / 3) / 2)
    assert found["mrr@1"] == pytest.approx((1 + 0) / 2)
    assert found["coverage@2"] == 2 / 5  # users 0 and 2 see items 0 and 1; the others don't count
    assert found.rows.tolist() == [0, 2]
    assert found.user_ids.tolist() == [0, 2]


def test_the_result_as_text_and_as_json() -> None:
    found = evaluate(FixedLists(LISTS), TEST, k=3, metrics=["recall", "coverage"])
    assert str(found).splitlines() == [
        "2 users, 5 items ranked for each",
        "recall@3    1.0000  (95 % interval 1.0000 to 1.0000)",
        "coverage@3  0.8000",
    ]
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False)) == {
        "n_users": 2,
        "n_items": 5,
        "metrics": {
            "recall@3": {"mean": 1.0, "ci95": [1.0, 1.0]},
            "coverage@3": {"mean": 0.8, "ci95": [None, None]},
        },
    }
    with pytest.raises(KeyError, match="'ndcg@3' was not measured; there are recall@3, cov"):
        found["ndcg@3"]


def test_one_user_has_no_interval() -> None:
    found = evaluate(FixedLists([[0]]), matrix({(0, 0)}, 1, 2), k=1, metrics=["recall"])
    assert found["recall@1"] == 1
    assert math.isnan(found.results["recall@1"].low)


def test_the_batch_size_makes_no_difference() -> None:
    rng = np.random.default_rng(0)
    whole = Interactions.from_events(rng.integers(0, 40, 600), rng.integers(0, 60, 600))
    split = random_split(whole)
    scores = rng.normal(size=whole.shape)
    dicts = [
        evaluate(FixedScores(scores, split.train), split, batch_size=size).to_dict()
        for size in (1, 7, 1000)
    ]
    assert dicts[0] == dicts[1] == dicts[2]
    assert list(dicts[0]["metrics"]) == [f"{name}@10" for name in DEFAULT_METRICS]


def test_lists_with_what_was_seen_in_training_are_refused() -> None:
    train = matrix({(2, 1)}, 4, 5)
    with pytest.raises(ModelOutputError, match="items that the user has in training"):
        evaluate(FixedLists(LISTS), Split(train, TEST), k=3)
    assert evaluate(FixedLists(LISTS), Split(matrix({(2, 4)}, 4, 5), TEST), k=3).n_users == 2


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ([[1, 0]] * 4, r"integers of shape \(2, 3\); got int64 of shape \(2, 2\)"),
        ([[1.0, 0.0, 2.0]] * 4, "got float64"),
        ([[1, 0, 5]] * 4, "from 0 to 4, or -1 for padding; got 0 to 5"),
        ([[1, 0, -2]] * 4, "got -2 to 1"),
        ([[1, 0, 1]] * 4, "the same item twice"),
    ],
)
def test_lists_that_would_mislead_are_refused(lists: object, message: str) -> None:
    with pytest.raises(ModelOutputError, match=message):
        evaluate(FixedLists(lists), TEST, k=3)


def test_padding_may_repeat() -> None:
    found = evaluate(FixedLists([[1, -1, -1]] * 4), TEST, k=3, metrics=["precision"])
    assert found["precision@3"] == pytest.approx((1 / 3 + 0) / 2)


def test_parameters_are_checked() -> None:
    model = FixedLists(LISTS)
    with pytest.raises(DataError, match="no test interactions"):
        evaluate(model, matrix(set(), 4, 5))
    with pytest.raises(InvalidParameterError, match="batch_size must be at least 1"):
        evaluate(model, TEST, batch_size=0)
    with pytest.raises(InvalidParameterError, match="list length of a metric must be at least 1"):
        evaluate(model, TEST, k=0)
    with pytest.raises(InvalidParameterError, match="no metric is called 'auk'"):
        evaluate(model, TEST, metrics=["auk"])
    with pytest.raises(InvalidParameterError, match="at least one metric"):
        evaluate(model, TEST, metrics=[])
    with pytest.raises(DataError, match="train part has shape"):
        evaluate(model, Split(matrix({(0, 0)}, 4, 6), TEST))
