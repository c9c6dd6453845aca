"""Exported towers with features: strangers to the model are answered as the model does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_edu import Features, Interactions, Ranker, TwoTower, export_onnx
from recsys_edu.errors import DataError, ExportError, InvalidParameterError
from recsys_edu.serving import onnx_export
from recsys_edu.serving.parity import TOLERANCE
from tests.recsys_edu.exported import exported

pytestmark = pytest.mark.usefixtures("optimized_backend")

PLAIN: dict[str, Any] = {"n_factors": 6, "epochs": 3, "learning_rate": 0.05, "progress": False}
TRUNK: dict[str, Any] = {**PLAIN, "hidden": (9, 5)}


def people(ids: list[int], **changes: Any) -> Features:
    """Features of every kind, with values missing here and there."""
    given: dict[str, Any] = {
        "categorical": {"job": [(None, "cook", "poet")[i % 3] for i in ids]},
        "numeric": {"age": [None if i % 7 == 0 else 20 + i for i in ids]},
        "multi_hot": {"languages": [["en", "fr", "is"][: i % 4] for i in ids]},
    }
    return Features(ids, **{**given, **changes})


def described() -> Interactions:
    """24 users, of whom the last four have features alone, and 18 items with features of theirs."""
    rng = np.random.default_rng(5)
    cells = np.sort(rng.choice(20 * 18, 120, replace=False))
    plain = Interactions.from_events(cells // 18, cells % 18, item_ids=np.arange(18))
    films = Features(np.arange(18), categorical={"genre": [("a", "b")[i % 2] for i in range(18)]})
    return plain.with_features(users=people(list(range(24))), items=films)


def fitted(tmp_path: Path, **settings: Any) -> tuple[TwoTower, Ranker]:
    model = TwoTower(**{**PLAIN, "device": "cpu", **settings}).fit(described())
    export_onnx(model, tmp_path / "model.onnx")
    return model, Ranker(tmp_path / "model.onnx")


STRANGERS = people([101, 102, 103, 105, 112])


@pytest.mark.parametrize(
    "settings",
    [
        PLAIN,
        TRUNK,
        {"similarity": "cosine", "temperature": 0.1},
        {"similarity": "cosine", "hidden": (4,), "use_biases": False},
        {"temperature": 2.5, "loss": "softmax"},
    ],
    ids=["plain", "trunk", "cosine", "cosine and trunk", "temperature"],
)
def test_strangers_get_what_the_model_gives_them(settings: dict[str, Any], tmp_path: Path) -> None:
    model, ranker = fitted(tmp_path, **settings)
    np.testing.assert_allclose(
        ranker.user_vectors(STRANGERS), model.user_vectors(STRANGERS), rtol=1e-5, atol=1e-6
    )
    for k in (1, 5, 18, 10**6):
        expected, found = (m.recommend_to(STRANGERS, k) for m in (model, ranker))
        for before, after in zip(expected.items, found.items, strict=True):
            np.testing.assert_array_equal(after, before)
        for before, after in zip(expected.scores, found.scores, strict=True):
            np.testing.assert_allclose(after, before, rtol=1e-5, atol=1e-5)
    assert len(found.items[0]) == 18  # a stranger has seen nothing
    assert len(np.unique(np.round(found.scores, 4), axis=0)) == len(STRANGERS)


def test_users_with_rows_are_answered_beside_them(tmp_path: Path) -> None:
    model, ranker = fitted(tmp_path, **TRUNK)
    assert model.train.n_users == 24
    users = np.arange(24)  # four of whom have features alone
    expected, found = (m.recommend(users, 18) for m in (model, ranker))
    for before, after in zip(expected.items, found.items, strict=True):
        np.testing.assert_array_equal(after, before)
    np.testing.assert_allclose(ranker.vectors(users), model.user_factors, rtol=1e-6)
    assert ranker.recommend([3, 23, 3], 2).items[0].tolist() == expected.items[3][:2].tolist()


def test_both_ways_to_ask_are_compared_at_export(tmp_path: Path) -> None:
    model, _ = fitted(tmp_path)
    parity = export_onnx(model, tmp_path / "model.onnx")
    assert parity.n_users == 24
    assert parity.largest_difference <= TOLERANCE


@pytest.mark.parametrize("part", ["features", "layers", "temperature", "cosine"])
def test_a_tower_that_answers_differently_is_not_written(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = onnx_export.user_tower

    def wrong(model: TwoTower) -> Any:
        tower = right(model)
        assert tower is not None
        changes: dict[str, Any] = {
            "features": tower.features + np.float32(1e-3),
            "layers": tower.layers[:1],
            "temperature": 1.5,
            "cosine": True,
        }
        return tower._replace(**{part: changes[part]})

    monkeypatch.setattr(onnx_export, "user_tower", wrong)
    hidden = (6,) if part == "layers" else ()
    with pytest.raises(ExportError, match=r"for new user \d+ of those drawn a score is off by"):
        fitted(tmp_path, hidden=hidden)
    assert not list(tmp_path.iterdir())


def test_a_label_never_seen_counts_as_little_as_for_the_model(tmp_path: Path) -> None:
    model, ranker = fitted(tmp_path)
    new = people([1], categorical={"job": ["astronaut"]}, multi_hot={"languages": [["tlh"]]})
    np.testing.assert_allclose(ranker.user_vectors(new), model.user_vectors(new), atol=1e-6)
    missing = people([1], categorical={"job": [None]}, multi_hot={"languages": [None]})
    assert not np.allclose(ranker.user_vectors(new), ranker.user_vectors(missing))


def test_no_strangers_get_no_lists(tmp_path: Path) -> None:
    _, ranker = fitted(tmp_path)
    nobody = STRANGERS.rows(np.empty(0, dtype=np.int64))
    assert ranker.recommend_to(nobody) == ([], [])
    assert ranker.user_vectors(nobody).shape == (0, 6)


def test_other_features_are_refused_by_name(tmp_path: Path) -> None:
    _, ranker = fitted(tmp_path)
    with pytest.raises(DataError, match="lack job"):
        ranker.recommend_to(people([1], categorical={}))
    with pytest.raises(DataError, match="have town, which it did not learn from"):
        ranker.recommend_to(people([1], categorical={"job": ["cook"], "town": ["Oslo"]}))
    with pytest.raises(DataError, match="'age' was numeric, now it is categorical"):
        ranker.recommend_to(people([1], numeric={}, categorical={"job": [None], "age": ["old"]}))
    for wrong in ([1], {"job": "cook"}, None):
        with pytest.raises(InvalidParameterError, match="users must be Features"):
            ranker.recommend_to(wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidParameterError, match=r"\bk\b"):
        ranker.recommend_to(STRANGERS, 0)


def test_a_model_without_features_of_users_has_nothing_to_say_to_strangers(tmp_path: Path) -> None:
    for ranker in (
        Ranker(exported(tmp_path)),
        fitted(tmp_path, use_features=False)[1],
    ):
        assert ranker.encoder is None
        with pytest.raises(DataError, match="learned from no features of users"):
            ranker.recommend_to(STRANGERS)
