"""The lock by which one tito at a time writes to a workspace, or to an instructor's folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from recsys_edu.errors import WorkspaceError


class LockableFolder(Protocol):
    """A folder in which tito works."""

    @property
    def root(self) -> Path:
        """Path of the folder."""

    @property
    def state(self) -> Path:
        """Path of the folder of tito's own files in it."""


@contextmanager
def writing(folder: LockableFolder, seconds: float = 0.0) -> Iterator[None]:
    """Run a block during which no other tito writes to the folder.

    The lock is the operating system's: it is gone with the process that held it, however that
    ended.

    Args:
        folder: a workspace, or an instructor's folder.
        seconds: time to wait for another tito.

    Raises:
        WorkspaceError: another tito held the lock for that long.
    """
    folder.state.mkdir(exist_ok=True)
    lock = FileLock(folder.state / "lock", timeout=seconds)
    try:
        lock.acquire()
    except Timeout:
        raise WorkspaceError(
            f"another tito is at work in {folder.root}: try again when it has ended."
        ) from None
    try:
        yield
    finally:
        lock.release()
