"""Temporary folders that a later process removes where their own was killed.

A folder is locked while its process lives; the lock ends with the process, however that ends. The
first folder that a process makes removes those that nobody holds any more.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from recsys_edu.errors import RecsysError
from tito.jail.held import make_held, seized

PREFIX: Final = "recsys-held-"
"""First part of the names of all such folders."""
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


class DiskFullError(RecsysError, OSError):
    """Lack of room on a disk; the message says where."""


class TemporaryFolder:
    """Folder that is removed with its last reference, at the end of a block, or by a later process.

    Args:
        kind: purpose, in one word, for its name.
        parent: folder in which it is made; the usual one where None.

    Raises:
        DiskFullError: there is no room for it.
    """

    def __init__(self, kind: str, parent: str | None = None) -> None:
        place = parent or tempfile.gettempdir()
        _sweep_once(place)
        with named_when_full(Path(place)):
            self.path, lock = make_held(
                lambda: Path(tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-", dir=place))
            )
        self._remove = weakref.finalize(self, _remove, self.path, lock, os.getpid())

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder."""
        self._remove()


@contextlib.contextmanager
def named_when_full(folder: Path) -> Iterator[None]:
    """Run a block that writes to a folder; DiskFullError where there is no room in it."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL or isinstance(error, DiskFullError):
            raise
        raise DiskFullError(
            f"there is no room left in {folder}: make some, or set TMPDIR to a folder that has "
            "more."
        ) from error


def sweep(parent: Path) -> None:
    """Remove the temporary folders of this user that no process holds."""
    if sys.platform == "win32":  # which has no locks of folders
        return
    for folder in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                continue
            with seized(folder):
                shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def _sweep_once(place: str) -> None:
    sweep(Path(place))


def _remove(folder: Path, lock: int, owner: int) -> None:
    """Remove a folder and end its lock, unless this is a fork of the process that made it."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
        if lock >= 0:
            os.close(lock)
