"""How much memory a fit takes, in a process of its own.

Python's tracer sees nothing of what PyTorch and C allocate, so the race asks the operating system:
by how much did the process's resident memory grow at its highest? A fresh process, because one that
has fitted before has memory to reuse; one epoch, because the others take no more.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from recsys_edu.datasets import load_split
from recsys_edu.interactions import Interactions
from recsys_edu.race.contestants import Contestant, RaceSettings, contestants


def peak_memory_of_fit(contestant: Contestant, dataset: str, settings: RaceSettings) -> float:
    """By how much a process grows while the contestant fits one epoch, in 10⁶ bytes."""
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawned) as pool:
        return pool.submit(_grow, contestant.name, dataset, settings).result()


def first_interactions(train: Interactions, n: int = 500) -> Interactions:
    """A small part of the data, to warm up on: imports, kernels and thread pools."""
    mask = train.rows() >= 0
    mask[n:] = False
    return train.keep(mask)


def fit_once(
    contestant: Contestant, settings: RaceSettings, seed: int, train: Interactions
) -> None:
    """Make the contestant's model and fit it, on its backend."""
    with contestant.on_backend():
        contestant.make(settings, seed).fit(train)


def _grow(name: str, dataset: str, settings: RaceSettings) -> float:
    """Runs in the other process."""
    (contestant,), _ = contestants([name])
    train = load_split(dataset).fold_valid().train
    one_epoch = replace(settings, epochs=1)
    fit_once(contestant, one_epoch, 0, first_interactions(train))
    _forget_peak()
    before = _resident_mb("VmRSS")
    fit_once(contestant, one_epoch, 0, train)
    return max(0.0, _resident_mb("VmHWM") - before)


def _forget_peak() -> None:
    """Give freed memory back and let Linux count the peak anew.

    Elsewhere, what was freed before the fit can be used again unseen, and the figure is too low.
    """
    gc.collect()
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # a C library without malloc_trim
            ctypes.CDLL(None).malloc_trim(0)
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")


def _resident_mb(field: str) -> float:
    """Resident memory now (VmRSS) or at its highest (VmHWM), in 10⁶ bytes."""
    if sys.platform == "linux":
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024 / 1e6
    import resource

    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest / 1e6 if sys.platform == "darwin" else highest * 1024 / 1e6
