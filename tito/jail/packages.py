"""Distributions that a lesson may import: their modules and files, with what they depend on."""

from __future__ import annotations

import csv
import functools
import re
import sysconfig
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

OURS: Final = ("recsys_backends", "recsys_edu", "tito")
"""Packages of this software. Lessons allow single modules of them, never a whole distribution."""
ANSWERS: Final = "recsys_edu_answers"
"""Package with the lessons' model answers, which no jail has and no judged code may import."""
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+)[^;]*(?:;(.*))?")
_NOT_MODULES: Final = (".dist-info", ".egg-info", ".libs", ".data", ".pth")


def entries_for(names: Iterable[str]) -> list[Path]:
    """Return the files and folders of site-packages that distributions consist of.

    Args:
        names: of distributions; what they require is included. Names of this software's modules,
            and distributions that are not installed, have no entries.
    """
    return list(_contents(tuple(names)))


def modules_of(names: Iterable[str]) -> list[str]:
    """Return the modules that may be imported where distributions are allowed.

    Args:
        names: of distributions; what they require is included. A module of this software, and a
            name that is not installed, stand for themselves.
    """
    wanted = tuple(name for name in names if name.partition(".")[0] != ANSWERS)
    found = (path.name for path in _contents(wanted) if not path.name.endswith(_NOT_MODULES))
    return sorted({*wanted, *(name.partition(".")[0] for name in found)})


def installed_modules() -> list[str]:
    """Return the names of all modules in site-packages, and of this software's packages."""
    places = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    found = (path.name for place in places for path in Path(place).iterdir())
    names = {name.partition(".")[0] for name in found if not name.endswith(_NOT_MODULES)}
    return sorted({name for name in names if name.isidentifier()} | {*OURS, ANSWERS})


@functools.lru_cache(maxsize=64)
def _contents(names: tuple[str, ...]) -> tuple[Path, ...]:
    """Paths in site-packages of these distributions and of those that they require."""
    paths = [
        Path(str(found.locate_file(part)))
        for found in _with_requirements(names)
        for part in _top_level(found)
    ]
    return tuple(path for path in dict.fromkeys(paths) if path.exists())


def _with_requirements(names: Iterable[str]) -> list[Distribution]:
    """Installed distributions of these names and those that they require, each once."""
    wanted = [name for name in names if name.partition(".")[0] not in OURS]
    found: dict[str, Distribution] = {}
    seen = {_normalized(ANSWERS)}
    while wanted:
        name = _normalized(wanted.pop())
        if name in seen:
            continue
        seen.add(name)
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:  # an optional one, or one for another platform
            continue
        wanted += _required(found[name])
    return list(found.values())


def _normalized(name: str) -> str:
    """Return the name of a distribution as it is compared with others."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _required(found: Distribution) -> list[str]:
    """Names that a distribution requires in any case, or on some platforms; no extras."""
    names = []
    for line in found.requires or ():
        match = _REQUIREMENT.match(line)
        if match and "extra" not in (match[2] or ""):
            names.append(match[1])
    return names


def _top_level(found: Distribution) -> list[str]:
    """First parts of the paths of a distribution's files; scripts lie elsewhere."""
    record = found.read_text("RECORD") or _listed(found)
    rows = csv.reader(record.splitlines())  # far faster than ``Distribution.files``
    first = {row[0].partition("/")[0] for row in rows if row}
    return sorted(first - {"..", "", "__pycache__"})


def _listed(found: Distribution) -> str:
    """Files of a distribution without RECORD, one a line."""
    return "\n".join(str(file) for file in found.files or ())
