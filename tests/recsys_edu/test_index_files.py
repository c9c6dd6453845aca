"""Index files: what is saved comes back the same, and what is no index is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys_edu.errors import InvalidParameterError, ModelFileError
from recsys_edu.serving import index_file
from recsys_edu.serving.approximate import ApproximateIndex
from tests.recsys_edu.saved_models import as_npy, members, saved, write_members


def drawn(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def stored(tmp_path: Path, biases: np.ndarray | None = None) -> tuple[Path, ApproximateIndex]:
    index = ApproximateIndex(
        drawn(300, 6), biases, n_threads=1, connectivity=3, expansion_search=11
    )
    index.save(tmp_path / "items.index")
    return tmp_path / "items.index", index


def assert_refused(path: Path, match: str) -> None:
    with pytest.raises(ModelFileError, match=match) as caught:
        ApproximateIndex.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("biases", [None, drawn(300, seed=1)])
@pytest.mark.parametrize("n_threads", [0, 1, 2])
def test_the_same_index_comes_back(
    biases: np.ndarray | None, n_threads: int, tmp_path: Path
) -> None:
    path, index = stored(tmp_path, biases)
    loaded = ApproximateIndex.load(str(path), n_threads=n_threads)
    assert len(loaded) == 300
    assert loaded.expansion_search == 11
    users = drawn(40, 6, seed=2)
    before, after = (one.search(users, 10) for one in (index, loaded))
    np.testing.assert_array_equal(after.items, before.items)
    np.testing.assert_array_equal(after.scores, before.scores)
    with pytest.raises(InvalidParameterError, match=r"as long as the items' \(6\)"):
        loaded.search(drawn(2, 7), 3)
    loaded.save(tmp_path / "again.index")
    assert (tmp_path / "again.index").read_bytes() == path.read_bytes()


def test_saving_leaves_nothing_beside_it(tmp_path: Path) -> None:
    stored(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["items.index"]
    with pytest.raises(ModelFileError, match="cannot be written"):
        stored(tmp_path / "nowhere")


def test_what_is_no_index_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "items.index"
    for content in (b"", b"hello", b"PK\x03\x04", b"\x80\x04K\x01."):
        path.write_bytes(content)
        assert_refused(path, "truncated, or was never an index file")
    assert_refused(saved(tmp_path), "is not an index that can be loaded")
    assert_refused(tmp_path / "missing", "cannot be read")
    assert_refused(tmp_path, "cannot be read")


def test_a_truncated_file_is_refused_wherever_it_ends(tmp_path: Path) -> None:
    path, _ = stored(tmp_path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 509):
        path.write_bytes(whole[:length])
        assert_refused(path, "truncated")


def test_damaged_bytes_are_refused_or_harmless(tmp_path: Path) -> None:
    path, index = stored(tmp_path)
    whole, users = bytearray(path.read_bytes()), drawn(5, 6, seed=2)
    expected = index.search(users, 5)
    rng, refused = np.random.default_rng(0), 0
    for place in rng.integers(0, len(whole), 100):
        changed = whole.copy()
        changed[place] ^= 1 << rng.integers(0, 8)
        path.write_bytes(changed)
        try:
            found = ApproximateIndex.load(path).search(users, 5)
        except ModelFileError:
            refused += 1
        else:
            np.testing.assert_array_equal(found.items, expected.items)
    assert refused > 90


def test_a_newer_file_and_other_contents_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(index_file, "KIND", replace(index_file.KIND, format=2))
        path, _ = stored(tmp_path)
    assert_refused(path, "wrote it, and this is .*; upgrade")
    path, _ = stored(tmp_path)
    parts = members(path)
    header = json.loads(np.load(path)["header.json"].tobytes())
    for change in ({"shape": [300, 9]}, {"shape": [299, 7]}, {"index": "tree"}, {"shape": None}):
        text = json.dumps({**header, **change}).encode()
        changed = as_npy(np.frombuffer(text, dtype=np.uint8))
        write_members(path, {**parts, "header.json.npy": changed})
        assert_refused(path, "is not an index that can be loaded")
