"""Plain processes in the place of a jail, where a person vouches for the code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from tito.jail.jail import Jailed
from tito.jail.limits import Limits
from tito.jail.temporary import TemporaryFolder
from tito.wire.processes import absolute_python_path, plain_process


class Unjailed:
    """Starter of plain processes: the code may do all that its caller may.

    Args:
        limits: only the wall clock of these is held.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._folder = TemporaryFolder("unjailed")

    def __enter__(self) -> Unjailed:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._folder.close()

    def __call__(self, folder: Path) -> subprocess.Popen[bytes]:
        """Start a runner of calls."""
        return plain_process(folder)

    def start(self) -> Jailed:
        """Start a runner of cells, in a folder that is gone afterwards."""
        return Jailed(
            [sys.executable, "-m", "tito.jail.cell_runner"],
            self._limits.wall_seconds,
            folder=str(self._folder.path),
            environment={**os.environ, "PYTHONPATH": absolute_python_path()},
        )

    def times_full(self) -> int:
        """Return 0: nothing counts."""
        return 0
