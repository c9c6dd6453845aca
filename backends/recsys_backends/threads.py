"""Threads: how they wait for each other, and how many there may be after a fork."""

from __future__ import annotations

import os
import sys
from typing import Final

_forked = False

_SPINS: Final = "2000"


def let_waiting_threads_sleep() -> None:
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
    """Return how many threads may be started: as many as were asked for, but one after a fork.

    GNU's OpenMP waits for ever in the child of a process that had threads. Kernels give the same
    bytes for any number of them.
    """
    return 1 if _forked else n_threads


def limit_torch() -> None:
    """Have torch compute on one thread in the child of a fork; call it after importing torch.

    It computes on several threads also outside of our ops, and hangs there as OpenMP does.
    """
    torch = sys.modules.get("torch")
    if _forked and hasattr(torch, "set_num_threads"):
        torch.set_num_threads(1)  # type: ignore[union-attr]


def _note_fork() -> None:
    """Have one thread in the child; runs there, before anything else."""
    global _forked
    _forked = True
    limit_torch()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)
