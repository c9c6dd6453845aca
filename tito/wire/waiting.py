"""Time that processes have waited for a processor, by the account of the kernel."""

from __future__ import annotations

import contextlib
from pathlib import Path

_PROCESSES = Path("/proc")


def waits_below(pid: int) -> dict[int, float]:
    """Return the seconds that each task of a process and its descendants has waited.

    A task that sleeps waits for no processor. Empty where the kernel keeps no such account.

    Raises:
        OSError: /proc cannot be listed, because too many files are open, for example.
    """
    found: dict[int, float] = {}
    for process in _with_descendants(pid):
        with contextlib.suppress(OSError):
            for task in (_PROCESSES / str(process) / "task").iterdir():
                _, waited, _ = (task / "schedstat").read_text().split()
                found[int(task.name)] = int(waited) / 1e9
    return found


def longest_wait(before: dict[int, float], after: dict[int, float]) -> float:
    """Return the seconds that the task which waited longest has waited between two accounts."""
    return max((after[task] - before.get(task, 0.0) for task in after), default=0.0)


def _with_descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for path in _PROCESSES.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # Any process of the machine may have bytes that are no text in its name.
            parent = path.read_bytes().rpartition(b")")[2].split()[1]
            children.setdefault(int(parent), []).append(int(path.parent.name))
    found = [pid]
    for process in found:
        found += children.get(process, ())
    return found
