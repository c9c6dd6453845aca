"""Control groups of a timed jail: its processors, a freezer, and an account of processor time.

A frozen process does nothing, so what a judge reads of it stays as it was. The account is exact
once the processes are frozen, because the kernel charges a thread when it leaves its processor.

Under version 1 there is one folder a controller, under version 2 one for all. A process frozen
under version 1 keeps even SIGKILL waiting until it is thawed, and outlives its judge like that.
So each folder is held by a lock that ends with the judge, and ``sweep`` ends whatever is frozen in
folders that nobody holds.
"""

from __future__ import annotations

import contextlib
import fnmatch
import itertools
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from recsys_edu.errors import RecsysError
from tito.jail.cgroups import MemoryGroup, limit_memory
from tito.jail.held import make_held, seized

ROOT: Final = Path("/sys/fs/cgroup")
PREFIX: Final = "recsys-timed"
SECONDS_TO_FREEZE: Final = 2.0
SECONDS_TO_END: Final = 5.0
_CONTROLLERS: Final = ("freezer", "cpuset", "cpuacct")
_WEIGHTS: Final = (("cpu.shares", "262144"), ("cpu.weight", "10000"))
"""Largest weights of versions 1 and 2: other work on the machine waits for what is timed."""
_SECONDS_BETWEEN: Final = 0.005
_numbers = itertools.count()


class NoTimedGroupError(RecsysError, RuntimeError):
    """A machine that cannot freeze a jail, give it processors or count their time; says why."""


class NotFrozenError(RecsysError, RuntimeError):
    """Processes of a group that would not freeze; they have been ended."""


class TimedGroup:
    """Freezer, processors and account of one jail. Close it.

    Args:
        folders: control groups in the order of ``_CONTROLLERS``, and one for the weight where the
            machine has it; the same one where there is one for all.
        version: of the kernel's interface, 1 or 2.
        lock: descriptor of the first folder, locked.
    """

    def __init__(self, folders: list[Path], version: int, lock: int) -> None:
        self.version = version
        self._folders = folders
        self._lock = lock
        names = ("freezer.state", "freezer.state", "cpuacct.usage")
        if version == 2:
            names = ("cgroup.freeze", "cgroup.events", "cpu.stat")
        places = (folders[0], folders[0], folders[_CONTROLLERS.index("cpuacct")])
        flags = (os.O_WRONLY, os.O_RDONLY, os.O_RDONLY)
        files = [
            os.open(place / name, flag | os.O_CLOEXEC)
            for place, name, flag in zip(places, names, flags, strict=True)
        ]
        self._switch, self._state, self._account = files

    @property
    def entries(self) -> list[Path]:
        """Files by which a process joins: it writes ``0`` to each."""
        return [folder / "cgroup.procs" for folder in self._folders]

    @property
    def folder(self) -> Path:
        """Folder of the freezer."""
        return self._folders[0]

    def processes(self) -> list[int]:
        """Numbers of the processes in the group, as far as they can be seen from here."""
        return _processes(self.folder)

    def is_frozen(self) -> bool:
        """Return whether every process of the group has stopped."""
        state = os.pread(self._state, 256, 0)
        return b"frozen 1" in state if self.version == 2 else state.strip() == b"FROZEN"

    def start_freezing(self) -> None:
        """Have every process stop before it gets to its own code again."""
        os.pwrite(self._switch, b"1" if self.version == 2 else b"FROZEN", 0)

    def freeze(self) -> None:
        """Stop every process, and return once all have stopped.

        Raises:
            NotFrozenError: some would not within ``SECONDS_TO_FREEZE``; all have been ended.
        """
        self.start_freezing()
        end = time.monotonic() + SECONDS_TO_FREEZE
        while not self.is_frozen():
            if time.monotonic() > end:
                self.end()
                raise NotFrozenError("its processes could not be stopped, and have been ended.")
            os.sched_yield()  # to whatever is to stop, on a machine with one processor

    def thaw(self) -> None:
        """Let every process go on."""
        os.pwrite(self._switch, b"0" if self.version == 2 else b"THAWED", 0)

    def cpu_ns(self) -> int:
        """Processor time used so far, in nanoseconds; exact while frozen."""
        account = os.pread(self._account, 512, 0)
        if self.version == 1:
            return int(account)
        found = dict(line.split() for line in account.splitlines())
        return int(found[b"usage_usec"]) * 1000

    def hold_memory(self, limit: int) -> MemoryGroup | None:
        """Limit the memory of a group of version 2, in bytes; None where it cannot be."""
        return MemoryGroup(self.folder) if limit_memory(self.folder, limit) else None

    def end(self) -> None:
        """Kill every process, frozen or not, and wait until all have gone."""
        _end_processes(self.folder)

    def close(self) -> None:
        """End what is still in the group, and remove it."""
        if self._lock < 0:
            return
        self.end()
        for descriptor in (self._switch, self._state, self._account):
            os.close(descriptor)
        _remove(self._folders)
        os.close(self._lock)
        self._lock = -1


def timed_group(n_cpus: int) -> TimedGroup:
    """Make a group that has some of this machine's processors, after sweeping leftovers.

    Args:
        n_cpus: number of processors; all where the machine has fewer.

    Raises:
        NoTimedGroupError: the machine lacks a controller, or this process may not make groups.
    """
    sweep()
    own = Path("/proc/self/cgroup").read_text()
    reasons = []
    for version, parents in _parents(own):
        try:
            return _make(version, parents, n_cpus)
        except OSError as error:
            where = error.filename or parents[0]
            reasons.append(f"{os.path.relpath(where, ROOT)}: {error.strerror}")
    raise NoTimedGroupError(
        "no control group with a freezer, a cpuset and an account of processor time can be made "
        f"here ({'; '.join(reasons) or 'the kernel offers none'}): run it as root."
    )


