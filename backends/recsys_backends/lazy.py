"""Public names that are imported at their first use, listed once: in the package's stub file.

A package that says ``__getattr__, __dir__ = lazy_exports(__name__, __file__)`` exports what its
``__init__.pyi`` lists, for type checkers, editors and Python alike. Each line of the stub is
``from module import name as name``, or ``from package import *`` for all that the stub of a package
further in lists. The stub is read when the first name is asked for.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

_ONE: Final = re.compile(r"from ([\w.]+) import (\w+) as \2$")
_ALL: Final = re.compile(r"from ([\w.]+) import \*$")


def lazy_exports(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package; the former knows ``__all__`` as well.

    Args:
        package: ``__name__`` of the package.
        file: ``__file__`` of the package, an ``__init__.py`` with an ``__init__.pyi`` beside it.
    """
    stub = Path(file).with_suffix(".pyi")

    def get(name: str) -> Any:
        if name == "__all__":
            return names()
        home = None if name.startswith("__") else exported_names(package, stub).get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(home), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted(exported_names(package, stub))

    return get, names


@lru_cache
def exported_names(package: str, stub: Path) -> dict[str, str]:
    """Return the module of each name that a stub file lists, in the order of the file.

    Raises:
        SyntaxError: a line of another form.
    """
    return dict(_listed(package, stub))


def _listed(package: str, stub: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(stub.read_text(encoding="utf-8").splitlines(), 1):
        if one := _ONE.match(line):
            yield one[2], one[1]
        elif (every := _ALL.match(line)) and every[1].startswith(f"{package}."):
            inner = every[1].removeprefix(f"{package}.").split(".")
            yield from _listed(every[1], stub.parent.joinpath(*inner, "__init__.pyi"))
        elif line and not line.startswith("#"):
            raise SyntaxError(f"{stub}, line {number}: not `from module import name as name`")
