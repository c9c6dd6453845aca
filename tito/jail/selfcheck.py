"""Report on the jail that this runs in; ``availability.py`` checks the report."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from pathlib import Path


def report() -> dict[str, object]:
    """Return the kernel's view of this process."""
    status = dict(line.split(":\t", 1) for line in _lines("/proc/self/status") if ":\t" in line)
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    return {
        "capabilities": int(status["CapEff"], 16) | int(status["CapPrm"], 16),
        "no_new_privileges": status["NoNewPrivs"] == "1",
        "filtered": status["Seccomp"] == "2",
        "processes": sum(name.isdigit() for name in os.listdir("/proc")),  # noqa: PTH208
        "first_process_shown": Path("/proc/1/status").exists(),
        "locks": _can_lock(),
        "interfaces": [line.split(":")[0].strip() for line in _lines("/proc/net/dev")[2:]],
    }


def _can_lock() -> bool:
    """Return whether a file that other jails have as well can be locked."""
    with Path(__file__).open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH)
        except OSError:
            return False
    return True


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="ascii").splitlines()


if __name__ == "__main__":
    print(json.dumps(report()))
