"""Limits of a jail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MIB: Final = 2**20


@dataclass(frozen=True)
class Limits:
    """Limits of one jail; sizes in bytes."""

    memory: int = 2048 * MIB
    """Memory of all processes and files together where a control group can be made, else of each
    process."""
    cpu_seconds: int = 600
    """Processor seconds of each process."""
    wall_seconds: float = 1200.0
    """Seconds from the start of a jail to its end."""
    processors: float = 2.0
    """Processors that all processes together may use at a time, where a control group can be made;
    as many as ``threads`` where that is more."""
    processes: int = 96
    """Processes and threads together."""
    open_files: int = 256
    file_bytes: int = 256 * MIB
    """Size of one file."""
    work_bytes: int = 256 * MIB
    """Size of all files in the working folder; as much again in /tmp, and in /dev/shm."""
    threads: int = 1
    """Threads that the libraries for linear algebra start."""

    def as_rlimits(self, *, grouped: bool) -> dict[str, int]:
        """Return the limits by the names of ``resource.RLIMIT_*``; ``inside.py`` sets them.

        Address space is no good measure of memory (libraries reserve far more than they use), so it
        is held tightly only where nothing else holds the memory.
        """
        return {
            "AS": 8 * self.memory if grouped else self.memory,
            "CPU": self.cpu_seconds,
            "NPROC": self.processes,
            "NOFILE": self.open_files,
            "FSIZE": self.file_bytes,
            "CORE": 0,
            "MEMLOCK": 0,
            "MSGQUEUE": 0,
            "SIGPENDING": 256,
        }
