"""Model files: what is saved comes back the same."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from recsys_edu import (
    BPR,
    EASE,
    ItemKNN,
    MostPopular,
    PureSVD,
    Recommender,
    TwoTower,
    UserKNN,
    load_model,
)
from recsys_edu.errors import NotFittedError
from recsys_edu.models.factor_model import FactorModel
from tests.recsys_edu.saved_models import (
    MODELS,
    assert_refused,
    header_of,
    interactions,
    members,
    saved,
)

pytestmark = pytest.mark.usefixtures("optimized_backend")


@pytest.mark.parametrize("ids", ["integers", "strings"])
@pytest.mark.parametrize("name", MODELS)
def test_the_same_model_comes_back(name: str, ids: str, tmp_path: Path) -> None:
    train = interactions(ids)
    model = MODELS[name]().fit(train)
    path = tmp_path / "model.npz"
    model.save(path)
    loaded = load_model(str(path))
    assert type(loaded) is type(model)
    assert loaded.settings() == model.settings()
    arrays = model._fitted_arrays()
    assert set(loaded._fitted_arrays()) == set(arrays)
    for array, after in loaded._fitted_arrays().items():
        assert after.tobytes() == arrays[array].tobytes()
        assert after.dtype == arrays[array].dtype
        assert after.shape == arrays[array].shape
    for part in ("indptr", "indices", "user_ids", "item_ids"):
        np.testing.assert_array_equal(getattr(loaded.train, part), getattr(train, part))
        assert getattr(loaded.train, part).dtype == getattr(train, part).dtype
    expected, found = (m.recommend(train.user_ids, 20) for m in (model, loaded))
    for before, after in zip(expected.items, found.items, strict=True):
        np.testing.assert_array_equal(before, after)
    for before, after in zip(expected.scores, found.scores, strict=True):
        np.testing.assert_array_equal(before, after)
    pair = [train.user_ids[3]], [train.item_ids[4]]
    assert loaded.score(*pair) == model.score(*pair)


def test_every_class_loads_its_own_and_the_base_class_any(tmp_path: Path) -> None:
    classes: dict[str, type[Recommender]] = {
        "popularity": MostPopular,
        "item-knn": ItemKNN,
        "user-knn": UserKNN,
        "pure-svd": PureSVD,
        "ease": EASE,
        "bpr": BPR,
        "two-tower": TwoTower,
    }
    for name, kind in classes.items():
        path = saved(tmp_path, name)
        assert type(kind.load(path)) is kind
        assert type(Recommender.load(path)) is kind
        if issubclass(kind, FactorModel):
            assert type(FactorModel.load(path)) is kind
        else:
            assert_refused(path, f"holds a {kind.__name__}, not a FactorModel", FactorModel)
        for other in set(classes.values()) - {kind}:
            assert_refused(path, f"holds a {kind.__name__}, not a {other.__name__}", other)


def test_a_loaded_model_warm_starts_as_if_it_had_never_left(tmp_path: Path) -> None:
    train = interactions("strings")
    path = saved(tmp_path, "bpr", "strings")
    loaded = BPR.load(path).fit(train, warm_start=True)
    stayed = MODELS["bpr"]().fit(train)
    assert isinstance(stayed, BPR)
    stayed.fit(train, warm_start=True)
    assert loaded.epochs_done == stayed.epochs_done == 6
    np.testing.assert_array_equal(loaded.user_factors, stayed.user_factors)
    np.testing.assert_array_equal(loaded.item_factors, stayed.item_factors)
    np.testing.assert_array_equal(loaded.item_biases, stayed.item_biases)


def test_saving_again_replaces_the_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = saved(tmp_path)
    first = header_of(path)
    saved(tmp_path, "popularity")
    assert header_of(path)["model"] == "popularity" != first["model"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.npz"]


def test_a_file_has_the_permissions_that_new_files_have(tmp_path: Path) -> None:
    path = saved(tmp_path)
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    assert path.stat().st_mode == ordinary.stat().st_mode


def test_a_name_without_a_suffix_is_kept_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "model of mine"
    MostPopular().fit(interactions("integers")).save(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["model of mine"]
    assert isinstance(load_model(path), MostPopular)


def test_a_file_holds_no_pickle_and_a_readable_header(tmp_path: Path) -> None:
    path = saved(tmp_path, "bpr", "strings")
    for raw in members(path).values():
        array = np.load(io.BytesIO(raw), allow_pickle=False)
        assert array.dtype.kind in "iufU"
    header = header_of(path)
    assert header["format"] == 2
    assert header["model"] == "bpr"
    assert header["settings"]["reg"] == [0.1, 0.02, 0.003]


def test_an_unfitted_model_is_not_saved(tmp_path: Path) -> None:
    for make in MODELS.values():
        with pytest.raises(NotFittedError):
            make().save(tmp_path / "model.npz")
    assert not list(tmp_path.iterdir())


def test_a_two_tower_without_torch_says_what_to_install(tmp_path: Path) -> None:
    path = saved(tmp_path, "two-tower")
    (tmp_path / "torch.py").write_text("raise ImportError('hidden by a test')\n")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from recsys_edu import RecsysError, load_model\n"
        "try: load_model(sys.argv[2])\n"
        "except RecsysError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "pip install 'recsys_edu[torch]'" in done.stdout
    assert done.stdout.count("\n") == 1
