"""Which folders and files of site-packages a package needs: its own, and those it depends on."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.metadata import packages_distributions as distributions_by_module
from pathlib import Path
from typing import Final

_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+)[^;]*(?:;(.*))?")


def entries_for(modules: Iterable[str]) -> list[Path]:
    """What has to be in a folder on the path so that these modules can be imported from there.

    Args:
        modules: top-level names, such as ``numpy``; those of the standard library, and what is not
            installed, have no entries.
    """
    by_module = _by_module()
    wanted = [name for module in modules for name in by_module.get(module, ())]
    entries: dict[Path, None] = {}
    seen: set[str] = set()
    while wanted:
        name = wanted.pop().lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:  # an optional one
            continue
        entries.update(dict.fromkeys(_entries(found)))
        wanted += _required(found)
    return list(entries)


@functools.cache
def _by_module() -> dict[str, list[str]]:
    return dict(distributions_by_module())


def _required(found: Distribution) -> list[str]:
    """The names that it requires in any case, or on some platforms; no extras."""
    names = []
    for line in found.requires or ():
        match = _REQUIREMENT.match(line)
        if match and "extra" not in (match[2] or ""):
            names.append(match[1])
    return names


def _entries(found: Distribution) -> list[Path]:
    """The first parts of its files' paths; scripts, which lie elsewhere, are left out."""
    first = {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "/")}
    first.discard("__pycache__")
    paths = [Path(str(found.locate_file(part))) for part in sorted(first)]
    return [path for path in paths if path.exists()]
