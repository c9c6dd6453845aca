"""How much a jail may use before it is stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MIB: Final = 2**20


@dataclass(frozen=True)
class Limits:
    """The limits of one jail; sizes in bytes."""

    memory: int = 2048 * MIB
    """Of all processes and files together where there is a control group, else of each process."""
    cpu_seconds: int = 600
    """Of each process."""
    wall_seconds: float = 1200.0
    """From the start of a jail until it is ended, whatever it does."""
    processes: int = 96
    """Threads count as well."""
    open_files: int = 256
    file_bytes: int = 256 * MIB
    """Of one file."""
    work_bytes: int = 256 * MIB
    """Of all files in the working folder; as many in /tmp, and in /dev/shm."""
    threads: int = 1
    """How many the libraries for linear algebra start."""

    def as_rlimits(self, *, grouped: bool) -> dict[str, int]:
        """By the names of ``resource.RLIMIT_*``; set by ``inside.py``.

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
        }
