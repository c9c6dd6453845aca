"""Export of a notebook: the cells tagged ``export``, checked and joined into a module."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recsys_edu.atomic import atomic_path
from recsys_edu.exported import functions_in, is_stub, join_cells, place_of
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
    return [name for cell in cells for name in functions_in(ast.parse(cell.source))]


def export_notebook(path: Path, title: str, expected: Sequence[str] = ()) -> Export:
    """Check and join the exported cells of a notebook.

    Args:
        path: the notebook.
        title: the first line of the module's docstring.
        expected: functions that have to be there, as they are in the released notebook.

    Raises:
        NotebookError: a cell cannot be exported; says which, and in which line.
    """
    with warnings.catch_warnings(action="ignore"):  # the learner has seen them in the notebook
        return _export(path, title, expected)


def _export(path: Path, title: str, expected: Sequence[str]) -> Export:
    cells = exported_cells(path)
    _refuse_copies(path, cells)
    trees = [_parsed(path, cell) for cell in cells]
    functions = functions_in(ast.Module([node for tree in trees for node in tree.body], []))
    missing = [name for name in expected if name not in functions]
    if missing:
        raise NotebookError(
            f"{path}: there is no function {missing[0]} in a cell tagged '{EXPORT}'. Was it "
            "renamed, or its cell deleted? `tito reset` brings a fresh notebook and keeps a copy "
            "of this one."
        )
    source = _joined(title, path, cells)
    _refuse_what_does_not_compile(path, source)
    _refuse_undefined(path, cells, trees)
    return Export(
        source=source,
        functions=tuple(functions),
        stubs=tuple(name for name, node in functions.items() if is_stub(node)),
    )


def write_export(export: Export, target: Path) -> bool:
    """Put the module in its place, whole or not at all; say whether it is different from before.

    The version before is kept in ``.previous``. OSError where it cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    package = target.parent / "__init__.py"
    if not package.exists():
        package.write_text(PACKAGE_TEXT, encoding="utf-8")
    before = target.read_bytes() if target.exists() else None
    if before == export.source.encode():
        return False
    with atomic_path(target) as unfinished:
        unfinished.write_bytes(export.source.encode())
        if before is not None:
            kept = target.parent / PREVIOUS / target.name
            kept.parent.mkdir(exist_ok=True)
            with atomic_path(kept) as unfinished_copy:
                unfinished_copy.write_bytes(before)
    return True


def _refuse_copies(path: Path, cells: Sequence[Cell]) -> None:
    first: dict[str, Cell] = {}
    for cell in cells:
        if cell.grade_id and cell.grade_id in first:
            raise NotebookError(
                f"{path}: cells number {first[cell.grade_id].number} and {cell.number} are copies "
                f"of one another ('{cell.grade_id}'): delete the one that you do not want."
            )
        first[cell.grade_id] = cell


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


def _refuse_undefined(path: Path, cells: Sequence[Cell], trees: Sequence[ast.Module]) -> None:
    """Raise NotebookError for a name that only an untagged cell, or no cell, defines."""
    known = {name for tree in trees for name in defined_at_top(tree)}
    for cell, tree in zip(cells, trees, strict=True):
        for use in undefined_names(cell.source, tree, known):
            raise NotebookError(f"{path}, {cell.label}, line {use.line}: {_why(path, use)}")


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


def module_text(cells: Iterable[Cell]) -> str:
    """Return the text of the module that exported cells make up, without its docstring."""
    return join_cells((cell.export_name, cell.source) for cell in cells)


def _joined(title: str, path: Path, cells: Sequence[Cell]) -> str:
    head = f'"""{title}. Exported from {path.name}; change it there and export again."""\n'
    return f"{head}\n{module_text(cells)}"
