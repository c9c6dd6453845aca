"""Mounts of a jail, as arguments for bubblewrap: a file that is not named is not there."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import recsys_backends
import recsys_edu
from tito.jail.limits import MIB, Limits
from tito.jail.packages import ANSWERS

CODE: Final = "/jail/code"
LIBRARY: Final = "/jail/library"
PACKAGES: Final = "/jail/packages"
WORK: Final = "/desk"
DATA: Final = "/data"
FONTS: Final = "/jail/fonts"
_KEPT_IN_PROC: Final = frozenset(
    ("cpuinfo", "filesystems", "meminfo", "mounts", "net", "self", "thread-self", "version")
)
"""Names in /proc, beside processes, that libraries read. Most others are counters of the whole
machine, by which one jail could read what another does."""
_PASSWD: Final = "learner:x:{uid}:{uid}::/desk:/bin/sh\n"


class Mounts:
    """Collector of mounts. Folders above them are readable by all; bubblewrap's own are 0700."""

    def __init__(self) -> None:
        self.arguments: list[str] = []
        self._made = {"/"}

    def folder(self, path: str) -> None:
        """Add an empty folder, and those above it."""
        for place in (*reversed(Path(path).parents), Path(path)):
            if str(place) not in self._made:
                self._made.add(str(place))
                self.arguments += ["--perms", "0755", "--dir", str(place)]

    def read_only(self, source: Path | str, target: Path | str | None = None) -> None:
        """Add a folder or file of the machine, at the same place where no other is given."""
        target = str(target or source)
        self.folder(str(Path(target).parent))
        self._made.add(target)
        self.arguments += ["--ro-bind", str(source), target]

    def writable(self, source: Path | str, target: str) -> None:
        """Mount a file of the machine that both sides write to."""
        self.folder(str(Path(target).parent))
        self._made.add(target)
        self.arguments += ["--bind", str(source), target]

    def room(self, path: str, size: int) -> None:
        """Add a folder to write in, in memory."""
        self.folder(str(Path(path).parent))
        self._made.add(path)
        self.arguments += ["--perms", "1777", "--size", str(size), "--tmpfs", path]

    def contents(self, descriptor: int, target: str) -> None:
        """Add a file with the contents that an open descriptor gives."""
        self.folder(str(Path(target).parent))
        self._made.add(target)
        self.arguments += ["--perms", "0444", "--ro-bind-data", str(descriptor), target]

    def empty(self, path: Path) -> None:
        """Hide a folder that came along with another."""
        self.arguments += ["--size", "4096", "--tmpfs", str(path), "--remount-ro", str(path)]


def system(view: Mounts, *, compilers: bool) -> None:
    """Add the dynamic loader, the shared libraries and Python, without any of its packages."""
    for name in ("bin", "lib", "lib64"):
        top = Path("/", name)
        if top.is_symlink():
            view.arguments += ["--symlink", str(top.readlink()), str(top)]
        elif top.is_dir() and (name != "bin" or compilers):
            view.read_only(top)
    libraries = [Path("/usr/lib64"), Path("/usr/lib", sysconfig.get_config_var("MULTIARCH") or "")]
    python = _python()
    wanted = libraries + python
    if compilers:
        names = ("bin", "include", "lib", "lib64", "libexec")
        wanted += [Path("/usr", name) for name in names]
        wanted += [Path(sysconfig.get_path("include")), Path("/etc/alternatives")]
    for path in _outermost(wanted):
        view.read_only(path)
    for path in _packages_of_the_system(_outermost(wanted)):
        view.empty(path)
    for name in ("/etc/ld.so.cache", "/etc/localtime"):
        if Path(name).exists():
            view.read_only(Path(name).resolve(), name)


def library(view: Mounts) -> None:
    """Add recsys_edu and recsys_backends as a whole, and every package but the model answers."""
    for package in (recsys_edu, recsys_backends):
        view.read_only(Path(package.__path__[0]), f"{LIBRARY}/{package.__name__}")
    places = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    for number, place in enumerate(sorted(places)):
        view.read_only(Path(place).resolve(), f"{PACKAGES}{number or ''}")
        if Path(place, ANSWERS).exists():
            view.empty(Path(f"{PACKAGES}{number or ''}", ANSWERS))


def packages(view: Mounts, entries: Iterable[Path]) -> None:
    """Add single packages."""
    for entry in entries:
        view.read_only(entry.resolve(), f"{PACKAGES}/{entry.name}")


def rooms(view: Mounts, limits: Limits, nothing: Path) -> None:
    """Add processes and devices of the jail's own, and folders to write in.

    Args:
        view: mounts so far.
        limits: sizes of the folders.
        nothing: an empty file, to cover others.
    """
    view.arguments += ["--proc", "/proc", "--dev", "/dev"]
    _cover_machine(view, nothing)
    # Terminals are counted by machine, and no lesson needs one.
    view.empty(Path("/dev/pts"))
    for path in ("/tmp", "/dev/shm", WORK):
        view.room(path, limits.work_bytes)
    view.room(FONTS, 4 * MIB)
    view.folder("/etc")


def _cover_machine(view: Mounts, nothing: Path) -> None:
    """Cover the first process of a jail, and all of /proc that is not about its processes.

    The first process is bubblewrap's own. Without root, it has the same user as the jailed code,
    which could write to its memory; it has no limits, and outlives the others.
    """
    view.empty(Path("/proc/1"))
    for path in sorted(Path("/proc").iterdir()):
        if path.name.isdigit() or path.name in _KEPT_IN_PROC or path.is_symlink():
            continue
        if path.is_dir():
            view.empty(path)
        else:
            view.arguments += ["--ro-bind", str(nothing), str(path)]


def sealed(view: Mounts) -> None:
    """Make everything else read-only."""
    view.arguments += ["--remount-ro", "/dev", "--remount-ro", "/"]


def passwd(uid: int) -> bytes:
    """Return /etc/passwd with the one user of a jail."""
    return _PASSWD.format(uid=uid).encode()


def python_path() -> str:
    """Return PYTHONPATH in a jail."""
    return ":".join((CODE, LIBRARY, PACKAGES, f"{PACKAGES}1"))


def interpreter() -> Path:
    """Return the Python that a virtual environment was made of; a jail has the same."""
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def _python() -> list[Path]:
    """Return the interpreter, its standard library, and the shared libraries beside it."""
    if sys.base_prefix == "/usr":
        names = ("stdlib", "platstdlib")
        return [interpreter(), *{Path(sysconfig.get_path(name)) for name in names}]
    return [interpreter(), Path(sys.base_prefix, "lib")]


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """Return the paths that exist and are inside of no other of them."""
    there = sorted({path for path in paths if path.exists()})
    return [path for path in there if not any(other in path.parents for other in there)]


def _packages_of_the_system(places: Iterable[Path]) -> list[Path]:
    """Return the folders of installed packages inside of these."""
    patterns = (
        "python*/site-packages", "python*/dist-packages",
        "lib/python*/site-packages", "lib/python*/dist-packages", "site-packages", "dist-packages",
    )  # fmt: skip
    found = {path for place in places if place.is_dir() for p in patterns for path in place.glob(p)}
    return sorted(path for path in found if path.is_dir() and not path.is_symlink())
