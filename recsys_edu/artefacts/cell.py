"""A notebook's ``%%cython`` cell as the source of one extension module.

Line numbers are the cell's own: the line with ``%%cython`` becomes a comment, and the others stay
where they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from recsys_edu.artefacts.artefact import Artefact, Kind, digest_of
from recsys_edu.artefacts.errors import BuildError
from recsys_edu.artefacts.pyx_functions import (
    PyxFunction,
    names_of_c_functions,
    public_functions_in,
)
from recsys_edu.artefacts.pyx_lines import PyxLines, PyxTextError, normalised, read_lines
from recsys_edu.artefacts.pyx_rules import refusals
from recsys_edu.errors import RecsysError
from recsys_edu.exported import PACKAGE, built_source

MAGIC: Final = "%%cython"
ANNOTATE: Final = ("-a", "--annotate")
MOST_CHARACTERS: Final = 12_000
"""Length of a cell: several times that of any solution, and a small part of any compiled kernel."""
_DIGITS: Final = 12
_LONGEST: Final = 40
"""Characters of a function's name in that of its module, which becomes a file's name."""
_BUILTIN: Final = re.compile(r"undeclared name not builtin: (\w+)")


class CythonCellError(RecsysError, ValueError):
    """A cell that may not be built, or cannot be; the message is a sentence.

    Attributes:
        line: the line of the cell that it is about, counted from 1; 0 where it is about none.
    """

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def is_cython(source: str) -> bool:
    """Return True where a code cell begins with ``%%cython``."""
    first = source.lstrip().split("\n", 1)[0].split()
    return bool(first) and first[0] == MAGIC


@dataclass(frozen=True)
class CythonCell:
    """The text of one cell, told apart from the notebook that it is in.

    Args:
        text: the source, with a comment in the place of its first line.
        headers: the ``.pxd`` files that the lesson ships, by file name.
    """

    text: str
    headers: Mapping[str, bytes] = field(default_factory=dict)

    @cached_property
    def lines(self) -> PyxLines:
        """The text as logical lines; CythonCellError where it cannot be read."""
        try:
            return read_lines(self.text)
        except PyxTextError as error:
            raise CythonCellError(error.line, f"{error}.") from None

    @cached_property
    def functions(self) -> dict[str, PyxFunction]:
        """The functions ``def`` whose names do not begin with ``_``; the module offers these."""
        return public_functions_in(self.lines)

    @property
    def written(self) -> list[str]:
        """The functions that are more than a stub."""
        return [name for name, function in self.functions.items() if not function.is_stub]

    @property
    def stubs(self) -> list[str]:
        """The functions that are still to be written."""
        return [name for name, function in self.functions.items() if function.is_stub]

    @cached_property
    def module(self) -> str:
        """The extension module's name, without a package: ``_dot_1a2b3c4d5e6f``.

        It has the name of the first public function and a digest of what the module is made of. So
        notebook, export and grading build a cell once between them, one process can load what was
        built before and what is built now, and the file of a loaded module is never written to.
        """
        first = next(iter(self.functions), "cell")[:_LONGEST]
        return f"_{first}_{digest_of({'.pyx': self.text.encode(), **self.headers})[:_DIGITS]}"

    @property
    def file(self) -> str:
        """The name of the source file while it is built, as tracebacks have it."""
        return built_source(self.module)

    def artefact(self) -> Artefact:
        """Return what has to be built for this cell."""
        files = {self.file: self.text.encode(), **self.headers}
        return Artefact(Kind.CYTHON, f"{PACKAGE}.{self.module}", self.file, files)

    def check(self) -> None:
        """Raise CythonCellError for the first thing that a lesson's cell may not have."""
        if len(self.text) > MOST_CHARACTERS:
            raise CythonCellError(
                0,
                f"a cell in Cython has at most {MOST_CHARACTERS:,} characters, and this one has "
                f"{len(self.text):,}: it is for code, not for data.",
            )
        shipped = [name.removesuffix(".pxd") for name in self.headers]
        for refusal in refusals(self.lines, shipped):
            raise CythonCellError(refusal.line, refusal.message)

    def explained(self, error: BuildError) -> CythonCellError:
        """Return what a failed build means, with the line of the cell that it is about."""
        own = [each for each in error.messages if each.file == self.file]
        if not own:
            return CythonCellError(0, str(error))
        first = own[0]
        quoted = self.text.split("\n")[first.line - 1 : first.line]
        message = f"{first.message.rstrip('.')}: {(quoted or [''])[0].strip()!r}."
        unknown = _BUILTIN.fullmatch(first.message)
        if unknown:
            message = (
                f"{unknown[1]!r} is not defined in this cell. A Cython cell is a module of its "
                "own: define, import or cimport it here."
            )
        return CythonCellError(first.line, message)

    @property
    def c_functions(self) -> set[str]:
        """The functions ``cdef`` and ``cpdef``, which the lesson's module does not offer."""
        return names_of_c_functions(self.lines)


def read_cell(source: str, headers: Mapping[str, bytes] | None = None) -> CythonCell:
    """Return a cell whose source begins with ``%%cython``.

    Args:
        source: the whole cell.
        headers: the ``.pxd`` files that the lesson ships, by file name.

    Raises:
        CythonCellError: the line with ``%%cython`` has options that are not for lessons' cells.
    """
    lines = normalised(source).split("\n")
    first = next(number for number, line in enumerate(lines) if line.strip())
    for option in lines[first].split()[1:]:
        if option not in ANNOTATE:
            raise CythonCellError(
                first + 1,
                f"{MAGIC} takes no option but {' or '.join(ANNOTATE)}: how a cell is built is the "
                "same for everybody.",
            )
    lines[first] = "# A cell of a notebook: change it there."
    text = "\n".join(lines).rstrip() + "\n"
    return CythonCell(text.encode("utf-8", "replace").decode(), headers or {})


def headers_in(folder: Path) -> dict[str, bytes]:
    """Return the ``.pxd`` files of a folder by name: what a lesson ships beside its notebook."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.pxd"))}


def reexports(cell: CythonCell, *, unbuilt: str = "") -> str:
    """Return the lines by which the lesson's package module offers a cell's functions.

    Args:
        cell: a cell that can be read.
        unbuilt: why the cell is not built; empty where it is. Its functions then say so.
    """
    stub = "def {name}(*args, **kwargs):\n    raise NotImplementedError({why})\n"
    written, parts = cell.written, []
    if written and not unbuilt:
        parts.append(
            f"from {PACKAGE}.{cell.module} import (\n    " + ",\n    ".join(written) + ",\n)\n"
        )
    elif written:
        parts += [stub.format(name=name, why=repr(unbuilt)) for name in written]
    parts += [stub.format(name=name, why="") for name in cell.stubs]
    return "\n\n".join(parts)
