"""No jail for timed calls: a plain process, on the machine of whoever wrote the code."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tito.jail.jail import Jailed
from tito.jail.limits import Limits
from tito.jail.temporary import TemporaryFolder
from tito.jail.timed import RUNNER
from tito.wire.processes import absolute_python_path

PROBLEM: Final = (
    "it ran in a plain process, which can use processors before and after a call, and more of them."
)
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_BINDING: Final = ("OMP_", "GOMP_", "KMP_", "OPENBLAS_", "MKL_")


class TimedProcess:
    """Plain process in the place of a ``TimedJail``: nothing is frozen, held or counted.

    Args:
        files: not used: the process can read every file of its user.
        given: file of inputs.
        shared: file of answers and of arrays that a call updates.
        n_threads: number of threads that the libraries for linear algebra start.
        allowed: not used: the runner is told.
        limits: limits, of which only the wall clock is held.
    """

    group = None

    def __init__(
        self,
        files: Sequence[Path] = (),
        *,
        given: Path,
        shared: Path,
        n_threads: int = 1,
        allowed: Sequence[str] = (),
        limits: Limits | None = None,
    ) -> None:
        self.problems: tuple[str, ...] = (PROBLEM,)
        self.paths = (str(given), str(shared))
        self._n_threads = n_threads
        self._limits = limits or Limits()
        self._folder = TemporaryFolder("timed")

    def start(self) -> Jailed:
        """Start the runner."""
        return Jailed(
            [sys.executable, "-m", RUNNER],
            self._limits.wall_seconds,
            folder=str(self._folder.path),
            environment=self._environment(os.environ),
        )

    def close(self) -> None:
        """Remove the folder in which the process ran."""
        self._folder.close()

    def _environment(self, own: Mapping[str, str]) -> dict[str, str]:
        """Return this process's variables, without those that place threads."""
        kept = {name: value for name, value in own.items() if not name.startswith(_BINDING)}
        threads = dict.fromkeys(_THREADS, str(self._n_threads))
        return {**kept, **threads, "PYTHONPATH": absolute_python_path()}
