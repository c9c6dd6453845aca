"""Import mask: while code is judged, only what its lesson allows can be imported."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

ALWAYS: Final = (
    *sys.stdlib_module_names, "numpy",
    "recsys_backends.plan", "recsys_backends.protocol", "recsys_backends.random",
)  # fmt: skip
"""Modules that every lesson's code may import: op cells consist of them."""


class Mask(MetaPathFinder):
    """Finder that refuses every module but those of a list, and what is inside of them.

    Args:
        allowed: modules that may be imported beside ``ALWAYS``.
        masked: top-level modules that are installed on the machine, also where a jail hides their
            files. A module that is neither among them nor to be found is missing: Python says so.
    """

    def __init__(self, allowed: Iterable[str], masked: Iterable[str]) -> None:
        self._allowed = frozenset((*ALWAYS, *allowed))
        self._masked = frozenset(masked)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Raise ImportError for a masked module; leave finding others to the other finders.

        Not ModuleNotFoundError: ``from package import module`` would hide its message.
        """
        if name.startswith("_sysconfigdata_"):  # the standard library's, named after the platform
            return None
        parts = name.split(".")
        ancestors = {".".join(parts[:n]) for n in range(1, len(parts) + 1)}
        within = any(a.startswith(name + ".") for a in self._allowed)
        if ancestors & self._allowed or within:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        if parts[0] not in self._masked and not any(
            f.find_spec(name, path, target) for f in others
        ):
            return None
        raise ImportError(
            f"{name} cannot be imported while your code is judged: what counts is what you write "
            "yourself, with NumPy and the standard library",
            name=name,
        )


def mask_answers(allowed: Iterable[str] = (), masked: Iterable[str] = ()) -> None:
    """Refuse imports of masked modules in this process from now on."""
    sys.meta_path.insert(0, Mask(allowed, masked))
