"""An artefact: files, their kind, and the module that they make."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from recsys_edu.errors import InvalidParameterError

MAX_FILES: Final = 64
MAX_BYTES: Final = 2**20
"""Size of all files of one artefact together, in bytes."""
_MODULE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)
_FILE: Final = re.compile(r"[A-Za-z0-9_]+\.(py|pyx|pxd|c|h)", re.ASCII)


class Kind(StrEnum):
    """The language of an artefact's entry module."""

    PYTHON = "python"
    CYTHON = "cython"
    C = "c"

    @property
    def suffix(self) -> str:
        """The ending of the file that the entry module is made of."""
        return {"python": ".py", "cython": ".pyx", "c": ".c"}[self]


@dataclass(frozen=True)
class Artefact:
    """A set of files that make one importable module.

    Args:
        kind: the language of the entry module; ``cython`` and ``c`` are compiled.
        module: dotted name of the entry module.
        entry: the file in ``files`` that the entry module is made of.
        files: contents by file name. They lie in one folder: a name has no ``/``. Beside the entry
            there may be Python modules, ``.pxd`` and ``.h`` files, and ``.c`` files, which are
            compiled into the entry module.

    Raises:
        InvalidParameterError: a name is not allowed, the entry is missing, or there is too much.
    """

    kind: Kind
    module: str
    entry: str
    files: Mapping[str, bytes] = field(hash=False)

    def __post_init__(self) -> None:
        if not _MODULE.fullmatch(self.module):
            raise InvalidParameterError(f"{self.module!r} is not the name of a module.")
        for name in self.files:
            if not _FILE.fullmatch(name):
                raise InvalidParameterError(
                    f"{name!r} cannot be part of an artefact: a file's name has letters, digits "
                    "and '_', and ends in .py, .pyx, .pxd, .c or .h."
                )
        if self.entry not in self.files or not self.entry.endswith(self.kind.suffix):
            raise InvalidParameterError(
                f"the entry of a {self.kind} artefact is one of its files and ends in "
                f"{self.kind.suffix}; {self.entry!r} is not."
            )
        size = sum(map(len, self.files.values()))
        if len(self.files) > MAX_FILES or size > MAX_BYTES:
            raise InvalidParameterError(
                f"an artefact has at most {MAX_FILES} files and {MAX_BYTES:,} bytes; this one has "
                f"{len(self.files)} and {size:,}."
            )

    @property
    def is_compiled(self) -> bool:
        """Whether there is a build step."""
        return self.kind is not Kind.PYTHON

    @property
    def name(self) -> str:
        """The last part of the entry module's name."""
        return self.module.rpartition(".")[2]

    @property
    def sources(self) -> tuple[str, ...]:
        """The files that are compiled, the entry first."""
        others = (name for name in sorted(self.files) if name.endswith(".c") and name != self.entry)
        return (self.entry, *others)

    def digest(self) -> str:
        """Return a SHA-256 of the module's name, its kind and its files, in hexadecimal."""
        found = hashlib.sha256(f"{self.kind} {self.module} {self.entry}".encode())
        found.update(digest_of(self.files).encode())
        return found.hexdigest()


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return a SHA-256 of files by name and content, in hexadecimal."""
    found = hashlib.sha256()
    for name in sorted(files):
        found.update(f"\n{name} {len(files[name])}\n".encode())
        found.update(files[name])
    return found.hexdigest()
