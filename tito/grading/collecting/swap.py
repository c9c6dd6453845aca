"""Swap two folders in one step, for which Python's own library has no function."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
from pathlib import Path
from typing import Final

ASIDE: Final = ".aside"
"""Suffix of a folder's name while it is out of its place, if a swap takes several steps."""
_HERE: Final = -100
"""AT_FDCWD of Linux: paths are from the working folder."""
_EXCHANGE: Final = 2
"""RENAME_EXCHANGE of Linux, and RENAME_SWAP of macOS."""
_CANNOT: Final = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


def swap(new: Path, place: Path) -> None:
    """Swap two folders.

    Neither is missing at any moment, unless the file system cannot do that (NFS): there,
    ``put_back`` undoes a swap that was killed. Raises OSError, after which nothing has changed.
    """
    number = _exchange(os.fsencode(new), os.fsencode(place))
    if number in _CANNOT:
        aside = place.with_name(f".{place.name}{ASIDE}")
        place.rename(aside)
        new.rename(place)
        aside.rename(new)
    elif number:
        raise OSError(number, os.strerror(number), str(new), None, str(place))


def put_back(aside: Path) -> None:
    """Undo a swap that was killed half-way, or remove what it left."""
    place = aside.with_name(aside.name.removeprefix(".").removesuffix(ASIDE))
    if os.path.lexists(place):
        shutil.rmtree(aside)
    else:
        aside.rename(place)


def _exchange(one: bytes, other: bytes) -> int:
    """Ask the kernel to swap two folders; return 0 or the error's number."""
    library = ctypes.CDLL(None, use_errno=True)
    try:
        if sys.platform == "darwin":
            status = library.renamex_np(one, other, _EXCHANGE)
        else:
            status = library.renameat2(_HERE, one, _HERE, other, _EXCHANGE)
    except AttributeError:  # an old C library
        return errno.ENOSYS
    return ctypes.get_errno() if status else 0
