"""Start a runner in a plain process, and end a process with all that it has started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Protocol


class StartRunner(Protocol):
    """Function that starts a runner: in a plain process, or in a jail when marks depend on it."""

    def __call__(self, folder: Path) -> subprocess.Popen[bytes]:
        """Start ``tito.wire.runner`` in this folder, with pipes as its input and output."""


def plain_process(folder: Path) -> subprocess.Popen[bytes]:
    """Start a runner in a process that may do all that its caller may."""
    return subprocess.Popen(
        [sys.executable, "-m", "tito.wire.runner"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": absolute_python_path(), "PYTHONDONTWRITEBYTECODE": "1"},
        start_new_session=True,
    )


def absolute_python_path() -> str:
    """Return PYTHONPATH as it has to read in another folder."""
    parts = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return os.pathsep.join(str(Path(part).absolute()) for part in parts if part)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it has started in its session."""
    if hasattr(os, "killpg") and process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def close_pipes(process: subprocess.Popen[bytes]) -> None:
    """Close this side's ends; what has not been written goes nowhere."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
