"""TwoTower with features: who has nothing else is ranked by them, and bad ones are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_edu import EarlyStopping, Features, Interactions, TwoTower, random_split
from recsys_edu.errors import (
    DataError,
    DivergedError,
    InvalidParameterError,
    ModelFileError,
    NotFittedError,
)
from tests.recsys_edu.saved_models import as_npy, assert_refused, members, write_members
from tests.recsys_edu.small_bpr import two_tastes
from tests.recsys_edu.small_towers import fitted_bytes, small, tastes_with_features

LEARNING: dict[str, Any] = {"epochs": 25, "learning_rate": 0.03, "id_dropout": 0.3}


@pytest.fixture(scope="module")
def model() -> TwoTower:
    return small(**LEARNING).fit(tastes_with_features())


def halves(model: TwoTower, users: Any, items: slice) -> np.ndarray:
    """Mean score of each user for the items of the first and the second half."""
    train = model.train
    scores = model.user_factors[users] @ model.item_factors[items].T
    assert model.item_biases is not None
    tags = np.arange(train.n_items)[items]
    second = np.where(tags < 80, tags // 40, tags % 2).astype(bool)
    scores = scores + model.item_biases[items]
    return np.stack([scores[:, ~second].mean(1), scores[:, second].mean(1)], axis=1)


def test_new_users_get_what_their_features_like(model: TwoTower) -> None:
    lists = model.recommend(np.arange(80, 86), 10).items
    for user, listed in zip(range(80, 86), lists, strict=True):
        known = listed[listed < 80]
        assert np.mean(known // 40 == user % 2) > 0.9


def test_new_items_are_ranked_by_their_features(model: TwoTower) -> None:
    of_new = halves(model, np.arange(80), slice(80, 86))
    prefers = of_new.argmax(1)
    np.testing.assert_array_equal(prefers, np.arange(80) % 2)
    # They are not held to be bad for want of interactions: they rank among the others.
    lists = model.recommend(np.arange(80), 10).items
    assert any((listed >= 80).any() for listed in lists)


def test_without_features_new_items_come_last() -> None:
    model = small(**LEARNING, use_features=False).fit(tastes_with_features())
    assert model.user_encoder is None
    assert all((listed < 80).all() for listed in model.recommend(np.arange(80), 10).items)


def test_users_whom_it_has_never_met(model: TwoTower) -> None:
    train = model.train
    assert train.user_features is not None
    new = train.user_features.rows(np.arange(80, 86))
    expected = model.recommend(np.arange(80, 86), 5)
    found = model.recommend_to(new, 5)
    for ours, theirs in zip(found.items, expected.items, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-6)
    np.testing.assert_allclose(model.user_vectors(new), model.user_factors[80:86], rtol=1e-6)
    assert train.item_features is not None
    vectors, biases = model.item_vectors(train.item_features.rows(np.arange(80, 86)))
    assert model.item_biases is not None
    assert biases is not None
    np.testing.assert_allclose(vectors, model.item_factors[80:86], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(biases, model.item_biases[80:86], rtol=1e-5, atol=1e-7)
    assert [len(listed) for listed in model.recommend_to(new, 10**6).items] == [86] * 6


def test_a_category_never_seen_says_nothing(model: TwoTower) -> None:
    strange = Features([1], categorical={"likes": ["none"]}, numeric={"age": [33]})
    unknown = Features([1], categorical={"likes": [None]}, numeric={"age": [33]})
    np.testing.assert_array_equal(model.user_vectors(strange), model.user_vectors(unknown))
    assert len(model.recommend_to(strange, 3).items[0]) == 3


def test_other_features_are_refused_by_name(model: TwoTower) -> None:
    with pytest.raises(DataError, match="these lack likes"):
        model.recommend_to(Features([1], numeric={"age": [33]}))
    more = {"age": [33], "size": [1]}
    with pytest.raises(DataError, match="have size, which it did not learn from"):
        model.recommend_to(Features([1], categorical={"likes": ["odd"]}, numeric=more))
    with pytest.raises(InvalidParameterError, match="users must be Features, not dict"):
        model.recommend_to({"age": [33]})  # type: ignore[arg-type]
    known = Features([1], categorical={"likes": ["odd"]}, numeric={"age": [33]})
    for k in (0, -1, 2.5):
        with pytest.raises(InvalidParameterError, match=r"\bk\b"):
            model.recommend_to(known, k)  # type: ignore[arg-type]
    with pytest.raises(NotFittedError):
        small().recommend_to(known)
    with pytest.raises(DataError, match="learned from no features of users"):
        small().fit(two_tastes()).recommend_to(known)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"hidden": (6, 5)},
        {"bias_init": "popularity", "id_dropout": (0.5, 0.25), "reg_cold": (0.4, 0.1)},
        {"similarity": "cosine", "temperature": 0.2, "use_biases": False},
    ],
)
def test_it_comes_back_from_a_file_with_towers_and_encoders(
    arguments: dict[str, Any], tmp_path: Path
) -> None:
    model = small(**arguments).fit(tastes_with_features(10))
    path = tmp_path / "model.npz"
    model.save(path)
    loaded = TwoTower.load(path)
    assert fitted_bytes(loaded) == fitted_bytes(model)
    assert loaded.settings() == model.settings()
    new = Features([1, 2], categorical={"likes": ["odd", None]}, numeric={"age": [None, 5]})
    np.testing.assert_array_equal(loaded.user_vectors(new), model.user_vectors(new))


@pytest.mark.parametrize("member", ["towers.users.features.weight", "towers.items.ids.weight"])
def test_towers_that_do_not_fit_their_model_are_refused(member: str, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    small().fit(tastes_with_features(10)).save(path)
    parts = members(path)
    for spoiled in (np.zeros((2, 8), dtype=np.float32), np.zeros(3)):
        write_members(path, {**parts, f"{member}.npy": as_npy(spoiled)})
        assert_refused(path, "towers do not fit", TwoTower)
    write_members(path, {name: raw for name, raw in parts.items() if member not in name})
    assert_refused(path, "towers do not fit", TwoTower)
    write_members(path, {name: raw for name, raw in parts.items() if "user_encoder" not in name})
    assert_refused(path, None, TwoTower)


def test_early_stopping_restores_the_towers_as_well() -> None:
    split = random_split(tastes_with_features(), valid_fraction=0.1)
    assert split.valid is not None
    stopping = EarlyStopping(split.valid, patience=2)
    model = small(epochs=30, learning_rate=0.3).fit(split.train, callbacks=[stopping])
    assert model.epochs_done == stopping.best_epoch < max(stopping.values)
    features = split.train.user_features
    assert features is not None
    new = features.rows(np.arange(80, 86))
    np.testing.assert_allclose(model.user_vectors(new), model.user_factors[80:86], rtol=1e-5)


def test_cosines_have_a_length_and_a_temperature() -> None:
    train = tastes_with_features(10)
    model = small(similarity="cosine", temperature=0.25, hidden=(7,)).fit(train)
    np.testing.assert_allclose(np.linalg.norm(model.item_factors, axis=1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(model.user_factors, axis=1), 4.0, rtol=1e-5)


def test_features_of_one_side_only() -> None:
    whole = tastes_with_features()
    assert whole.item_features is not None
    train = Interactions(
        whole.indptr,
        whole.indices,
        whole.user_ids,
        whole.item_ids,
        item_features=whole.item_features,
    )
    model = small(**LEARNING).fit(train)
    assert model.user_encoder is None
    np.testing.assert_array_equal(
        halves(model, np.arange(80), slice(80, 86)).argmax(1), np.arange(80) % 2
    )
    assert not model.user_factors[80:].any()  # nothing is known about them


def test_always_without_ids_everybody_is_their_features() -> None:
    train = tastes_with_features()
    model = small(epochs=5, id_dropout=1.0, learning_rate=0.03).fit(train)
    tower = model.towers.users.ids.weight.detach().numpy()
    assert np.abs(tower[:80]).mean() == pytest.approx(0.08, rel=0.1)  # as they were drawn


def test_a_diverging_fit_says_so_in_one_sentence() -> None:
    for loss in ("bpr", "softmax", "in-batch"):
        model = small(loss=loss, init_scale=1e3, temperature=1e-36)
        with pytest.raises(DivergedError, match=r"diverged in epoch \d+") as caught:
            model.fit(tastes_with_features(10))
        assert "\n" not in str(caught.value)
        with pytest.raises(NotFittedError):
            model.recommend(0)


def test_users_who_lack_only_items_that_nobody_has_teach_nothing() -> None:
    items = Features([0, 1, 2], numeric={"size": [1, 2, 3]})
    train = Interactions.from_events([0, 0, 1, 1], [0, 1, 0, 1]).with_features(items=items)
    with pytest.raises(DataError, match="no epoch found a negative item"):
        small().fit(train)


def test_a_model_file_that_names_other_biases_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    small().fit(two_tastes()).save(path)
    parts = members(path)
    write_members(path, {name: raw for name, raw in parts.items() if "item_biases" not in name})
    with pytest.raises(ModelFileError, match="biases do not fit"):
        TwoTower.load(path)
