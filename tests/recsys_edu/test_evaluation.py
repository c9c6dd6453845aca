"""Evaluation: against a brute force over Python sets, and what a model may not do."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recsys_edu import BPR, EarlyStopping, MostPopular
from recsys_edu.errors import DataError, InvalidParameterError, ModelOutputError
from recsys_edu.evaluation import DEFAULT_METRICS, evaluate
from recsys_edu.interactions import Interactions
from recsys_edu.intervals import score_interval
from recsys_edu.metrics import available_metrics
from recsys_edu.splits import Split, random_split
from tests.recsys_edu.rankers import FixedLists, FixedScores, RawAnswers, matrix


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


TEST = matrix({(0, 1), (0, 2), (2, 3)}, 4, 5)
LISTS = [[1, 0, 2], [0, 1, 2], [0, 1, 3], [0, 1, 2]]


def test_a_case_worked_by_hand() -> None:
    found = evaluate(FixedLists(LISTS), TEST, k=3, metrics=["ndcg", "mrr", "mrr@1", "coverage@2"])
    per_user = [(1 + 1 / 2) / (1 + 1 / math.log2(3)), 1 / 2]
    ndcg = found.results["ndcg@3"]
    assert ndcg.per_user is not None
    assert ndcg.per_user.tolist() == pytest.approx(per_user)
    assert found["ndcg@3"] == pytest.approx(np.mean(per_user))
    assert (ndcg.low, ndcg.high) == score_interval(np.array(per_user))
    assert found["mrr@3"] == pytest.approx((1 + 1 / 3) / 2)
    assert found["mrr@1"] == pytest.approx((1 + 0) / 2)
    assert found["coverage@2"] == 2 / 5  # users 0 and 2 see items 0 and 1; the others don't count
    assert found.rows.tolist() == [0, 2]
    assert found.user_ids.tolist() == [0, 2]


def test_the_result_as_text_and_as_json() -> None:
    found = evaluate(FixedLists(LISTS), TEST, k=3, metrics=["recall", "map", "coverage"])
    assert str(found).splitlines() == [
        "2 users, 5 items ranked for each",
        "recall@3    1.0000  (95 % interval 0.3424 to 1.0000)",
        "map@3       0.5833  (95 % interval 0.1919 to 0.8919)  divided by min(k, relevant)",
        "coverage@3  0.8000",
    ]
    found = evaluate(FixedLists(LISTS), TEST, k=3, metrics=["precision", "coverage"])
    precision = found.results["precision@3"]
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False)) == {
        "n_users": 2,
        "n_items": 5,
        "ties": "expected",
        "n_dropped": 0,
        "metrics": {
            "precision@3": {"mean": 0.5, "ci95": [precision.low, precision.high]},
            "coverage@3": {"mean": 0.8, "ci95": [None, None]},
        },
        "cold": None,
        "warm": None,
    }
    with pytest.raises(KeyError, match="'ndcg@3' was not measured; there are precision@3, cov"):
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
    model = FixedScores(scores, split.train)
    dicts = [
        evaluate(model, split, metrics=sorted(available_metrics()), batch_size=size).to_dict()
        for size in (1, 7, 1000)
    ]
    assert dicts[0] == dicts[1] == dicts[2]
    assert None not in [found["mean"] for found in dicts[0]["metrics"].values()]


def test_the_default_metrics_need_no_training_interactions() -> None:
    found = evaluate(FixedLists(LISTS), TEST, k=3)
    assert list(found.results) == [f"{name}@3" for name in DEFAULT_METRICS]


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
        evaluate(RawAnswers(lists), TEST, k=3, ties="index")


def test_padding_may_repeat() -> None:
    found = evaluate(FixedLists([[1, -1, -1]] * 4), TEST, k=3, metrics=["precision"])
    assert found["precision@3"] == pytest.approx((1 / 3 + 0) / 2)


def test_parameters_are_checked() -> None:
    model = FixedLists(LISTS)
    with pytest.raises(DataError, match="no test interactions"):
        evaluate(model, matrix(set(), 4, 5))
    with pytest.raises(InvalidParameterError, match="batch_size must be a whole number of"):
        evaluate(model, TEST, batch_size=0)
    with pytest.raises(InvalidParameterError, match="k must be a whole number of at least 1"):
        evaluate(model, TEST, k=0)
    for wrong in ("3", 1.5, True, None):
        with pytest.raises(InvalidParameterError, match="k must be a whole number"):
            evaluate(model, TEST, k=wrong)  # type: ignore[arg-type]
        with pytest.raises(InvalidParameterError, match=r"batch_size must be .*a whole number"):
            evaluate(model, TEST, batch_size=wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidParameterError, match=r"a metric is a name.*not 5"):
        evaluate(model, TEST, metrics=[5])  # type: ignore[list-item]
    with pytest.raises(InvalidParameterError, match="no metric is called 'auk'"):
        evaluate(model, TEST, metrics=["auk"])
    with pytest.raises(InvalidParameterError, match="at least one metric"):
        evaluate(model, TEST, metrics=[])
    with pytest.raises(DataError, match="other item_ids than the training ones"):
        evaluate(model, Split(matrix({(0, 0)}, 4, 6), TEST))


NEED_TRAINING = ["auc", "diversity", "novelty", "serendipity"]


@pytest.mark.parametrize("name", NEED_TRAINING)
def test_metrics_that_need_the_training_interactions_say_so_before_anything_is_ranked(
    name: str,
) -> None:
    model = FixedScores(np.zeros((4, 5)), matrix(set(), 4, 5))
    asked = name if name == "auc" else f"{name}@3"
    message = f"^{asked} needs the training interactions: give evaluate a Split, or a model that"
    with pytest.raises(InvalidParameterError, match=message):
        evaluate(model, TEST, k=3, metrics=["ndcg", name])
    assert model.batches == []


def test_the_training_interactions_are_the_models_or_those_of_the_split() -> None:
    train = matrix({(0, 0), (1, 0), (1, 1), (3, 4)}, 4, 5)
    model = MostPopular().fit(train)
    by_model = evaluate(model, TEST, k=3, metrics=NEED_TRAINING)
    assert (
        by_model.to_dict()
        == evaluate(model, Split(train, TEST), k=3, metrics=NEED_TRAINING).to_dict()
    )
    ranker = FixedScores(np.tile(train.popularity().astype(float), (4, 1)), train)
    by_split = evaluate(ranker, Split(train, TEST), k=3, metrics=NEED_TRAINING)
    assert by_split.to_dict() == by_model.to_dict()
    # Where the two differ, what the model left out counts: here nothing of what users 0 and 2 had.
    other = Split(matrix({(3, 4)}, 4, 5), TEST)
    assert evaluate(model, other, k=3, metrics=NEED_TRAINING).to_dict() == by_model.to_dict()


def test_users_without_a_value_are_left_out_of_the_mean() -> None:
    train = matrix({(0, 0), (1, 1), (2, 1)}, 4, 5)
    found = evaluate(
        FixedLists([[1, 2], [0, 1], [0, -1], [0, 1]]),
        Split(train, TEST),
        k=2,
        metrics=["diversity", "novelty", "recall"],
    )
    diversity = found.results["diversity@2"]
    assert diversity.per_user is not None
    assert diversity.per_user.tolist() == pytest.approx([1.0, math.nan], nan_ok=True)
    assert diversity.mean == 1.0
    assert math.isnan(diversity.low)  # one user is left
    assert np.isfinite(found.results["novelty@2"].low)
    nobody = evaluate(FixedLists([[1], [0], [0]]), Split(train, TEST), k=1, metrics="diversity")
    assert math.isnan(nobody["diversity@1"])
    assert nobody.to_dict()["metrics"]["diversity@1"] == {"mean": None, "ci95": [None, None]}
    assert str(nobody).endswith("diversity@1  nan")


def test_the_whole_ranking_and_lists_in_one_evaluation() -> None:
    scores = np.array([[5.0, 4, 3, 2, 1]] * 4)
    train = matrix({(0, 0), (2, 4)}, 4, 5)
    model = FixedScores(scores, train)
    found = evaluate(model, Split(train, TEST), k=2, metrics=["auc", "recall", "auc", "gini@1"])
    assert list(found.results) == ["auc", "recall@2", "gini@1"]
    auc = found.results["auc"]
    assert auc.per_user is not None
    assert auc.per_user.tolist() == [1.0, 0.0]  # 1 and 2 above 3 and 4; 3 below 0, 1 and 2
    assert auc.low < auc.mean < auc.high
    assert found["recall@2"] == 1 / 2
    assert found["gini@1"] == pytest.approx((2 + 4) / (5 * 2))  # items 1 and 0, once each


def test_a_relevant_item_that_was_in_training_is_not_to_be_ranked() -> None:
    train = matrix({(0, 1)}, 4, 5)  # user 0 had 1, which TEST has, too
    model = FixedScores(np.array([[5.0, 4, 3, 2, 1]] * 4), train)
    with pytest.warns(UserWarning, match="1 of 3 test interactions"):
        auc = evaluate(model, Split(train, TEST), metrics=["auc"]).results["auc"]
    assert auc.per_user is not None
    assert auc.per_user.tolist() == [2 / 3, 1 / 4]  # 2 among 0 2 3 4; 3 among 0 1 2 3 4


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([[1, 0, 2, 0]] * 4, "floating-point scores of shape .2, 4.; got int64"),
        ([[1.0, 0.5]] * 4, r"of shape \(2, 4\); got float64 of shape \(2, 2\)"),
        ([[3.0, 1.0, 2.0, 0.0]] * 4, "scores that fall along a list, and no nan"),
        ([[3.0, math.nan, 2.0, 0.0]] * 4, "scores that fall along a list, and no nan"),
        ([[-math.inf, 1.0, 0.0, 0.0]] * 4, "scores that fall along a list, and no nan"),
    ],
)
def test_scores_that_would_mislead_are_refused(scores: object, message: str) -> None:
    test = matrix({(0, 1), (2, 3)}, 4, 4)
    model = RawAnswers([[1, 0, 2, 3]] * 4, scores)
    with pytest.raises(ModelOutputError, match=message):
        evaluate(model, Split(matrix({(3, 0)}, 4, 4), test), metrics="auc")


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ([[1, 0, 2, 3]] * 4, "items that the user has in training"),
        ([[1, 0, 1, -1]] * 4, "the same item twice"),
        ([[1, 0]] * 4, r"integers of shape \(2, 4\)"),
        ([[-1, 0, 1, -1]] * 4, "scores that fall along a list"),  # padding at the front
    ],
)
def test_rankings_that_would_mislead_are_refused(lists: object, message: str) -> None:
    test = matrix({(0, 1), (2, 3)}, 4, 4)
    split = Split(matrix({(0, 2)}, 4, 4), test)
    with pytest.raises(ModelOutputError, match=message):
        evaluate(RawAnswers(lists), split, metrics="auc")


@pytest.mark.parametrize("metrics", [["ndcg"], ["auc"]])
def test_what_the_split_withholds_may_not_be_listed_whatever_the_model_learned_from(
    metrics: list[str],
) -> None:
    model = MostPopular().fit(matrix({(3, 0)}, 4, 5))
    with pytest.raises(ModelOutputError, match="items that the user has in training"):
        evaluate(model, Split(matrix({(0, 0)}, 4, 5), TEST), metrics=metrics)


OVERLAP = matrix({(0, 0), (0, 3), (1, 2), (2, 4)}, 3, 5)
"""Test interactions, of which training has (0, 0) and (1, 2)."""
HAD = matrix({(0, 0), (1, 2), (1, 4), (2, 3)}, 3, 5)
EVERY_METRIC = sorted(available_metrics())


@pytest.mark.parametrize("known_by", ["model", "split", "both", "two splits"])
def test_what_training_has_is_left_out_of_the_test_and_counted(known_by: str) -> None:
    """Results are those without them; users who have nothing else there are not evaluated."""
    clean = matrix({(0, 3), (2, 4)}, 3, 5)
    if known_by == "split":
        scores = np.tile(HAD.popularity().astype(float), (3, 1))
        model: object = FixedScores(scores, HAD)
    else:
        model = MostPopular().fit(HAD)
    train = HAD if known_by != "two splits" else HAD.keep(HAD.rows() == 0)
    test: object = OVERLAP if known_by == "model" else Split(train, OVERLAP)
    expected = evaluate(model, Split(HAD, clean), k=2, metrics=EVERY_METRIC)  # type: ignore[arg-type]
    sentence = "^2 of 4 test interactions are in the training interactions too, and are left out"
    with pytest.warns(UserWarning, match=sentence) as warned:
        found = evaluate(model, test, k=2, metrics=EVERY_METRIC)  # type: ignore[arg-type]
    assert warned[0].filename == __file__
    assert (found.n_dropped, expected.n_dropped) == (2, 0)
    assert found.rows.tolist() == [0, 2]
    assert found.to_dict() == {**expected.to_dict(), "n_dropped": 2}
    assert str(found).startswith(
        "2 users, 5 items ranked for each; 2 test interactions left out, as training has them"
    )
    for name, result in found.results.items():
        np.testing.assert_array_equal(result.per_user, expected.results[name].per_user)


@pytest.mark.parametrize("known_by", ["model", "split"])
def test_a_test_part_that_training_has_as_a_whole_is_refused(known_by: str) -> None:
    model = MostPopular().fit(HAD) if known_by == "model" else FixedScores(np.zeros((3, 5)), HAD)
    part = HAD.keep(HAD.rows() == 1)
    with pytest.raises(DataError, match="every test interaction is one that the model was trained"):
        evaluate(model, part if known_by == "model" else Split(HAD, part))


def test_the_training_data_are_no_test_of_a_ranking() -> None:
    train = matrix({(0, 0), (1, 0), (1, 1)}, 4, 5)
    with pytest.raises(DataError, match="every test interaction is one that the model was trained"):
        evaluate(MostPopular().fit(train), train, metrics="auc")


def test_early_stopping_may_look_at_the_whole_ranking() -> None:
    rng = np.random.default_rng(0)
    whole = Interactions.from_events(rng.integers(0, 40, 600), rng.integers(0, 60, 600))
    split = random_split(whole, valid_fraction=0.2)
    assert split.valid is not None
    stopping = EarlyStopping(split.valid, metric="auc", patience=9)
    model = BPR(4, 3, progress=False).fit(split.train, callbacks=[stopping])
    assert stopping.best_value == max(stopping.values.values())
    assert evaluate(model, split.valid, metrics="auc")["auc"] == stopping.best_value
