"""Users without training interactions: every model ranks them by popularity, or as it is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_edu import (
    ALS,
    BPR,
    EASE,
    Interactions,
    ItemKNN,
    MostPopular,
    PureSVD,
    Ranker,
    Recommender,
    TwoTower,
    UserKNN,
    evaluate,
    export_onnx,
    load_model,
)
from recsys_edu.errors import InvalidParameterError
from recsys_edu.models.catalogue import model_names
from recsys_edu.models.factor_model import FactorModel
from recsys_edu.splits import Split
from tests.recsys_edu.rankers import matrix
from tests.recsys_edu.small_towers import small as small_tower
from tests.recsys_edu.small_towers import tastes_with_features

pytestmark = pytest.mark.usefixtures("optimized_backend")

OPTIONAL: dict[str, Callable[..., Recommender]] = {
    "item-knn": ItemKNN,
    "user-knn": UserKNN,
    "ease": EASE,
    "pure-svd": lambda **option: PureSVD(3, **option),
    "als": lambda **option: ALS(4, 2, progress=False, **option),
    "bpr": lambda **option: BPR(4, 2, progress=False, **option),
    "two-tower": lambda **option: TwoTower(4, 2, progress=False, device="cpu", **option),
}
MODELS: dict[str, Callable[..., Recommender]] = {"popularity": MostPopular, **OPTIONAL}

# Users 10 and 11 have nothing, and user 9 one item. Items 3 and 7 are the most popular.
PAIRS = (
    {(user, 7) for user in range(6)}
    | {(user, 3) for user in range(5)}
    | {(user, (3 * user + step) % 8) for user in range(9) for step in (0, 1)}
    | {(9, 3)}
)
TRAIN = matrix(PAIRS, 12, 8)
POPULAR = np.argsort(-TRAIN.popularity(), kind="stable").tolist()


def test_every_model_is_here() -> None:
    assert sorted(MODELS) == sorted(model_names())


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("k", [3, 8, 11])
def test_they_get_the_most_popular_items(name: str, k: int) -> None:
    model = MODELS[name]().fit(TRAIN)
    items, scores = model.rank(np.array([10, 0, 11]), k)
    expected = (POPULAR + [-1] * k)[:k]
    assert items[0].tolist() == items[2].tolist() == expected
    assert items[1].tolist() == model.rank(np.array([0]), k)[0][0].tolist()
    found = items[0] >= 0
    assert scores[0, found].tolist() == TRAIN.popularity()[items[0, found]].tolist()
    assert np.isneginf(scores[0, ~found]).all()


@pytest.mark.parametrize("name", MODELS)
def test_scores_are_those_of_the_lists(name: str) -> None:
    model = MODELS[name]().fit(TRAIN)
    (items,), (scores,) = model.recommend(10, 8)
    assert model.score(np.full(8, 10), items).tolist() == scores.tolist()
    (items,), (scores,) = model.recommend(0, 8)
    np.testing.assert_allclose(model.score(np.full(len(items), 0), items), scores, rtol=1e-5)


@pytest.mark.parametrize("name", OPTIONAL)
def test_the_models_own_scores_can_be_asked_for(name: str) -> None:
    model = OPTIONAL[name](cold_users="scores").fit(TRAIN)
    items, scores = model.rank(np.array([10]), 8)
    if name in ("item-knn", "user-knn"):
        assert (items == -1).all()
    elif name == "ease":
        assert (items == np.arange(8)).all()  # of equal scores the lower column comes first
        assert not scores.any()
    else:
        assert isinstance(model, FactorModel)
        own = model.item_factors @ model.user_factors[10]
        own = own if model.item_biases is None else own + model.item_biases
        np.testing.assert_allclose(scores[0], np.sort(own)[::-1], atol=1e-6)
    with pytest.raises(InvalidParameterError, match="cold_users must be one of popularity, scores"):
        OPTIONAL[name](cold_users="random")


@pytest.mark.parametrize("name", OPTIONAL)
@pytest.mark.parametrize("choice", ["popularity", "scores"])
def test_the_choice_is_saved(name: str, choice: str, tmp_path: Path) -> None:
    model = OPTIONAL[name](cold_users=choice).fit(TRAIN)
    model.save(tmp_path / "model.npz")
    loaded = load_model(tmp_path / "model.npz")
    assert loaded.settings()["cold_users"] == choice
    for before, after in zip(
        model.rank(np.arange(12), 8), loaded.rank(np.arange(12), 8), strict=True
    ):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("name", ["pure-svd", "als", "bpr", "two-tower"])
@pytest.mark.parametrize("choice", ["popularity", "scores"])
def test_an_exported_graph_ranks_them_alike(name: str, choice: str, tmp_path: Path) -> None:
    model = OPTIONAL[name](cold_users=choice).fit(TRAIN)
    export_onnx(model, tmp_path / "model.onnx")
    rows = np.array([10, 3, 11, 0])
    items, scores = Ranker(tmp_path / "model.onnx").rank(rows, 9)
    expected, own = model.rank(rows, 9)
    np.testing.assert_array_equal(items, expected)
    np.testing.assert_allclose(scores, own, rtol=1e-5, atol=1e-5)


def test_a_second_fit_counts_again() -> None:
    model = ALS(4, 2, progress=False).fit(TRAIN)
    assert model.recommend(10, 2).items[0].tolist() == POPULAR[:2]
    model.fit(matrix({(0, 1), (1, 1), (2, 5)}, 12, 8))
    assert model.recommend(10, 1).items[0].tolist() == [1]


def test_features_are_information() -> None:
    train = tastes_with_features()
    model = small_tower().fit(train)
    assert model.user_encoder is not None
    cold = np.flatnonzero(np.diff(train.indptr) == 0)
    assert cold.size
    popular = MostPopular().fit(train).rank(cold, 5)[0]
    assert np.any(model.rank(cold, 5)[0] != popular)


@pytest.mark.parametrize("name", MODELS)
def test_means_include_them_and_evaluation_parts_them(name: str) -> None:
    test = matrix({(10, 3), (11, 0), (0, 5), (2, 1), (9, 0)} - PAIRS, 12, 8)
    model = MODELS[name]().fit(TRAIN)
    found = evaluate(model, test, k=2, metrics=["recall", "coverage", "novelty"])
    cold, warm = found.cold, found.warm
    assert cold is not None
    assert warm is not None
    assert cold.rows.tolist() == [10, 11]
    assert cold.user_ids.tolist() == [10, 11]
    assert warm.rows.tolist() == [row for row in found.rows if row < 10]
    assert cold["recall@2"] == 0.5
    assert cold["coverage@2"] == 2 / 8
    whole = (2 * cold["recall@2"] + warm.n_users * warm["recall@2"]) / found.n_users
    assert found["recall@2"] == pytest.approx(whole)
    assert found.to_dict()["cold"] == cold.to_dict()
    assert f"2 users without training interactions: recall@2 {0.5:.4f}" in str(found)


def test_parts_are_there_only_where_they_are_known() -> None:
    test = matrix({(0, 5)}, 12, 8)
    found = evaluate(MostPopular().fit(TRAIN), test)
    assert (found.cold, found.warm) == (None, None)
    only = evaluate(MostPopular().fit(TRAIN), matrix({(10, 5)}, 12, 8))
    assert only.cold is not None
    assert (only.cold.n_users, only.warm) == (1, None)

    class Unknown:
        def rank(self, rows: Any, k: int) -> Any:
            return MostPopular().fit(TRAIN).rank(rows, k)

    assert evaluate(Unknown(), matrix({(10, 5)}, 12, 8)).cold is None
    by_split = evaluate(Unknown(), Split(TRAIN, matrix({(10, 5)}, 12, 8)))
    assert by_split.cold is not None


def test_a_list_of_lowest_numbers_earns_nothing() -> None:
    """A cold user whose relevant items have low numbers is found no better than with high ones."""
    model = ALS(4, 2, progress=False, cold_users="scores").fit(TRAIN)
    low, high = (
        evaluate(model, matrix({(10, item)}, 12, 8), k=2, metrics="recall") for item in (0, 6)
    )
    assert low["recall@2"] == high["recall@2"] == pytest.approx(2 / 8)


def test_interactions_that_are_seen_are_still_left_out_of_the_lists_of_others() -> None:
    items, _ = PureSVD(3).fit(TRAIN).rank(np.arange(12), 8)
    had = Interactions.to_csr(TRAIN).toarray() > 0
    for row in range(12):
        assert not had[row, items[row][items[row] >= 0]].any()
