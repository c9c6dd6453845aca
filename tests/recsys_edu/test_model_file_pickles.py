"""Model files with pickles in them: they are refused, and nothing is unpickled."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.recsys_edu.saved_models import as_npy, assert_refused, members, saved, write_members

pytestmark = pytest.mark.usefixtures("optimized_backend")


class Trap:
    """Unpickling it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("part", ["header.json", "user_factors", "train.user_ids", "extra"])
def test_pickled_objects_are_refused_and_never_unpickled(part: str, tmp_path: Path) -> None:
    path, sprung = saved(tmp_path), tmp_path / "sprung"
    trap = as_npy(np.array([Trap(sprung)], dtype=object), allow_pickle=True)
    np.load(io.BytesIO(trap), allow_pickle=True)
    assert sprung.exists()  # the trap works
    sprung.unlink()
    write_members(path, {**members(path), f"{part}.npy": trap})
    assert_refused(path)
    assert not sprung.exists()


def test_a_pickle_is_refused_and_never_unpickled(tmp_path: Path) -> None:
    path, sprung = tmp_path / "model.npz", tmp_path / "sprung"
    path.write_bytes(pickle.dumps(Trap(sprung)))
    assert_refused(path)
    assert not sprung.exists()
