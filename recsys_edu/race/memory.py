"""Memory of a fit, measured in a process of its own.

Python's tracer sees nothing of what PyTorch and C allocate, so the race asks the operating system:
by how much did the process's resident memory grow at its highest? A fresh process, because one that
has fitted before has memory to reuse; one epoch, because the others take no more.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from recsys_backends import register_backend
from recsys_edu.benchmarking import NotMeasuredError
from recsys_edu.datasets import load_split
from recsys_edu.interactions import Interactions
from recsys_edu.race.contestants import Contestant, RaceSettings, contestants

_IN_OTHER_PROCESS: Final = (
    "import json, sys; asked = json.loads(sys.argv[1]); sys.path[:] = asked.pop('path'); "
    "from recsys_edu.race.memory import answer; answer(**asked)"
)


def peak_memory_of_fit(contestant: Contestant, dataset: str, settings: RaceSettings) -> float:
    """Return by how much a process grows while the contestant fits one epoch, in 10⁶ bytes.

    Raises:
        NotMeasuredError: the other process cannot have the backend, or failed.
    """
    backend = contestant.loaded_backend()
    if backend is not None and not backend.path:
        raise NotMeasuredError(
            "its backend is an object of this process, not an importable module."
        )
    asked = {
        "path": sys.path,
        "name": contestant.name,
        "backend": "" if backend is None else backend.name,
        "backend_path": "" if backend is None or backend.trusted else backend.path,
        "dataset": dataset,
        "settings": asdict(settings),
    }
    done = subprocess.run(
        [sys.executable, "-c", _IN_OTHER_PROCESS, json.dumps(asked)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,  # Ctrl-C is for this process, which then ends the other
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise NotMeasuredError(f"the process that should measure it failed ({last}).")
    return float(done.stdout.split()[-1])


def answer(
    name: str, backend: str, backend_path: str, dataset: str, settings: dict[str, Any]
) -> None:
    """Print by how much the process grows; runs in the other one."""
    if backend_path:
        register_backend(backend, backend_path, replace=True)
    (contestant,), _ = contestants([name])
    train = load_split(dataset).fold_valid().train
    one_epoch = replace(RaceSettings(**settings), epochs=1)
    warm_up(contestant, one_epoch, 0, train)
    _forget_peak()
    before = _resident_mb("VmRSS")
    with contestant.on_backend():
        contestant.make(one_epoch, 0).fit(train)
    print(max(0.0, _resident_mb("VmHWM") - before))


def warm_up(contestant: Contestant, settings: RaceSettings, seed: int, train: Interactions) -> None:
    """Fit a small part of the data: imports, kernels and thread pools come before the clock."""
    with contestant.on_backend():
        contestant.make(settings, seed).fit(first_interactions(train))


def first_interactions(train: Interactions, n: int = 500) -> Interactions:
    """Return the first n interactions of users who have not seen everything."""
    can_teach = (np.diff(train.indptr) < train.n_items)[train.rows()]
    chosen = can_teach & (np.cumsum(can_teach) <= n)
    return train.keep(chosen) if chosen.any() else train


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
    """Return resident memory now (VmRSS) or at its highest (VmHWM), in 10⁶ bytes."""
    if sys.platform == "linux":
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024 / 1e6
    import resource

    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest / 1e6 if sys.platform == "darwin" else highest * 1024 / 1e6
