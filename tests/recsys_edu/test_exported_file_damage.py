"""Exported files that are damaged, newer, or something else: they are refused in one sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from recsys_edu import Ranker
from recsys_edu.errors import ModelFileError
from recsys_edu.serving import seal
from tests.recsys_edu.exported import exported
from tests.recsys_edu.saved_models import saved

pytestmark = pytest.mark.usefixtures("optimized_backend")


def assert_refused(path: Path, match: str) -> None:
    with pytest.raises(ModelFileError, match=match) as caught:
        Ranker(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_was_never_exported_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    for content in (b"", b"hello", b"\x80\x04K\x01.", b"PK\x03\x04", bytes(1000)):
        path.write_bytes(content)
        assert_refused(path, "truncated, or was never exported by recsys_edu")
    assert_refused(saved(tmp_path), "never exported by recsys_edu: make one with `tito export-m")
    assert_refused(tmp_path / "missing.onnx", "cannot be read: No such file")
    assert_refused(tmp_path, "cannot be read")


def test_an_onnx_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    path = exported(tmp_path)
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.save(model, path)
    assert_refused(path, "never exported by recsys_edu")


def test_a_truncated_file_is_refused_wherever_it_ends(tmp_path: Path) -> None:
    path = exported(tmp_path)
    whole = path.read_bytes()
    for length in [*range(0, len(whole) - 150, 97), *range(len(whole) - 150, len(whole))]:
        path.write_bytes(whole[:length])
        assert_refused(path, "truncated")
    path.write_bytes(whole)
    Ranker(path)


def test_any_changed_byte_is_noticed(tmp_path: Path) -> None:
    path = exported(tmp_path)
    whole = bytearray(path.read_bytes())
    rng = np.random.default_rng(0)
    for place in [*rng.integers(0, len(whole), 150), *range(len(whole) - 120, len(whole))]:
        changed = whole.copy()
        changed[place] ^= 1 << rng.integers(0, 8)
        path.write_bytes(changed)
        assert_refused(path, "damaged|truncated|newer")


def test_more_bytes_than_were_written_are_noticed(tmp_path: Path) -> None:
    path = exported(tmp_path)
    whole = path.read_bytes()
    for more in (whole + b"\0", b"\0" + whole, whole + whole):
        path.write_bytes(more)
        assert_refused(path, "damaged|truncated")


def test_a_newer_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(seal, "KIND", replace(seal.KIND, format=12))
        path = exported(tmp_path)
    assert_refused(path, r"a newer recsys_edu \(format 12\) wrote it.*upgrade")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("user_ids", "[1, 2"),
        ("user_ids", "[1, 1]"),
        ("user_ids", "{}"),
        ("user_ids", "null"),
        ("user_ids", "[1.5]"),
        ("item_ids", "[[1]]"),
        ("item_ids", "7"),
        ("model", "nothing"),
        ("model", "3"),
    ],
)
def test_a_sealed_file_with_other_metadata_is_refused(key: str, value: str, tmp_path: Path) -> None:
    path = exported(tmp_path)
    model = onnx.load(path)
    kept = {prop.key: prop.value for prop in model.metadata_props if prop.key != "recsys_edu"}
    onnx.helper.set_model_props(model, {**kept, key: value})
    path.write_bytes(seal.sealed(model.SerializeToString()))
    assert_refused(path, "is not a model that can answer")


def test_a_sealed_file_without_a_graph_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    for content in (b"", b"hello", onnx.ModelProto().SerializeToString()):
        path.write_bytes(seal.sealed(content))
        assert_refused(path, "is not a model that can answer: ONNX Runtime .* cannot open it")


def test_a_graph_that_names_another_file_reads_none(tmp_path: Path) -> None:
    """Weights may lie outside an ONNX file; ours never do, and nobody else's are fetched."""
    path = exported(tmp_path)
    model = onnx.load(path)
    factors = next(t for t in model.graph.initializer if t.name == "item_factors")
    (tmp_path / "secret").write_bytes(factors.raw_data)
    onnx.external_data_helper.set_external_data(factors, "secret")
    factors.ClearField("raw_data")
    path.write_bytes(seal.sealed(model.SerializeToString()))
    assert_refused(path, "cannot open it")
