"""A loaded model has all that it was fitted to, and goes on as if it had never been saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_edu import ALS, BPR, Features, Interactions, Recommender, load_model
from recsys_edu.errors import InvalidParameterError
from recsys_edu.models.catalogue import model_class, model_names
from tests.recsys_edu.saved_models import (
    MODELS,
    as_npy,
    assert_refused,
    header_of,
    interactions,
    members,
    with_header,
    write_members,
)

pytestmark = pytest.mark.usefixtures("optimized_backend")


def rich() -> Interactions:
    """Interactions with values, times and features of every kind, some of them missing."""
    plain = interactions("strings")
    rng = np.random.default_rng(5)
    train = Interactions(
        plain.indptr,
        plain.indices,
        plain.user_ids,
        plain.item_ids,
        values=rng.uniform(0.5, 5.0, plain.nnz),
        timestamps=rng.integers(0, 10**9, plain.nnz),
    )
    n_users, n_items = train.shape
    return train.with_features(
        users=Features(
            train.user_ids,
            categorical={"job": [None if n % 5 == 0 else f"job {n % 3}" for n in range(n_users)]},
            numeric={"age": [None if n % 4 == 0 else n + 0.5 for n in range(n_users)]},
        ),
        items=Features(
            train.item_ids,
            multi_hot={"tags": [[f"tag {m}" for m in range(n % 3)] for n in range(n_items)]},
        ),
    )


def assert_same(found: Interactions, expected: Interactions) -> None:
    for name in ("indptr", "indices", "user_ids", "item_ids", "values", "timestamps"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
        if getattr(expected, name) is not None:
            assert getattr(found, name).dtype == getattr(expected, name).dtype
    for side in ("user_features", "item_features"):
        ours, theirs = getattr(found, side), getattr(expected, side)
        assert (ours is None) == (theirs is None)
        if theirs is not None:
            assert ours.fingerprint() == theirs.fingerprint()
            np.testing.assert_array_equal(ours.ids, theirs.ids)


@pytest.mark.parametrize("name", MODELS)
def test_the_interactions_come_back_whole(name: str, tmp_path: Path) -> None:
    for train in (rich(), interactions("integers")):
        path = tmp_path / "model"
        MODELS[name]().fit(train).save(path)
        loaded = load_model(path)
        assert_same(loaded.train, train)
        loaded.save(path)
        assert_same(load_model(path).train, train)


@pytest.mark.parametrize("name", sorted({name.split()[0].strip(",") for name in MODELS}))
def test_a_second_fit_after_loading_is_that_of_one_who_never_left(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / "model"
    model: Any = MODELS[name]().fit(rich())
    model.save(path)
    loaded: Any = load_model(path)
    warm = {"warm_start": True} if name in ("bpr", "als") else {}
    loaded.fit(loaded.train, **warm)
    model.fit(model.train, **warm)
    for array, expected in model._fitted_arrays().items():
        assert loaded._fitted_arrays()[array].tobytes() == expected.tobytes(), array


def test_values_make_a_difference_here() -> None:
    """Otherwise the test above could not fail."""
    train, plain = rich(), interactions("strings")
    make = MODELS["als"]
    assert np.abs(make().fit(train).item_factors - make().fit(plain).item_factors).max() > 0.01  # type: ignore[attr-defined]


def test_towers_from_a_file_say_that_they_cannot_go_on(tmp_path: Path) -> None:
    path = tmp_path / "model"
    MODELS["two-tower"]().fit(rich()).save(path)
    loaded: Any = load_model(path)
    before = loaded.user_factors.copy()
    with pytest.raises(InvalidParameterError, match="resume_from"):
        loaded.fit(loaded.train, warm_start=True)
    np.testing.assert_array_equal(loaded.user_factors, before)


def test_every_model_is_saved_here() -> None:
    assert {name.split()[0].strip(",") for name in MODELS} == set(model_names())
    assert all(isinstance(make(), model_class(make().name)) for make in MODELS.values())


def as_format_1(path: Path) -> None:
    """Make a file what versions before wrote: without values, times and features."""
    kept = {
        name: raw
        for name, raw in members(path).items()
        if not name.startswith(("train.values", "train.timestamps", "train.user_f", "train.item_f"))
    }
    header = header_of(path)
    del header["train"]
    write_members(path, kept)
    import json

    with_header(path, json.dumps({**header, "format": 1}))


def test_files_of_before_are_read_and_do_not_pretend(tmp_path: Path) -> None:
    train, path = rich(), tmp_path / "model"
    for name in ("als", "bpr"):
        model: Any = MODELS[name]().fit(train)
        model.save(path)
        as_format_1(path)
        loaded: Any = Recommender.load(path)
        assert loaded.train.values is None
        if name == "als":
            with pytest.raises(InvalidParameterError, match="kept no values"):
                loaded.fit(loaded.train, warm_start=True)
        loaded.fit(train, warm_start=True)
        model.fit(train, warm_start=True)
        np.testing.assert_array_equal(loaded.item_factors, model.item_factors)
    assert isinstance(loaded, BPR)
    assert ALS.name == "als"


@pytest.mark.parametrize(
    ("part", "changed"),
    [
        ("train.values", np.ones(3, np.float32)),
        ("train.timestamps", np.ones(50)),
        ("train.user_features.0.codes", np.full(13, 9, np.int32)),
        ("train.user_features.0.codes", np.zeros(12, np.int32)),
        ("train.user_features.0.codes", np.zeros(13)),
        ("train.user_features.1.values", np.full(13, np.nan, np.float32)),
        ("train.user_features.1.known", np.ones(12, np.bool_)),
        ("train.item_features.0.indptr", np.zeros(15, np.int64)),
        ("train.item_features.0.codes", np.full(14, 7, np.int32)),
        ("train.item_features.0.labels", np.ones(2)),
    ],
)
def test_damaged_parts_are_refused(part: str, changed: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "model"
    MODELS["popularity"]().fit(rich()).save(path)
    parts = members(path)
    assert f"{part}.npy" in parts
    write_members(path, {**parts, f"{part}.npy": as_npy(changed)})
    assert_refused(path)
    del parts[f"{part}.npy"]
    write_members(path, parts)
    if part not in ("train.values", "train.timestamps"):
        assert_refused(path)
