"""An entry as a module that runners load: built once, in a jail where its author is not trusted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from recsys_edu.artefacts.artefact import Artefact, Kind, digest_of
from recsys_edu.artefacts.local import build_here, module_file
from recsys_edu.artefacts.recipe import BuildLimits
from recsys_edu.exported import PACKAGE
from tito.jail.building import build_in_jail
from tito.leaderboard.c_wrapper import wrapper_of
from tito.leaderboard.division import Division
from tito.leaderboard.entry import Entry

_DIGITS: Final = 12
_FILE: Final = "entry.py"
Builder = Callable[[Artefact], bytes]


def write_module(entry: Entry, division: Division, folder: Path, *, jailed: bool) -> Path:
    """Write an entry's module into a folder, building it where it is compiled; return its file.

    Args:
        entry: source.
        division: rules, of which the functions' names and the limits matter here.
        folder: an empty folder.
        jailed: build in a jail. Otherwise the build may do what its caller may.

    Raises:
        BuildError: it does not compile, or takes more than the limits.
        JailUnavailableError: no jail can be had.
    """
    path = folder / _FILE
    artefact = artefact_of(entry, division.op)
    if artefact is None:
        path.write_text(entry.source, encoding="utf-8")
        return path
    limits = BuildLimits(seconds=division.limits.build_seconds)
    module = build_in_jail(artefact, limits) if jailed else build_here(artefact)
    (folder / module_file(artefact.module)).write_bytes(module)
    names = "".join(f"    {name},\n" for name in division.functions)
    path.write_text(f"from {artefact.module} import (\n{names})\n", encoding="utf-8")
    return path


def artefact_of(entry: Entry, function: str) -> Artefact | None:
    """Return what has to be built for an entry; None for one in Python."""
    if entry.language == "python":
        return None
    files = {".pyx": entry.source.encode()}
    if entry.language == "c":
        files = {".pyx": wrapper_of(function).encode(), ".c": entry.source.encode()}
    name = f"_{function}_{digest_of(files)[:_DIGITS]}"
    named = {f"{name}.pyx": files[".pyx"]}
    if ".c" in files:  # Cython's own C file has the module's name
        named["kernel.c"] = files[".c"]
    return Artefact(Kind.CYTHON, f"{PACKAGE}.{name}", f"{name}.pyx", named)
