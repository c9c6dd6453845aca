"""The Cython cells of a lesson's notebook: checked, built, and offered by the lesson's module."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recsys_edu.artefacts.artefact import Artefact
from recsys_edu.artefacts.cell import CythonCell, CythonCellError, is_cython, read_cell, reexports
from recsys_edu.artefacts.errors import BuildError
from recsys_edu.artefacts.local import build_here, module_file
from recsys_edu.exported import CELL_MARKER
from tito.course.notebook import Cell, NotebookError

_IMPORT: Final = re.compile(r"import\s|from\s+\S+\s+import\s")
Builder = Callable[[Artefact], bytes]


@dataclass(frozen=True)
class Extension:
    """A Cython cell as it lies in ``my_recsys``: its source, and the module built of it."""

    cell: CythonCell
    module: bytes
    """The extension module's file; empty where it was not built."""

    @property
    def file(self) -> str:
        """The file name of the extension module."""
        return module_file(self.cell.module)


def prefix_of(lesson: int) -> str:
    """Return how the names of a lesson's extension modules begin."""
    return f"_{lesson:02}_"


def read_cython(cell: Cell, lesson: int, headers: Mapping[str, bytes]) -> CythonCell:
    """Return a notebook's Cython cell as the source of a module.

    Args:
        cell: a code cell that begins with ``%%cython``.
        lesson: the number of the lesson.
        headers: the ``.pxd`` files that the lesson ships, by file name.

    Raises:
        CythonCellError: the line with ``%%cython`` has options that are not for lessons' cells.
    """
    name = cell.grade_id if cell.grade_id.isidentifier() else f"cell_{cell.number}"
    return read_cell(cell.source, f"{prefix_of(lesson)}{name}", headers)


def functions_of_cython(cell: Cell) -> list[str]:
    """Return the public functions of a Cython cell, as its text has them."""
    return list(read_cell(cell.source).functions)


def python_of(cell: Cell) -> str:
    """Return Python that defines what a code cell defines, to look for names in.

    Of a cell in Cython its public functions, as stubs; of another the cell itself, without the
    lines that are commands to the notebook.
    """
    if is_cython(cell.source):
        return reexports(read_cell(cell.source), unbuilt="in Cython")
    lines = cell.source.split("\n")
    return "\n".join("" if line.lstrip().startswith("%") else line for line in lines)


def imports_of(cell: Cell) -> str:
    """Return a code cell's Python imports; of a cell in Python, all of it."""
    if not is_cython(cell.source):
        return python_of(cell)
    lines = (line.text for line in read_cell(cell.source).lines.lines)
    return "\n".join(text for text in lines if _IMPORT.match(text))


def check_cython(path: Path, cell: Cell, cython: CythonCell) -> None:
    """Refuse what a lesson's cell may not have; NotebookError with its place."""
    try:
        cython.check()
    except CythonCellError as error:
        raise _placed(path, cell, error) from None


def build_cython(path: Path, cell: Cell, cython: CythonCell, builder: Builder) -> Extension:
    """Build a cell; one in which nothing is written yet is left as it is.

    Raises:
        NotebookError: it does not compile; says where, and then everything that the compilers say.
        BuildToolsError: this machine has no compiler; the message says what to install.
    """
    if not cython.written:
        return Extension(cython, b"")
    try:
        return Extension(cython, builder(cython.artefact()))
    except BuildError as error:
        placed = _placed(path, cell, cython.explained(error))
        raise NotebookError(f"{placed}\n\n{error.text}".rstrip()) from None


def write_module(
    cells: Sequence[Cell],
    target: Path,
    *,
    lesson: int,
    headers: Mapping[str, bytes],
    builder: Builder = build_here,
) -> None:
    """Write cells as the file of a module, unchecked, and what is built of them beside it.

    Raises:
        NotebookError: a cell in Cython does not compile.
        BuildToolsError: this machine has no compiler; the message says what to install.
    """
    parts = []
    for cell in cells:
        text = cell.source
        if is_cython(cell.source):
            cython = read_cython(cell, lesson, headers)
            extension = build_cython(target, cell, cython, builder)
            text = reexports(cython)
            if extension.module:
                target.with_name(extension.file).write_bytes(extension.module)
        parts.append(f"{CELL_MARKER}{cell.grade_id or cell.number}\n{text.rstrip()}\n")
    target.write_text("\n\n".join(parts), encoding="utf-8")


def _placed(path: Path, cell: Cell, error: CythonCellError) -> NotebookError:
    where = f", line {error.line}" if error.line else ""
    return NotebookError(f"{path}, {cell.label}{where}: {error}")
