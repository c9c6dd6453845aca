"""Model files that cannot be written, or not to the end: what was there stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_edu import MostPopular, load_model
from recsys_edu.errors import ModelFileError
from tests.recsys_edu.saved_models import interactions, saved

pytestmark = pytest.mark.usefixtures("optimized_backend")


def test_an_unwritable_path_is_one_sentence(tmp_path: Path) -> None:
    model = MostPopular().fit(interactions("integers"))
    (tmp_path / "file").write_text("a file")
    bad = [
        tmp_path / "missing" / "model.npz",
        tmp_path,
        tmp_path / "file" / "model.npz",
        tmp_path / ("x" * 300),
    ]
    for path in bad:
        with pytest.raises(ModelFileError, match="cannot be written") as caught:
            model.save(path)
        assert str(path) in str(caught.value)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "a file"


def test_what_is_no_ordinary_file_is_not_replaced_by_one(tmp_path: Path) -> None:
    """As root, writing to /dev/null must not turn it into a model."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ModelFileError, match="pipe"):
        MostPopular().fit(interactions("integers")).save(pipe)
    assert pipe.is_fifo()


def test_a_link_is_followed_rather_than_replaced(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "model.npz", tmp_path / "model.npz"
    target.write_bytes(b"an older model")
    link.symlink_to(target)
    MostPopular().fit(interactions("integers")).save(link)
    assert link.is_symlink()
    assert isinstance(load_model(target), MostPopular)


def test_a_full_disk_leaves_the_old_file_alone(tmp_path: Path) -> None:
    """A real limit on file sizes, in another process: the write fails halfway through."""
    path = saved(tmp_path)
    before = path.read_bytes()
    code = (
        "import resource, sys, numpy as np\n"
        "from recsys_edu import BPR, Interactions, set_backend\n"
        "from recsys_edu.errors import ModelFileError\n"
        "set_backend('optimized')\n"
        "train = Interactions.from_events(np.arange(300), np.arange(300))\n"
        "model = BPR(n_factors=64, epochs=1, progress=False).fit(train)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: model.save(sys.argv[1])\n"
        "except ModelFileError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{path} cannot be written: File too large.\n"
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.npz"]


def test_an_interrupt_while_writing_leaves_the_old_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path)
    before = path.read_bytes()

    def interrupted(file: Any, **arrays: Any) -> None:
        file.write(b"half a model")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        MostPopular().fit(interactions("integers")).save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.npz"]
