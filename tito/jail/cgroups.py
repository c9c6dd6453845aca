"""Limits of a whole jail, by control groups of the kernel, where they can be had.

As root it nearly always can. For others it takes version 2 and a group that has been delegated to
them, such as that of ``systemd-run --user --scope -p Delegate=yes tito grade …``.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

_ROOT: Final = Path("/sys/fs/cgroup")
_TRIES: Final = 200
_SECONDS_BETWEEN: Final = 0.01
_PERIOD: Final = 100_000
"""Microseconds after which a group gets processor time anew."""
_PREFIX: Final = "recsys-jail"
_numbers = itertools.count()


class ControlGroup:
    """Control group of one jail. Close it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def entry(self) -> Path:
        """File by which a process joins: it writes ``0`` there."""
        return self._folder / "cgroup.procs"

    def close(self) -> None:
        """End what is still in the group and remove it."""
        for _ in range(_TRIES):
            try:
                self._folder.rmdir()
            except FileNotFoundError:
                return
            except OSError:  # a process is in it, or still ending
                with contextlib.suppress(OSError):
                    for pid in self.entry.read_text().split():
                        os.kill(int(pid), signal.SIGKILL)
                time.sleep(_SECONDS_BETWEEN)
            else:
                return


class MemoryGroup(ControlGroup):
    """Control group: its processes and their temporary files share one limit. Close it."""

    @property
    def version(self) -> int:
        """Version of the kernel's interface: 1 or 2."""
        return 1 if (self._folder / "memory.limit_in_bytes").exists() else 2

    def times_full(self) -> int:
        """Count the processes of the group that the kernel has ended for want of memory."""
        events = self._folder / ("memory.oom_control" if self.version == 1 else "memory.events")
        counts = dict(line.split() for line in events.read_text().splitlines())
        return int(counts.get("oom_kill", 0))

    def hold_processors(self, processors: float) -> bool:
        """Limit the processor time as well, under version 2; return whether the kernel has."""
        return self.version == 2 and limit_processors(self._folder, processors)


def memory_group(limit: int, own: str | None = None) -> MemoryGroup | None:
    """Make a group with a limit in bytes; None where this process may not make one.

    Args:
        limit: bytes of memory and, where the kernel counts it, of memory and swap together.
        own: content of /proc/self/cgroup; for tests.
    """
    for parent in _parents(own if own is not None else Path("/proc/self/cgroup").read_text()):
        folder = _new_group(parent, functools.partial(limit_memory, limit=limit))
        if folder is not None:
            return MemoryGroup(folder)
    return None


def processor_group(processors: float, own: str | None = None) -> ControlGroup | None:
    """Make a group of version 1 that bounds processor time; None where it cannot be made.

    All groups have the same weight: the many processes of one jail together get as much time as
    the one process of another.

    Args:
        processors: processors that its processes may use at a time, all together.
        own: content of /proc/self/cgroup; for tests.
    """
    lines = (own if own is not None else Path("/proc/self/cgroup").read_text()).splitlines()
    for _, controllers, path in (line.split(":", 2) for line in lines):
        parent = _ROOT / "cpu" / path.lstrip("/")
        if "cpu" not in controllers.split(",") or not parent.is_dir():
            continue
        folder = _new_group(parent, functools.partial(limit_processors, processors=processors))
        if folder is not None:
            return ControlGroup(folder)
    return None


def _new_group(parent: Path, limited: Callable[[Path], bool]) -> Path | None:
    """Make a group that its limit could be written to; None where one cannot be had."""
    _sweep(parent)
    folder = parent / f"{_PREFIX}-{os.getpid()}-{next(_numbers)}"
    try:
        folder.mkdir()
    except OSError:
        return None
    if limited(folder):
        return folder
    folder.rmdir()
    return None


def limit_processors(folder: Path, processors: float) -> bool:
    """Write a group's share of processor time; return whether the kernel has taken it."""
    quota = int(processors * _PERIOD)
    try:
        if (folder / "cpu.max").exists():
            (folder / "cpu.max").write_text(f"{quota} {_PERIOD}")
            return True
        if (folder / "cpu.cfs_quota_us").exists():
            (folder / "cpu.cfs_period_us").write_text(str(_PERIOD))
            (folder / "cpu.cfs_quota_us").write_text(str(quota))
            return True
    except OSError:
        return False
    return False


def _parents(own: str) -> list[Path]:
    """Return the folders in which a group could be made: this process's own, or the one above.

    Under version 2 a group with processes in it can have no limited groups below it.
    """
    found = []
    for line in own.splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            found.append(_ROOT / "memory" / path.lstrip("/"))
        elif not controllers and (_ROOT / "cgroup.controllers").exists():
            group = _ROOT / path.lstrip("/")
            found += [group, *([group.parent] if group != _ROOT else [])]
    return [folder for folder in found if folder.is_dir()]


def limit_memory(folder: Path, limit: int) -> bool:
    """Write a group's limit in bytes; return whether the kernel has taken it."""
    wanted = ("memory.limit_in_bytes", "memory.max")
    name = next((name for name in wanted if (folder / name).exists()), None)
    if name is None:
        return False
    try:
        (folder / name).write_text(str(limit))
        for swap, value in (("memory.memsw.limit_in_bytes", limit), ("memory.swap.max", 0)):
            if (folder / swap).exists():
                (folder / swap).write_text(str(value))
    except OSError:
        return False
    return True


def _sweep(parent: Path) -> None:
    """Remove the empty groups of processes that are no more."""
    for folder in parent.glob(f"{_PREFIX}-*"):
        owner = folder.name.split("-")[2]
        if owner.isdigit() and not Path("/proc", owner).exists():
            with contextlib.suppress(OSError):
                folder.rmdir()
