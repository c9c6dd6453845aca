"""Functions that ``outside_clock.py`` times in a jail: an honest one, and three that cheat."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
import time
from collections.abc import Callable
from typing import Any

_RUNNER: Any = sys.modules["__main__"]
_now = time.perf_counter_ns


def arithmetic(n_loops: int) -> float:
    """Do sums; return the seconds that they took by a clock of this process."""
    start = _now()
    total = 0
    for number in range(n_loops):
        total += number * number
    return (_now() - start) / 1e9


def a_hidden_thread(n_loops: int) -> float:
    """Leave half of the sums to another process, which runs at the same time."""
    child = os.fork()
    if child == 0:
        arithmetic(n_loops // 2)
        os._exit(0)
    took = arithmetic(n_loops // 2)
    os.waitpid(child, 0)
    return took


def work_between_calls(n_loops: int) -> float:
    """Do half of the sums of the next call before its *go*."""
    if not hasattr(_RUNNER, "ordinary"):
        _RUNNER.ordinary = _RUNNER.Region.map

        def slow(region: Any, size: int, n_touched: int) -> None:
            arithmetic(n_loops // 4)  # it is called for two files
            _RUNNER.ordinary(region, size, n_touched)

        _RUNNER.Region.map = slow
    return arithmetic(n_loops // 2)


def a_stopped_clock(n_loops: int) -> float:
    """Do all sums while every clock of the process stands still."""
    _stop_clocks()
    return arithmetic(n_loops)


def _stop_clocks() -> None:
    still: Callable[[], int] = lambda: 0  # noqa: E731
    globals()["_now"] = time.perf_counter_ns = time.time_ns = still
    libc = ctypes.CDLL(None)
    libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    place = ctypes.cast(libc.clock_gettime, ctypes.c_void_p).value or 0
    if libc.mprotect(place & -mmap.PAGESIZE, 2 * mmap.PAGESIZE, 7) == 0:
        ctypes.memmove(place, b"\x31\xc0\xc3", 3)  # xor eax, eax; ret
