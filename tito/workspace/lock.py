"""One tito at a time writes to a workspace, or to an instructor's folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from recsys_edu.errors import WorkspaceError


class Place(Protocol):
    """A folder that tito works in, and where in it tito keeps what is its own."""

    @property
    def root(self) -> Path: ...  # noqa: D102
    @property
    def state(self) -> Path: ...  # noqa: D102


@contextmanager
def writing(workspace: Place, seconds: float = 0.0) -> Iterator[None]:
    """A block in which no other tito writes to the workspace.

    The lock is the system's: it is gone with the process that held it, however that ended.

    Raises:
        WorkspaceError: another tito had it for that many seconds.
    """
    workspace.state.mkdir(exist_ok=True)
    lock = FileLock(workspace.state / "lock", timeout=seconds)
    try:
        lock.acquire()
    except Timeout:
        raise WorkspaceError(
            f"another tito is at work in {workspace.root}: try again when it has ended."
        ) from None
    try:
        yield
    finally:
        lock.release()
