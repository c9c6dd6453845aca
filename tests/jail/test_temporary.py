"""Temporary folders: gone at the end, after kill -9 by the next process, and never while in use."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tito.jail import bundle, temporary
from tito.jail.temporary import DiskFullError, TemporaryFolder, sweep

HOLD = """
from tito.jail.temporary import TemporaryFolder
folder = TemporaryFolder("test")
(folder.path / "file").write_text("x")
print(folder.path, flush=True)
input()
"""


def start_holder(place: Path) -> tuple[subprocess.Popen[str], Path]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        env={**os.environ, "TMPDIR": str(place)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None
    return holder, Path(holder.stdout.readline().strip())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_what_a_killed_process_left_is_removed_by_the_next(
    number: signal.Signals, tmp_path: Path
) -> None:
    holder, folder = start_holder(tmp_path)
    sweep(tmp_path)
    assert (folder / "file").exists()  # its process lives
    holder.send_signal(number)
    holder.communicate()
    assert folder.exists() == (number == signal.SIGKILL)
    other, another = start_holder(tmp_path)
    assert not folder.exists()
    assert another.exists()
    other.communicate("\n")
    assert list(tmp_path.iterdir()) == []


def test_nothing_else_is_swept(tmp_path: Path) -> None:
    (tmp_path / "recsys-notes").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"{temporary.PREFIX}link").symlink_to(tmp_path / "elsewhere")
    sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_ends_with_its_block_and_its_last_reference(tmp_path: Path) -> None:
    with TemporaryFolder("test", str(tmp_path)) as path:
        assert path.is_dir()
    folder = TemporaryFolder("test", str(tmp_path))
    path = folder.path
    assert path.is_dir()
    del folder
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_ends_in_a_sentence(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object, **options: object) -> str:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "mkdtemp", full)
        with pytest.raises(DiskFullError, match=r"no room left in .*TMPDIR"):
            TemporaryFolder("test")
    with monkeypatch.context() as patch:
        patch.setattr("shutil.copy2", full)
        with pytest.raises(DiskFullError, match="no room left"):
            bundle.Bundle(["tito.jail.limits"])


def test_another_error_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        TemporaryFolder("test", str(tmp_path / "missing"))
