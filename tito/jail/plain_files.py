"""Read files that others handed in: plain files only, up to a limit."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from recsys_edu.errors import RecsysError
from tito.jail.limits import MIB

MAX_BYTES: Final = 16 * MIB


class SubmissionError(RecsysError, ValueError):
    """Fault in a file that was handed in; the message says which."""


def read_plain_file(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Return the bytes of a plain file: not a link, a device, a pipe or a folder.

    Raises:
        SubmissionError: it is none, or larger than the limit.
        OSError: it is not there, or cannot be read.
    """
    return _read(os.open(path, _flags(path)), str(path), limit)


def read_below(root: Path, relative: str, limit: int = MAX_BYTES) -> bytes:
    """Return the bytes of a file below a folder; no part of its path may be a link.

    Args:
        root: the folder; its own path is trusted.
        relative: the path below it, with ``/``; ``..`` is refused.
        limit: the most bytes that it may have.
    """
    parts = relative.split("/")
    if relative.startswith("/") or not all(part not in ("", ".", "..") for part in parts):
        raise SubmissionError(f"{relative!r} is no path below the submission.")
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            below = _open_at(here, part, os.O_RDONLY | os.O_DIRECTORY, relative)
            os.close(here)
            here = below
        found = _open_at(here, parts[-1], os.O_RDONLY | os.O_NONBLOCK, relative)
    finally:
        os.close(here)
    return _read(found, relative, limit)


def _flags(path: Path) -> int:
    if path.is_symlink():
        raise SubmissionError(f"{path} is a link; hand in the file itself.")
    return os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW


def _open_at(folder: int, name: str, flags: int, relative: str) -> int:
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if stat.S_ISLNK(found.st_mode):
        raise SubmissionError(f"{relative}: {name} is a link; hand in the file itself.")
    return os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder)


def _read(descriptor: int, name: str, limit: int) -> bytes:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SubmissionError(f"{name} is no plain file.")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise SubmissionError(f"{name} is larger than {limit:,} bytes.")
    return content