def sweep() -> None:
    """End frozen processes whose judge has gone, and remove their groups."""
    for top in (ROOT / "freezer", ROOT, ROOT / "unified"):
        if not (top / "cgroup.procs").exists():
            continue
        for folder in folders_below(top, f"{PREFIX}-*"):
            with contextlib.suppress(OSError):
                _sweep_one(folder)
    for controller in (*_CONTROLLERS[1:], "cpu"):
        for folder in folders_below(ROOT / controller, f"{PREFIX}-*"):
            # The freezer's folder is made first and removed last.
            if not any(folders_below(ROOT / "freezer", folder.name)):
                with contextlib.suppress(OSError):
                    folder.rmdir()


def folders_below(top: Path, pattern: str) -> Iterator[Path]:
    """Yield the folders of such a name at any depth; others may remove folders meanwhile."""
    for parent, names, _ in os.walk(top):  # Path.rglob fails at a folder that has just gone
        for name in fnmatch.filter(names, pattern):
            yield Path(parent, name)


def _sweep_one(folder: Path) -> None:
    with seized(folder):
        _end_processes(folder)
        folder.rmdir()


def _parents(own: str) -> Iterator[tuple[int, list[Path]]]:
    """Yield versions with the folders in which a group of each controller can be made.

    Args:
        own: content of /proc/self/cgroup.
    """
    lines = [line.split(":", 2) for line in own.splitlines()]
    paths = {name: path for _, names, path in lines for name in names.split(",")}
    if all((ROOT / name / "cgroup.procs").exists() for name in _CONTROLLERS):
        names = [*_CONTROLLERS, *(["cpu"] if (ROOT / "cpu" / "cgroup.procs").exists() else [])]
        ones = [ROOT / name / paths.get(name, "/").lstrip("/") for name in names]
        yield (
            1,
            [one if one.is_dir() else ROOT / name for one, name in zip(ones, names, strict=True)],
        )
    elif (ROOT / "cgroup.controllers").exists():
        group = ROOT / paths.get("", "/").lstrip("/")
        for folder in (group, *group.parents):
            if folder == ROOT or ROOT in folder.parents:
                yield 2, [folder] * len(_CONTROLLERS)


def _new_folder(parent: Path) -> Path:
    folder = parent / f"{PREFIX}-{os.getpid()}-{next(_numbers)}"
    folder.mkdir()
    return folder


def _make(version: int, parents: list[Path], n_cpus: int) -> TimedGroup:
    """Make the folders and give them processors; OSError where that is not possible."""
    first, lock = make_held(lambda: _new_folder(parents[0]))
    folders = [parent / first.name for parent in parents]
    try:
        for folder in folders:
            folder.mkdir(exist_ok=True)
        cpuset = folders[_CONTROLLERS.index("cpuset")]
        _give_processors(cpuset, parents[_CONTROLLERS.index("cpuset")], version, n_cpus)
        for name, weight in _WEIGHTS:
            if (folders[-1] / name).exists():
                (folders[-1] / name).write_text(weight)
        return TimedGroup(folders, version, lock)
    except OSError:
        _remove(folders)
        os.close(lock)
        raise


def _give_processors(folder: Path, parent: Path, version: int, n_cpus: int) -> None:
    """Give the last processors of the parent: the kernel's own work is often on the first."""
    suffix = {1: "effective_{}", 2: "{}.effective"}[version]
    for kind in ("cpus", "mems"):
        theirs = (parent / f"cpuset.{suffix.format(kind)}").read_text().strip()
        chosen = theirs
        if kind == "cpus":
            chosen = ",".join(str(number) for number in numbers_in(theirs)[-n_cpus:])
        (folder / f"cpuset.{kind}").write_text(chosen)


def numbers_in(text: str) -> list[int]:
    """Return the numbers in the kernel's list of ranges: ``0-2,5`` is 0, 1, 2 and 5."""
    found: list[int] = []
    for part in filter(None, text.strip().split(",")):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def _processes(folder: Path) -> list[int]:
    """Numbers of processes; 0 stands for one of another namespace, which is not ours to end."""
    try:
        numbers = (folder / "cgroup.procs").read_text().split()
    except OSError:
        return []
    return [int(number) for number in numbers if int(number) > 0]


def _end_processes(folder: Path) -> None:
    """Kill first and thaw then, so that none of them gets to run again."""
    end = time.monotonic() + SECONDS_TO_END
    while pids := _processes(folder):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for switch, thawed in (("freezer.state", "THAWED"), ("cgroup.freeze", "0")):
            if (folder / switch).exists():
                (folder / switch).write_text(thawed)
        if time.monotonic() > end:
            return
        time.sleep(_SECONDS_BETWEEN)


def _remove(folders: list[Path]) -> None:
    """Remove the folders, the freezer's last; a process may still be ending in one."""
    for folder in reversed(list(dict.fromkeys(folders))):
        end = time.monotonic() + SECONDS_TO_END
        while folder.exists():
            try:
                folder.rmdir()
            except OSError:
                if time.monotonic() > end:
                    break
                time.sleep(_SECONDS_BETWEEN)
