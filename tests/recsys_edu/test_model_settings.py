"""Settings of models: one signature, one check, and scikit-learn's conventions on top of it."""

from __future__ import annotations

import inspect
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from recsys_edu import BPR, Recommender, TwoTower, load_model
from recsys_edu.errors import InvalidParameterError, ModelFileError
from recsys_edu.models.catalogue import model_class, model_names
from tests.recsys_edu.saved_models import MODELS, interactions

pytestmark = pytest.mark.usefixtures("optimized_backend")


@pytest.mark.parametrize("name", model_names())
def test_settings_are_the_signature(name: str) -> None:
    kind = model_class(name)
    parameters = list(inspect.signature(kind).parameters.values())
    made: Recommender = kind()
    assert list(made.settings()) == [parameter.name for parameter in parameters]
    assert set(kind.Settings.names()) == {parameter.name for parameter in parameters}
    assert made.get_params() == {p.name: p.default for p in parameters}


@pytest.mark.parametrize("name", MODELS)
def test_scikit_learn_clones_models(name: str) -> None:
    model = MODELS[name]()
    again = clone(model)
    assert type(again) is type(model)
    assert again is not model
    assert again.settings() == model.settings()
    fitted = clone(model.fit(interactions("integers")))
    assert fitted.settings() == model.settings()
    with pytest.raises(Exception, match="not fitted"):
        _ = fitted.train


def test_a_clone_fits_to_the_same_bytes() -> None:
    train = interactions("integers")
    model = MODELS["bpr"]().fit(train)
    again = clone(model).fit(train)
    for before, after in zip(
        model._fitted_arrays().values(), again._fitted_arrays().values(), strict=True
    ):
        np.testing.assert_array_equal(before, after)


def test_arguments_come_back_as_they_were_given() -> None:
    given: dict[str, Any] = {"reg": [0.1, 0.2, 0.3], "n_factors": np.int64(7), "seed": 2**40}
    model = BPR(**given)
    for name, value in given.items():
        assert model.get_params()[name] is value
    assert model.settings()["reg"] == (0.1, 0.2, 0.3)
    assert type(model.settings()["n_factors"]) is int


def test_parameters_are_checked_when_they_are_set_all_or_none() -> None:
    model = BPR(5, 3)
    assert model.set_params(epochs=9, learning_rate=0.5) is model
    assert (model.epochs, model.learning_rate) == (9, 0.5)
    model.epochs = 4
    assert model.settings()["epochs"] == model.get_params()["epochs"] == 4
    for wrong in ({"epochs": 0}, {"reg": (1, 2)}, {"learning_rate": 0.1, "seed": -1}):
        with pytest.raises(InvalidParameterError):
            model.set_params(**wrong)
    with pytest.raises(InvalidParameterError, match="epochs"):
        model.epochs = 2.5
    assert (model.epochs, model.learning_rate) == (4, 0.5)
    with pytest.raises(InvalidParameterError, match="BPR has no argument 'colour', only n_factors"):
        model.set_params(colour="red")


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        BPR()._settings.epochs = 3


def test_what_depends_on_another_argument_follows_it() -> None:
    model = TwoTower(device="cpu")
    assert model.n_negatives == 1
    assert model.set_params(loss="softmax").n_negatives == 512
    with pytest.raises(InvalidParameterError, match="needs use_biases=True"):
        TwoTower(device="cpu", bias_init="popularity").set_params(use_biases=False)


def test_a_warm_start_needs_the_width_of_the_first_fit() -> None:
    train = interactions("integers")
    for name in ("bpr", "als", "two-tower"):
        model: Any = MODELS[name]().fit(train)
        before = model.user_factors.copy()
        with pytest.raises(InvalidParameterError, match="warm start needs the n_factors of the"):
            model.set_params(n_factors=9).fit(train, warm_start=True)
        np.testing.assert_array_equal(model.user_factors, before)


class Mine(BPR):
    """A learner's own model, which keeps BPR's arguments."""


class Tuned(BPR):
    """A learner's own model with arguments of its own."""

    def __init__(self, n_factors: int = 6, boost: float = 2.0) -> None:
        super().__init__(n_factors, 2, progress=False, n_threads=1)
        self.boost = boost


class Vague(BPR):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)


def test_a_class_of_your_own_has_settings_is_cloned_and_saved(tmp_path: Path) -> None:
    train, path = interactions("strings"), tmp_path / "mine"
    model = Tuned(5, boost=3.0).fit(train)
    assert model.settings() == {"n_factors": 5, "boost": 3.0}
    assert clone(model).settings() == model.settings()
    assert model.set_params(boost=4.0).boost == 4.0
    model.save(path)
    loaded = Tuned.load(path)
    assert type(loaded) is Tuned
    assert loaded.boost == 4.0
    np.testing.assert_array_equal(loaded.item_factors, model.item_factors)
    Mine(5, 2, progress=False).fit(train).save(path)
    assert type(Mine.load(path)) is Mine


def test_others_say_which_class_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine"
    Mine(5, 2, progress=False).fit(interactions("integers")).save(path)
    for load in (load_model, BPR.load, Tuned.load):
        with pytest.raises(ModelFileError, match=r"Mine: read it with Mine\.load\(path\)"):
            load(path)


def test_what_could_not_be_loaded_is_not_saved(tmp_path: Path) -> None:
    train, path = interactions("integers"), tmp_path / "mine"
    with pytest.raises(InvalidParameterError, match="takes \\*args or \\*\\*kwargs; name its"):
        Vague(5, 2, progress=False).fit(train).save(path)
    model = Tuned().fit(train)
    model.boost = train  # type: ignore[assignment]
    with pytest.raises(ModelFileError, match="cannot be saved: JSON cannot hold"):
        model.save(path)
    assert not list(tmp_path.iterdir())
