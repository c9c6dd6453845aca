"""Expected values over orders of equal scores: against all orders, one by one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recsys_edu.evaluation import evaluate
from recsys_edu.interactions import Interactions
from recsys_edu.metrics import AccuracyMetric, available_metrics
from tests.recsys_edu.rankers import FixedScores, matrix

ACCURACY = [
    name for name, metric in available_metrics().items() if isinstance(metric, AccuracyMetric)
]
N_ITEMS = 6
NOTHING = matrix(set(), 1, N_ITEMS)


def orders(scores: Sequence[float]) -> Iterator[list[int]]:
    """Every order of the items in which scores fall; −inf is not listed."""
    groups = [
        [item for item, score in enumerate(scores) if score == value]
        for value in sorted(set(scores) - {-np.inf}, reverse=True)
    ]
    for parts in itertools.product(*map(itertools.permutations, groups)):
        yield list(itertools.chain.from_iterable(parts))


def over_all_orders(name: str, scores: Sequence[float], relevant: set[int], k: int) -> float:
    """Mean of the metric over all orders, by the metric's own function of plain lists."""
    metric = available_metrics()[name]
    assert isinstance(metric, AccuracyMetric)
    hits = np.array(
        [([item in relevant for item in order] + [False] * k)[:k] for order in orders(scores)]
    )
    values = metric.function(hits, np.full(len(hits), len(relevant)))
    return float(values.mean())


LEVELS = st.sampled_from([0.0, 1.0, 2.0, -np.inf])


@given(
    st.lists(LEVELS, min_size=N_ITEMS, max_size=N_ITEMS),
    st.sets(st.integers(0, N_ITEMS - 1), min_size=1),
    st.integers(1, N_ITEMS + 2),
)
def test_every_accuracy_metric_is_the_mean_over_all_orders(
    scores: list[float], relevant: set[int], k: int
) -> None:
    model = FixedScores(np.array([scores]), NOTHING)
    test = matrix({(0, item) for item in relevant}, 1, N_ITEMS)
    found = evaluate(model, test, k=k, metrics=ACCURACY)
    for name in ACCURACY:
        expected = over_all_orders(name, scores, relevant, k)
        assert found[f"{name}@{k}"] == pytest.approx(expected, rel=1e-12, abs=1e-15), name


def test_each_metric_takes_its_own_part_of_the_longest_list() -> None:
    scores, relevant = [2.0, 2.0, 2.0, 1.0, 1.0, 1.0], {1, 4, 5}
    model = FixedScores(np.array([scores]), NOTHING)
    test = matrix({(0, item) for item in relevant}, 1, N_ITEMS)
    metrics = [f"{name}@{k}" for name in ACCURACY for k in (1, 2, 5)]
    found = evaluate(model, test, metrics=metrics)
    for metric in metrics:
        name, k = metric.split("@")
        expected = over_all_orders(name, scores, relevant, int(k))
        assert found[metric] == pytest.approx(expected, rel=1e-12), metric


def many_users(scores: NDArray[np.float64], share: float, seed: int) -> Interactions:
    """Test interactions of a random share of all pairs; everybody has one at least."""
    rng = np.random.default_rng(seed)
    chosen = rng.random(scores.shape) < share
    chosen[np.arange(len(scores)), rng.integers(scores.shape[1], size=len(scores))] = True
    users, items = (axis.tolist() for axis in np.nonzero(chosen))
    return matrix(set(zip(users, items, strict=True)), *scores.shape)


@pytest.mark.parametrize("levels", [1, 3, 40])
@pytest.mark.parametrize("batch_size", [7, 1024])
def test_longer_lists_are_asked_for_until_the_tie_ends(levels: int, batch_size: int) -> None:
    rng = np.random.default_rng(levels)
    scores = rng.integers(levels, size=(50, 300)).astype(np.float64)
    test = many_users(scores, 0.02, seed=1)
    model = FixedScores(scores, matrix(set(), *scores.shape))
    names = [f"{name}@5" for name in ACCURACY]
    found = evaluate(model, test, metrics=names, batch_size=batch_size)
    assert max(model.batches) <= batch_size
    shuffled = []
    for seed in range(150):
        order = np.random.default_rng(seed).permutation(300)
        at_random = FixedScores(scores[:, order], matrix(set(), *scores.shape))
        place = np.argsort(order)
        renumbered = Interactions.from_events(
            test.rows(), place[test.indices], user_ids=range(50), item_ids=range(300)
        )
        shown = evaluate(at_random, renumbered, metrics=names, ties="index")
        shuffled.append([shown[name] for name in names])
    mean, error = np.mean(shuffled, axis=0), np.std(shuffled, axis=0) / np.sqrt(150)
    for place, name in enumerate(names):
        assert abs(found[name] - mean[place]) < 4 * error[place] + 1e-12, name


def test_without_ties_nothing_more_is_asked_for_and_nothing_differs() -> None:
    scores = np.random.default_rng(0).permutation(50 * 40).reshape(50, 40).astype(np.float64)
    test = many_users(scores, 0.1, seed=2)
    model = FixedScores(scores, matrix(set(), 50, 40))
    expected = evaluate(model, test, metrics=[*ACCURACY, "coverage"])
    assert model.batches == [50]
    by_index = evaluate(model, test, metrics=[*ACCURACY, "coverage"], ties="index")
    for name, result in expected.results.items():
        assert result.mean == by_index[name]
        np.testing.assert_array_equal(result.per_user, by_index.results[name].per_user)


def test_ties_that_cannot_matter_are_not_followed() -> None:
    scores = np.zeros((1, 100))
    scores[0, 3] = 1.0
    model = FixedScores(scores, matrix(set(), 1, 100))
    found = evaluate(model, matrix({(0, 3)}, 1, 100), metrics="mrr", k=5)
    assert found["mrr@5"] == 1.0
    assert model.batches == [1]  # the only relevant item stands first: all that ties are misses
    evaluate(model, matrix({(0, 50)}, 1, 100), metrics="mrr", k=5)
    assert len(model.batches) > 2


def test_the_list_is_judged_as_shown_by_index_and_by_other_metrics() -> None:
    scores, test = np.zeros((1, 4)), matrix({(0, 0)}, 1, 4)
    model = FixedScores(scores, matrix(set(), 1, 4))
    shown = evaluate(model, test, k=2, metrics=["recall", "coverage"], ties="index")
    fair = evaluate(model, test, k=2, metrics=["recall", "coverage"])
    assert (shown["recall@2"], fair["recall@2"]) == (1.0, 0.5)
    assert shown["coverage@2"] == fair["coverage@2"] == 0.5
    assert (shown.ties, fair.ties) == ("index", "expected")


def test_renumbering_items_earns_nothing() -> None:
    """A model that knows nothing gets what chance gives, wherever the relevant items stand."""
    for relevant in ({0, 1}, {8, 9}):
        model = FixedScores(np.zeros((1, 10)), matrix(set(), 1, 10))
        test = matrix({(0, item) for item in relevant}, 1, 10)
        assert evaluate(model, test, k=5, metrics="recall")["recall@5"] == pytest.approx(0.5)
