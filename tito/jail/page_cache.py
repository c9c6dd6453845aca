"""Files that all jails see, read into memory before the first jail starts.

A file that one jail was the first to read is read faster by the next, which can measure that: the
code under judgement would pass on its inputs to a notebook that shows them. Where all files are in
memory already, reading one changes nothing.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tito.jail import mounts, packages

_SHARE_OF_MEMORY: Final = 0.25
"""Share of the machine's memory that the files may take; beyond it, they stay where they are."""
_HIDDEN: Final = ("site-packages", "dist-packages")


@functools.cache
def warm_files(allowed: tuple[str, ...] = ()) -> int:
    """Ask the kernel to read all files that jails share; return their number.

    Compilers and headers are left out: they are several times as much.

    Args:
        allowed: distributions that the judged code may import, beside NumPy.
    """
    if not hasattr(os, "posix_fadvise"):
        return 0
    left = int(_SHARE_OF_MEMORY * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    n_asked = 0
    for path in _files(shared_places(allowed)):
        with contextlib.suppress(OSError):  # of another user, or gone by now
            left -= _ask_for(path, left)
            n_asked += 1
        if left <= 0:
            break
    return n_asked


def shared_places(allowed: Iterable[str] = ()) -> list[Path]:
    """Return the folders and files of the machine that judged and notebook jails both see."""
    view = mounts.Mounts()
    mounts.packages(view, packages.entries_for(["numpy", *allowed]))
    mounts.system(view, compilers=False)
    pairs = itertools.pairwise(view.arguments)
    return [Path(source) for option, source in pairs if option == "--ro-bind"]


def _files(places: Iterable[Path]) -> Iterator[str]:
    """Yield the paths of files; packages that a jail hides are seen in none."""
    for place in places:
        if not place.is_dir():
            yield str(place)
        for folder, names, files in os.walk(place):
            names[:] = sorted(name for name in names if name not in _HIDDEN)
            yield from (f"{folder}/{name}" for name in sorted(files))


def _ask_for(path: str, left: int) -> int:
    """Ask for a file that is no link and fits; return its size."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return 0
        if found.st_size <= left:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_WILLNEED)
        return found.st_size
    finally:
        os.close(descriptor)
