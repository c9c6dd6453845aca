"""Model files that are damaged, or something else: they are refused."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from recsys_edu import BPR, ItemKNN
from recsys_edu.errors import ModelFileError
from recsys_edu.models.files import KIND
from tests.recsys_edu.saved_models import (
    as_npy,
    assert_refused,
    header_of,
    members,
    saved,
    with_header,
    write_members,
)

pytestmark = pytest.mark.usefixtures("optimized_backend")


def rows(items: list[int], value: float = 0.5) -> dict[str, np.ndarray]:
    """Neighbours of one item."""
    return {"indices": np.array(items, np.int32), "values": np.full(len(items), value, np.float32)}


def test_what_is_no_model_file_is_refused(tmp_path: Path) -> None:
    for content in (
        b"",
        b"hello",
        b"PK\x03\x04 not really",
        as_npy(np.arange(5)),
        b"\x80\x04K\x01.",
    ):
        path = tmp_path / "model.npz"
        path.write_bytes(content)
        assert_refused(path, "truncated, or was never a model")
    assert_refused(tmp_path / "missing.npz", "cannot be read")
    assert_refused(tmp_path, "cannot be read")


def test_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    np.savez(path, a=np.arange(5))
    assert_refused(path)
    write_members(path, {"readme.txt": b"hello"})
    assert_refused(path)
    write_members(path, {})
    assert_refused(path)


def test_a_truncated_file_is_refused_wherever_it_ends(tmp_path: Path) -> None:
    path = saved(tmp_path)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 1, 17):
        path.write_bytes(whole[:length])
        assert_refused(path)


@pytest.mark.parametrize("missing", ["train.indptr", "item_factors", "epochs_done", "header.json"])
def test_a_missing_part_is_refused(missing: str, tmp_path: Path) -> None:
    path = saved(tmp_path)
    parts = members(path)
    del parts[f"{missing}.npy"]
    write_members(path, parts)
    assert_refused(path)


def test_damaged_bytes_are_refused_or_harmless(tmp_path: Path) -> None:
    """Whatever bytes are changed: ModelFileError, or the very same model."""
    path = saved(tmp_path, "bpr", "strings")
    good = BPR.load(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(3000):
        raw = bytearray(whole)
        for _ in range(rng.integers(1, 4)):
            raw[rng.integers(len(raw))] = rng.integers(256)
        path.write_bytes(raw)
        try:
            loaded = BPR.load(path)
        except ModelFileError:
            refused += 1
            continue
        assert loaded.settings() == good.settings()
        assert loaded.epochs_done == good.epochs_done
        for array in ("user_factors", "item_factors", "item_biases"):
            np.testing.assert_array_equal(getattr(loaded, array), getattr(good, array))
        for array in ("indptr", "indices", "user_ids", "item_ids"):
            np.testing.assert_array_equal(getattr(loaded.train, array), getattr(good.train, array))
    assert 2000 < refused < 3000


def test_a_newer_format_says_to_upgrade(tmp_path: Path) -> None:
    path = saved(tmp_path)
    with_header(
        path, json.dumps({**header_of(path), "format": KIND.format + 1, "recsys_edu": "9.9.9"})
    )
    assert_refused(path, r"recsys_edu 9\.9\.9 wrote it.*upgrade")


def test_a_newer_format_is_recognised_whatever_else_the_header_holds(tmp_path: Path) -> None:
    path = saved(tmp_path)
    with_header(path, json.dumps({"format": KIND.format + 1}))
    assert_refused(path, "upgrade")


def test_an_unknown_model_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path)
    with_header(path, json.dumps({**header_of(path), "model": "hologram"}))
    assert_refused(path, "'hologram'")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        '"format"',
        "{}",
        '{"format": "1"}',
        '{"format": null, "model": "bpr", "settings": {}}',
        '{"format": 1, "model": ["bpr"], "settings": {}}',
        '{"format": 1, "model": "bpr"}',
        '{"format": 1, "model": "bpr", "settings": []}',
        '{"format": 1, "model": "bpr", "settings": null}',
        '{"format": 1, "model": "bpr", "settings": {"n_factors": -1}}',
        '{"format": 1, "model": "bpr", "settings": {"colour": "red"}}',
        '{"format": 1, "model": "bpr", "settings": {"n_factors": 1e400}}',
        "[" * 100_000,
        "\x00\xff not JSON",
    ],
    ids=lambda text: text[:50] or "empty",
)
def test_a_corrupted_header_is_refused(text: str, tmp_path: Path) -> None:
    path = saved(tmp_path)
    with_header(path, text)
    assert_refused(path)


@pytest.mark.parametrize(
    "changed",
    [
        {"user_factors": np.zeros((13, 4), np.float32)},
        {"user_factors": np.zeros((12, 5), np.float32)},
        {"item_factors": np.zeros((14, 5), np.float32)},
        {"user_factors": np.zeros((13, 5), np.float64)},
        {"user_factors": np.zeros(65, np.float32)},
        {"item_biases": np.zeros(14, np.float32)},
        {"item_biases": np.zeros((15, 1), np.float32)},
        {"user_factors": np.full((13, 5), np.nan, np.float32)},
        {"epochs_done": np.array("three")},
        {"epochs_done": np.array(-1)},
        {"epochs_done": np.arange(2)},
        {
            "user_factors": np.zeros((13, 9), np.float32),
            "item_factors": np.zeros((15, 9), np.float32),
        },
        {"train.indptr": np.zeros(14, np.int64)},
        {"train.indices": np.full(50, 99)},
        {"train.user_ids": np.zeros(13, np.int64)},
        {"train.user_ids": np.arange(12)},
        {"train.item_ids": np.linspace(0, 1, 15)},
    ],
    ids=lambda changed: "+".join(changed),
)
def test_arrays_that_do_not_fit_together_are_refused(
    changed: dict[str, np.ndarray], tmp_path: Path
) -> None:
    path = saved(tmp_path)
    parts = {f"{name}.npy": as_npy(array) for name, array in changed.items()}
    write_members(path, {**members(path), **parts})
    assert_refused(path)


@pytest.mark.parametrize(
    "changed",
    [
        {"indptr": np.zeros(16, np.int64)},
        {"indptr": np.arange(15)},
        {"indptr": np.zeros((1, 16), np.int64)},
        {"indices": np.arange(3, dtype=np.int32)},
        {"values": np.ones(3, np.float32)},
        {"values": np.ones(3)},
        {"indptr": np.array([0, *[2] * 15]), **rows([3, 2])},
        {"indptr": np.array([0, *[2] * 15]), **rows([3, 3])},
        {"indptr": np.array([0, *[2] * 15]), **rows([3, 15])},
        {"indptr": np.array([0, *[2] * 15]), **rows([-1, 3])},
        {"indptr": np.array([0, *[2] * 15]), **rows([0, 3])},
        {"indptr": np.array([0, *[5] * 15]), **rows([1, 2, 3, 4, 5])},
        {"indptr": np.array([0, *[1] * 15]), **rows([1], np.nan)},
        {"indptr": np.array([0, *[1] * 15]), **rows([1], -0.5)},
        {"indptr": np.array([0, *[1] * 15]), "indices": np.array([1]), "values": np.ones(1, "f4")},
    ],
    ids=str,
)
def test_neighbors_that_do_not_fit_are_refused(
    changed: dict[str, np.ndarray], tmp_path: Path
) -> None:
    path = saved(tmp_path, "item-knn")
    parts = {f"{name}.npy": as_npy(array) for name, array in changed.items()}
    write_members(path, {**members(path), **parts})
    assert_refused(path)


def test_neighbors_that_fit_are_taken(tmp_path: Path) -> None:
    """Otherwise the test above could not fail."""
    path = saved(tmp_path, "item-knn")
    changed = {"indptr": np.array([0, *[2] * 15]), **rows([2, 3])}
    parts = {f"{name}.npy": as_npy(array) for name, array in changed.items()}
    write_members(path, {**members(path), **parts})
    assert ItemKNN.load(path).neighbors.indices.tolist() == [2, 3]


def test_an_encrypted_or_oddly_compressed_part_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    whole = path.read_bytes()
    # Of each entry in the central directory: 6 version, 8 flags (bit 0: encrypted), 10 compression.
    for offset, value in ((6, 125), (8, 1), (10, 97)):
        raw = bytearray(whole)
        place = raw.index(b"PK\x01\x02")
        raw[place + offset] = value
        path.write_bytes(raw)
        assert_refused(path)


def test_a_part_repeated_in_the_archive_does_not_warn_or_win(tmp_path: Path) -> None:
    path = saved(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile says that it is a duplicate
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("user_factors.npy", as_npy(np.zeros((2, 2), np.float32)))
    assert_refused(path, "do not fit")


def test_a_part_that_claims_to_be_huge_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    huge = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        huge, {"descr": "<f4", "fortran_order": False, "shape": (10**13, 5)}
    )
    write_members(path, {**members(path), "user_factors.npy": huge.getvalue()})
    assert_refused(path)
