"""Machine-wide lock of measurements: one at a time, and none while other work is under way.

A measurement holds the machine alone. Work that would disturb it, such as grading, may go on side
by side, but not during a measurement. Both are locks of the system, which end with the process
that holds them, however that ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from recsys_edu.errors import RecsysError

FOLDERS: Final = (Path("/run/lock"), Path("/var/lock"), Path("/tmp"))
"""Places that every user of a machine shares; the first that exists counts."""
MEASURED: Final = "a measurement is under way on this machine: waiting for its end."
WORKING: Final = "other work is under way on this machine: waiting for its end."


class MachineLockError(RecsysError, OSError):
    """A lock file that cannot be opened or made, or a thread that would wait for itself."""


class _Thread(threading.local):
    """Mark of a thread that holds the machine."""

    holds = False


_this_thread = _Thread()


def _ignore(sentence: str) -> None:
    """Say nothing."""


@contextlib.contextmanager
def measuring(
    announce: Callable[[str], None] = _ignore, folder: Path | None = None
) -> Iterator[None]:
    """Hold the machine for one measurement: no other, and no disturbing work, goes on.

    Args:
        announce: called with one sentence, once, where this has to wait.
        folder: place of the lock files; ``FOLDERS`` where None.
    """
    with (
        _once_per_thread(),
        # Held to the end: whoever waits for the machine keeps later work out, and gets its turn.
        _held("gate", fcntl.LOCK_EX, folder, announce, MEASURED),
        _held("machine", fcntl.LOCK_EX, folder, announce, WORKING),
    ):
        yield


@contextlib.contextmanager
def disturbing(
    announce: Callable[[str], None] = _ignore, folder: Path | None = None
) -> Iterator[None]:
    """Do work that would disturb a measurement, beside other work, once none is under way.

    Args:
        announce: called with one sentence, once, where this has to wait.
        folder: place of the lock files; ``FOLDERS`` where None.
    """
    with _once_per_thread(), contextlib.ExitStack() as machine:
        with _held("gate", fcntl.LOCK_EX, folder, announce, MEASURED):
            machine.enter_context(_held("machine", fcntl.LOCK_SH, folder, announce, MEASURED))
        yield


@contextlib.contextmanager
def _once_per_thread() -> Iterator[None]:
    if _this_thread.holds:
        raise MachineLockError(
            "this thread holds the machine already, and would wait for itself: measure outside of "
            "`disturbing` and of other measurements."
        )
    _this_thread.holds = True
    try:
        yield
    finally:
        _this_thread.holds = False


@contextlib.contextmanager
def _held(
    name: str, kind: int, folder: Path | None, announce: Callable[[str], None], sentence: str
) -> Iterator[None]:
    descriptor = _opened(folder or next(f for f in FOLDERS if f.is_dir()), name)
    try:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            announce(sentence)
            fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)


def _opened(folder: Path, name: str) -> int:
    """Open a lock file, to read only, so that every user can.

    The system refuses O_CREAT for somebody else's file in a folder that all may write to, even to
    root; so the file is made only where it is missing.
    """
    path = folder / f"recsys-{name}.lock"
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        try:
            return os.open(path, flags)
        except FileNotFoundError:
            with contextlib.suppress(FileExistsError):
                os.close(os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o644))
            return os.open(path, flags)
    except OSError as error:
        raise MachineLockError(
            f"{path} cannot be opened ({error.strerror}): it locks the machine for measurements; "
            "remove it, or make it readable."
        ) from error
