"""Folders that are locked while the process that made them lives, so that a sweep leaves them."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":  # which has no locks of folders
    import fcntl


def make_held(make: Callable[[], Path]) -> tuple[Path, int]:
    """Make a folder and lock it; another one where a sweep took it in between.

    Returns:
        The folder, and the descriptor that holds the lock until it is closed; −1 on Windows.
    """
    while True:
        folder = make()
        if sys.platform == "win32":
            return folder, -1
        with contextlib.suppress(FileNotFoundError):
            lock = _opened(folder)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)


@contextmanager
def seized(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder during a block; OSError where a process that lives holds it."""
    if sys.platform == "win32":
        raise OSError("folders have no locks here")
    lock = _opened(folder)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(lock)


def _opened(folder: Path) -> int:
    """Return a descriptor of a folder; no link is followed."""
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
