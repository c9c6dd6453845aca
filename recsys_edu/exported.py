"""A file of ``my_recsys``: which functions it has, and which notebook cell each line came from.

``tito export`` puts a comment ``# %% cell-name`` before what each cell holds. That is how an error
in line 57 of a file becomes one in line 12 of a cell, where it can be mended.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Final

CELL_MARKER: Final = "# %% "
_UNWRITTEN: Final = ("NotImplementedError", "NotImplementedError()")


@dataclass(frozen=True)
class Place:
    """A line as its author knows it: of a cell of a notebook, both counted from 1."""

    cell: str
    line: int

    def __str__(self) -> str:
        return f"line {self.line} of cell '{self.cell}'"


def place_of(source: str, line: int) -> Place | None:
    """The cell that a line of an exported file came from; None for the lines above all cells."""
    above = source.splitlines()[:line]
    for number in range(len(above), 0, -1):
        if above[number - 1].startswith(CELL_MARKER):
            return Place(above[number - 1].removeprefix(CELL_MARKER).strip(), line - number)
    return None


def last_place(path: Path, traceback: TracebackType | None) -> Place | None:
    """The innermost line of the exported file that an error came through."""
    line = 0
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == str(path):
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return place_of(path.read_text(encoding="utf-8"), line) if line else None


def is_stub(function: ast.FunctionDef) -> bool:
    """Whether a function is still to be written: it says ``raise NotImplementedError()``.

    That is what nbgrader puts in the place of a solution. With a message it counts as said by the
    function's author, about some arguments only.
    """
    return any(
        isinstance(node, ast.Raise) and ast.unparse(node.exc or node) in _UNWRITTEN
        for node in ast.walk(function)
    )


def functions_in(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    """The functions that a module defines, by name; the last of a name counts."""
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def load_file(path: Path, name: str) -> ModuleType:
    """Run a file as a module of that name, not entered in ``sys.modules`` where it fails."""
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module  # dataclasses and pickles look their module up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        if before is not None:
            sys.modules[name] = before
        raise
    return module


class Exported:
    """One exported file as it was when it was read; run only when a function of it is needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp = _stamp(path)
        self._module: ModuleType | None = None
        try:
            functions = functions_in(ast.parse(path.read_text(encoding="utf-8")))
        except (SyntaxError, ValueError):
            functions = {}  # running the file says what is wrong
        self.written = frozenset(name for name, node in functions.items() if not is_stub(node))
        """The functions with a body; those that only raise NotImplementedError are left out."""

    def is_stale(self) -> bool:
        """Whether the file has been written anew."""
        return _stamp(self.path) != self._stamp

    def module(self) -> ModuleType:
        """The file's names, with every function as it was exported."""
        if self._module is None:
            self._module = load_file(self.path, f"my_recsys.{self.path.stem}")
        return self._module


def _stamp(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino
