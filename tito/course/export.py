"""Export of a notebook: the cells tagged ``export``, checked and joined into a module.

Cells in Cython become extension modules of their own, from which the lesson's module imports.
"""

from __future__ import annotations

import ast
import contextlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from recsys_edu.artefacts.cell import CythonCell, CythonCellError, is_cython, read_cell, reexports
from recsys_edu.artefacts.errors import BuildToolsError
from recsys_edu.artefacts.local import build_here, module_file
from recsys_edu.artefacts.toolchain import module_suffix
from recsys_edu.atomic import atomic_path
from recsys_edu.exported import built_modules, functions_in, is_stub, join_cells, place_of
from tito.course.cython_cells import (
    Builder,
    Extension,
    build_cython,
    functions_of_cython,
    has_cython,
    placed_error,
    require_language,
    require_short,
    source_name,
)
from tito.course.names import Definition, defined_at_top, undefined_names
from tito.course.notebook import EXPORT, Cell, NotebookError, read_cells

PACKAGE_TEXT: Final = '"""What I have exported from my notebooks."""\n'
PREVIOUS: Final = ".previous"
"""Folder beside the exported files that keeps the version before."""


@dataclass(frozen=True)
class Export:
    """Module made of a notebook's exported cells."""

    source: str
    functions: tuple[str, ...]
    stubs: tuple[str, ...]
    """Names of functions that only raise NotImplementedError: they are still to be written."""
    extensions: tuple[Extension, ...] = ()
    """The cells in Cython."""
    unbuilt: str = ""
    """Reason why cells in Cython were not built on this machine, a sentence; empty if they were."""


@dataclass(frozen=True)
class _Piece:
    """One cell, with its part of the module."""

    cell: Cell
    text: str
    tree: ast.Module
    cython: CythonCell | None = field(default=None)


def exported_cells(path: Path) -> list[Cell]:
    """Return the notebook's cells with the tag ``export``; NotebookError where it has none."""
    found = [cell for cell in read_cells(path) if cell.is_exported]
    if not found:
        raise NotebookError(
            f"{path} has no cell tagged '{EXPORT}': its metadata got lost. `tito reset` brings a "
            "fresh notebook and keeps a copy of this one, from which you can paste your code."
        )
    return found


def functions_of(cells: Sequence[Cell]) -> list[str]:
    """Return the names of the functions that cells define; SyntaxError where one is no Python."""
    found: list[str] = []
    for cell in cells:
        if is_cython(cell.source):
            found += functions_of_cython(cell)
        else:
            found += functions_in(ast.parse(cell.source))
    return found


def export_notebook(
    path: Path,
    title: str,
    expected: Sequence[str] = (),
    *,
    lesson: int = 0,
    headers: Mapping[str, bytes] | None = None,
    released: Sequence[Cell] = (),
    builder: Builder = build_here,
) -> Export:
    """Check, build and join the exported cells of a notebook.

    Args:
        path: the notebook.
        title: the first line of the module's docstring.
        expected: functions that have to be there, as they are in the released notebook.
        lesson: the number of the lesson, which the names of its Cython files begin with.
        headers: the ``.pxd`` files that the lesson ships for cells in Cython, by file name.
        released: the exported cells of the released notebook, whose languages are kept.
        builder: builds cells in Cython, by default on this machine and without a jail.

    Raises:
        NotebookError: a cell cannot be exported; says which, and in which line.
    """
    with warnings.catch_warnings(action="ignore"):  # the learner has seen them in the notebook
        cells = exported_cells(path)
        _refuse_copies(path, cells)
        if has_cython(released):
            _refuse_long_cells(path, cells)
        as_released = {cell.grade_id: cell for cell in released if cell.grade_id}
        pieces = [
            _piece(path, cell, as_released.get(cell.grade_id, cell), headers or {})
            for cell in cells
        ]
        functions, stubs = _functions(path, pieces, expected)
        _refuse_what_does_not_compile(path, _joined(title, path, pieces))
        _refuse_undefined(path, pieces)
        pieces, extensions, unbuilt = _built(path, pieces, lesson, builder)
    return Export(_joined(title, path, pieces), functions, stubs, extensions, unbuilt)


def _refuse_long_cells(path: Path, cells: Sequence[Cell]) -> None:
    """Raise NotebookError where grading would not take a cell for its length."""
    for cell in cells:
        try:
            require_short(cell)
        except CythonCellError as error:
            raise placed_error(path, cell, error) from None


def _piece(path: Path, cell: Cell, released: Cell, headers: Mapping[str, bytes]) -> _Piece:
    """Read and check one cell, without building it."""
    try:
        require_language(cell, released)
        if not is_cython(cell.source):
            return _Piece(cell, cell.source, _parsed(path, cell))
        cython = read_cell(cell.source, headers)
        cython.check()
    except CythonCellError as error:
        raise placed_error(path, cell, error) from None
    text = reexports(cython)
    return _Piece(cell, text, ast.parse(text), cython)


def _built(
    path: Path, pieces: Sequence[_Piece], lesson: int, builder: Builder
) -> tuple[list[_Piece], tuple[Extension, ...], str]:
    """Build the cells in Cython; where the machine cannot, say why and let the others go on."""
    done: list[_Piece] = []
    extensions: list[Extension] = []
    unbuilt = ""
    for piece in pieces:
        if piece.cython is None:
            done.append(piece)
            continue
        module = b""
        try:
            module = build_cython(path, piece.cell, piece.cython, builder)
            done.append(piece)
        except BuildToolsError as error:
            unbuilt = str(error)
            text = reexports(piece.cython, unbuilt=unbuilt)
            done.append(_Piece(piece.cell, text, ast.parse(text), piece.cython))
        extensions.append(Extension(piece.cython, module, source_name(lesson, piece.cell)))
    return done, tuple(extensions), unbuilt


def _functions(
    path: Path, pieces: Sequence[_Piece], expected: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The functions of all cells, and those still to be written; NotebookError if one is gone."""
    written: dict[str, bool] = {}
    for piece in pieces:
        if piece.cython is not None:
            written |= {name: not f.is_stub for name, f in piece.cython.functions.items()}
        else:
            written |= {name: not is_stub(f) for name, f in functions_in(piece.tree).items()}
    for name in expected:
        if name not in written:
            raise NotebookError(_why_missing(path, pieces, name))
    return tuple(written), tuple(name for name, done in written.items() if not done)


def _why_missing(path: Path, pieces: Sequence[_Piece], name: str) -> str:
    for piece in pieces:
        if piece.cython is not None and name in piece.cython.c_functions:
            return (
                f"{path}, {piece.cell.label}: {name} has to begin with `def`, not with `cdef` or "
                "`cpdef`: only then it is one of the lesson's functions."
            )
    return (
        f"{path}: there is no function {name} in a cell tagged '{EXPORT}'. Was it renamed, or its "
        "cell deleted? `tito reset` brings a fresh notebook and keeps a copy of this one."
    )


def write_export(export: Export, target: Path) -> bool:
    """Put the module in its place, whole or not at all; say whether it is different from before.

    The version before is kept in ``.previous``. OSError where it cannot be written.
    """
    folder = target.parent
    folder.mkdir(parents=True, exist_ok=True)
    package = folder / "__init__.py"
    if not package.exists():
        package.write_text(PACKAGE_TEXT, encoding="utf-8")
    for extension in export.extensions:  # before the module that imports them
        if extension.module and not (folder / extension.file).is_file():
            with atomic_path(folder / extension.file) as unfinished:
                unfinished.write_bytes(extension.module)
    replaced = [_replace(folder / e.source, e.cell.text.encode()) for e in export.extensions]
    changed = any([*replaced, _replace(target, export.source.encode())])
    _remove_unused(folder)
    return changed


def _replace(path: Path, content: bytes) -> bool:
    """Write a file and keep the version before; say whether it is different from that."""
    before = path.read_bytes() if path.exists() else None
    if before == content:
        return False
    with atomic_path(path) as unfinished:
        unfinished.write_bytes(content)
        if before is not None:
            kept = path.parent / PREVIOUS / path.name
            kept.parent.mkdir(exist_ok=True)
            with atomic_path(kept) as unfinished_copy:
                unfinished_copy.write_bytes(before)
    return True


def _remove_unused(folder: Path) -> None:
    """Remove extension modules of this Python that no exported file imports any more."""
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in folder.glob("*.py"))
    used = {module_file(module) for text in texts for module in built_modules(text)}
    digest = "[0-9a-f]" * 12
    for path in folder.glob(f"_*_{digest}{module_suffix()}"):
        if path.name not in used:
            with contextlib.suppress(PermissionError):  # Windows: a process has it loaded
                path.unlink()


def _refuse_copies(path: Path, cells: Sequence[Cell]) -> None:
    seen = set[str]()
    for cell in cells:
        if cell.grade_id and cell.grade_id in seen:
            raise NotebookError(
                f"{path}: two cells are '{cell.grade_id}', of which one is a copy: delete the one "
                f"that you do not want."
            )
        seen.add(cell.grade_id)


def _parsed(path: Path, cell: Cell) -> ast.Module:
    try:
        return ast.parse(cell.source)
    except SyntaxError as error:
        line = error.lineno or 1
        text = cell.source.split("\n")[min(line, cell.source.count("\n") + 1) - 1]
        if text.lstrip().startswith(("%", "!", "?")):
            problem = f"{text.strip()!r} is a command to the notebook; move it to a cell of its own"
        else:
            problem = f"{error.msg}: {text.strip()!r}"
        raise NotebookError(f"{path}, {cell.label}, line {line}: {problem}.") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotebookError(f"{path}, {cell.label}: {error}.") from None


def _refuse_what_does_not_compile(path: Path, source: str) -> None:
    """Raise NotebookError for text that parses and does not compile, such as a stray return."""
    try:
        compile(source, path.name, "exec", dont_inherit=True)
    except SyntaxError as error:
        place = place_of(source, error.lineno or 1)
        where = f", cell '{place.cell}', line {place.line}" if place else ""
        raise NotebookError(f"{path}{where}: {error.msg}.") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotebookError(f"{path} cannot be compiled: {error}.") from None


def _refuse_undefined(path: Path, pieces: Sequence[_Piece]) -> None:
    """Raise NotebookError for a name that only an untagged cell, or no cell, defines.

    In cells in Cython the compiler looks for such names.
    """
    known = {name for piece in pieces for name in defined_at_top(piece.tree)}
    for piece in pieces:
        for use in undefined_names(piece.text, piece.tree, known):
            raise NotebookError(f"{path}, {piece.cell.label}, line {use.line}: {_why(path, use)}")


def _why(path: Path, use: Definition) -> str:
    if use.name == "*":
        return "`import *` hides where names come from; import what you need by name."
    for cell in read_cells(path):
        if cell.kind != "code" or cell.is_exported:
            continue
        try:
            elsewhere = defined_at_top(ast.parse(cell.source))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if use.name in elsewhere:
            return (
                f"{use.name!r} is defined in {cell.label} (line {elsewhere[use.name]}), which is "
                "not exported. Define or import it in this cell, or pass it as an argument."
            )
    return f"{use.name!r} is not defined anywhere."


def _joined(title: str, path: Path, pieces: Sequence[_Piece]) -> str:
    head = f'"""{title}. Exported from {path.name}; change it there and export again."""\n'
    return head + "\n" + join_cells((piece.cell.export_name, piece.text) for piece in pieces)
