"""Paths as callers give them, and the things at their ends that are no files."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from recsys_edu.errors import InvalidParameterError


def as_path(given: object) -> Path:
    """Return a path that a caller gave.

    Raises:
        InvalidParameterError: neither text nor a path, or a path with a NUL character.
    """
    try:
        text = os.fspath(given)  # type: ignore[call-overload]
    except TypeError:
        text = None
    if not isinstance(text, str):
        raise InvalidParameterError(
            f"path must be text or a pathlib.Path that names a file, not {type(given).__name__}."
        )
    if "\0" in text:
        raise InvalidParameterError(f"path {text[:60]!r} holds a NUL character; no file has one.")
    return Path(text)


def special_kind(path: Path) -> str | None:
    """Return the noun for a FIFO or a device, at which reading may wait for ever.

    Returns:
        None for a file, a folder, and a path at which nothing is.

    Raises:
        OSError: the path cannot be looked at.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    return "a FIFO" if stat.S_ISFIFO(mode) else "a device or a socket"
