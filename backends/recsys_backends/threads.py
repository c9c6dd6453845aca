"""Settings of how threads wait for each other."""

from __future__ import annotations

import os
from typing import Final

_forked = False

_SPINS: Final = "2000"


def wait_politely() -> None:
    """Have OpenMP's threads sleep soon while they wait, unless the environment says otherwise.

    GNU's OpenMP waits by spinning, for many milliseconds, on a core that another program may need:
    two fits at a time on two cores took 19 times as long as one. Inside an op our threads have
    their own way of waiting (``optimized/include/team.h``); this is about the time between ops, and
    about torch. The runtime reads it once, when it is loaded: call this before importing what
    brings OpenMP along.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)


def usable(n_threads: int) -> int:
    """Return the number of threads that a kernel may start: n_threads, but 1 in a forked process.

    GNU's OpenMP waits for ever in the child of a process that had threads. The results are the same
    bytes for any number of them.
    """
    return 1 if _forked else n_threads


def _note_fork() -> None:
    global _forked
    _forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)
