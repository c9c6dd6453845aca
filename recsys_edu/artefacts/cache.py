"""A folder of built modules, each under a digest of everything that it was made of."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recsys_edu.artefacts import recipe
from recsys_edu.artefacts.artefact import Artefact
from recsys_edu.artefacts.toolchain import Toolchain
from recsys_edu.atomic import atomic_path

MOST_KEPT: Final = 512
"""Number of modules that a folder keeps; those that were not used for longest go first."""
_SUFFIX: Final = ".module"

Builder = Callable[[Artefact], bytes]


@dataclass(frozen=True)
class BuildCache:
    """Built modules in a folder. Several processes may use it at a time.

    Args:
        folder: made where it does not exist.
    """

    folder: Path

    def module_of(self, artefact: Artefact, toolchain: Toolchain, builder: Builder) -> bytes:
        """Return the built module of an artefact, which is built where it is not kept already.

        Args:
            artefact: of a kind that is compiled.
            toolchain: the compilers that the builder uses.
            builder: builds it; whatever it raises is passed on, and nothing is kept then.
        """
        path = self.folder / name_of(artefact, toolchain)
        found = _found(path)
        if found is not None:
            with contextlib.suppress(OSError):  # the folder may be another's
                os.utime(path)
            return found
        module = builder(artefact)
        self._keep(path, module)
        return module

    def _keep(self, path: Path, module: bytes) -> None:
        """Write a module; a folder that cannot be written to only costs time."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with atomic_path(path) as unfinished:
                unfinished.write_bytes(content_of(module))
            self._prune()

    def _prune(self) -> None:
        kept = sorted(self.folder.glob(f"*{_SUFFIX}"), key=_last_used)
        for path in kept[: max(0, len(kept) - MOST_KEPT)]:
            path.unlink(missing_ok=True)


def name_of(artefact: Artefact, toolchain: Toolchain) -> str:
    """Return the file name under which a built module is kept."""
    return f"{key_of(artefact, toolchain)}{_SUFFIX}"


def content_of(module: bytes) -> bytes:
    """Return the file in which a built module is kept: a digest of it, and the module."""
    return hashlib.sha256(module).digest() + module


def key_of(artefact: Artefact, toolchain: Toolchain) -> str:
    """Return a digest of sources, recipe, Cython's and the compiler's version, and Python's ABI."""
    parts = (
        artefact.digest(),
        str(recipe.VERSION),
        repr((recipe.FLAGS_GNU, recipe.FLAGS_MSVC, recipe.DIRECTIVES, recipe.MACROS)),
        toolchain.cython,
        toolchain.compiler,
        toolchain.abi,
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _found(path: Path) -> bytes | None:
    """Return a kept module; None where there is none, or the disk has damaged it."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, module = content[:32], content[32:]
    return module if hashlib.sha256(module).digest() == digest else None


def _last_used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process has removed it
        return time.time()
