"""The Cython cells of a lesson's notebook: checked, built, and offered by the lesson's module."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recsys_edu.artefacts.artefact import Artefact
from recsys_edu.artefacts.cell import (
    MOST_CHARACTERS,
    CythonCell,
    CythonCellError,
    is_cython,
    read_cell,
    reexports,
)
from recsys_edu.artefacts.errors import BuildError
from recsys_edu.artefacts.local import build_here, module_file
from recsys_edu.exported import join_cells
from tito.course.notebook import Cell, NotebookError

_IMPORT: Final = re.compile(r"import\s|from\s+\S+\s+import\s")
Builder = Callable[[Artefact], bytes]


@dataclass(frozen=True)
class Extension:
    """A Cython cell as it lies in ``my_recsys``: its source, and the module built of it."""

    cell: CythonCell
    module: bytes
    """The extension module's file; empty where it was not built."""

    source: str
    """The file name of its source."""

    @property
    def file(self) -> str:
        """The file name of the extension module."""
        return module_file(self.cell.module)


def source_name(lesson: int, cell: Cell) -> str:
    """Return the file name of a Cython cell's source in ``my_recsys``: ``_08_dot.pyx``."""
    return f"_{lesson:02}_{cell.grade_id or cell.number}.pyx"


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


def require_language(cell: Cell, released: Cell) -> None:
    """Raise CythonCellError unless a cell is in the language in which it was released."""
    if is_cython(released.source) and not is_cython(cell.source):
        raise CythonCellError(1, "its first line has to be %%cython, as it was released.")
    if is_cython(cell.source) and not is_cython(released.source):
        raise CythonCellError(1, "its functions are to be written in Python, without %%cython.")


def has_cython(cells: Sequence[Cell]) -> bool:
    """Return True if a lesson's exported cells, as released, include some in Cython."""
    return any(is_cython(cell.source) for cell in cells if cell.is_exported)


def require_short(cell: Cell) -> None:
    """Refuse a cell with room for a compiled kernel, which one in Cython could load."""
    if len(cell.source) > MOST_CHARACTERS:
        raise CythonCellError(
            0, f"it has more than {MOST_CHARACTERS:,} characters: it is for code, not for data."
        )


def build_cython(path: Path, cell: Cell, cython: CythonCell, builder: Builder) -> bytes:
    """Return the module of a cell; nothing for one in which nothing is written yet.

    Raises:
        NotebookError: it does not compile; says where, and then everything that the compilers say.
        BuildToolsError: this machine has no compiler; the message says what to install.
    """
    if not cython.written:
        return b""
    try:
        return builder(cython.artefact())
    except BuildError as error:
        summary = placed_error(path, cell, cython.explained(error))
        raise NotebookError(f"{summary}\n\n{error.text}".rstrip()) from None


def module_text(cells: Iterable[Cell], headers: Mapping[str, bytes] | None = None) -> str:
    """Return the text of the module that exported cells make up, without its docstring.

    Nothing is parsed as Python. In the place of a Cython cell there are imports from what is, or
    will be, built of it.

    Args:
        cells: in their order.
        headers: the ``.pxd`` files that the lesson ships, by file name.

    Raises:
        CythonCellError: a Cython cell cannot be read.
    """
    return join_cells(
        (
            cell.export_name,
            reexports(read_cell(cell.source, headers)) if is_cython(cell.source) else cell.source,
        )
        for cell in cells
    )


def write_module(
    cells: Sequence[Cell],
    target: Path,
    headers: Mapping[str, bytes],
    builder: Builder = build_here,
) -> None:
    """Write cells as the file of a module, unchecked, and what is built of them beside it.

    Raises:
        NotebookError: a cell in Cython does not compile.
        BuildToolsError: this machine has no compiler; the message says what to install.
    """
    for cell in cells:
        if is_cython(cell.source):
            cython = read_cell(cell.source, headers)
            module = build_cython(target, cell, cython, builder)
            if module:
                target.with_name(module_file(cython.module)).write_bytes(module)
    target.write_text(module_text(cells, headers), encoding="utf-8")


def placed_error(path: Path, cell: Cell, error: CythonCellError) -> NotebookError:
    """Return the error about a Cython cell, with the cell and the line."""
    where = f", line {error.line}" if error.line else ""
    return NotebookError(f"{path}, {cell.label}{where}: {error}")
