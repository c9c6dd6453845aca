"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to, which takes its place when the block ends well.

    When the block fails, ``path`` is as it was and nothing is left beside it. Raises OSError where
    the folder cannot be written to.
    """
    path = Path(os.path.realpath(path))  # what a link points to is replaced, not the link
    check_replaceable(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
        unfinished.chmod(0o666 & ~_umask())
        unfinished.replace(path)
    except BaseException as error:
        unfinished.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # a full disk does not say what it had no room for
        raise


def check_replaceable(path: Path) -> None:
    """OSError where no file of that name could be put: asked by making one beside it."""
    path = Path(os.path.realpath(path))
    if os.path.isdir(path):  # noqa: PTH112 (Path.is_dir raises where a name is too long)
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if os.path.lexists(path) and not os.path.isfile(path):  # noqa: PTH113
        raise OSError(errno.EINVAL, "it is there, and is no ordinary file", str(path))
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix
        ):
            pass
    except OSError as error:
        error.filename = str(path)  # nobody has asked for that other one
        raise


def _umask() -> int:
    """The process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
