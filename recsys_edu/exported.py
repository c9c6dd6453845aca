"""A file of ``my_recsys``: how it is joined of cells, its functions, and the cell of each line.

``tito export`` puts a comment ``# %% cell-name`` before what each cell holds. That is how an error
in line 57 of a file becomes one in line 12 of a cell, where it can be mended.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from traceback import walk_tb
from types import ModuleType
from typing import Final

CELL_MARKER: Final = "# %% "
_LESSON: Final = re.compile(rb'"""Lesson (\d+)')
_DEFINITION: Final = re.compile(r"^(?:def|class)\s+(\w+)", re.MULTILINE)
_UNWRITTEN: Final = ("NotImplementedError", "NotImplementedError()")


@dataclass(frozen=True)
class Place:
    """Line of a notebook's cell, counted from 1."""

    cell: str
    line: int

    def __str__(self) -> str:
        return f"line {self.line} of cell '{self.cell}'"


def place_of(source: str, line: int) -> Place | None:
    """Return the cell of a line of an exported file; None for the lines above all cells."""
    above = source.split("\n")[:line]  # as Python counts; splitlines knows other ends of lines
    for number in range(len(above), 0, -1):
        if above[number - 1].startswith(CELL_MARKER):
            return Place(above[number - 1].removeprefix(CELL_MARKER).strip(), line - number)
    return None


def join_cells(cells: Iterable[tuple[str, str]]) -> str:
    """Return the text of an exported file, without its docstring.

    Args:
        cells: name and source of each cell, in their order. Nothing is parsed.
    """
    return "\n".join(f"{CELL_MARKER}{name}\n{source.rstrip()}\n" for name, source in cells)


def names_defined(source: str) -> list[str]:
    """Return the functions and classes that a text defines at its top, without parsing it.

    Code by strangers can bring Python's parser down, and the process with it.
    """
    return _DEFINITION.findall(source)


def text_of(error: BaseException) -> str:
    """Return the text of an error, also where its own ``__str__`` fails."""
    try:
        return str(error)
    except Exception:
        return "(an error that cannot say what it is)"


def is_stub(function: ast.FunctionDef) -> bool:
    """Return True for a function that is still to be written: ``raise NotImplementedError()``.

    nbgrader puts that line in the place of a solution. An error with a message counts as raised by
    the function's author, about some arguments only.
    """
    return any(
        isinstance(node, ast.Raise) and ast.unparse(node.exc or node) in _UNWRITTEN
        for node in ast.walk(function)
    )


def functions_in(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    """Return the functions that a module defines, by name; the last of a name counts."""
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def load_file(path: Path, name: str, content: bytes | None = None) -> ModuleType:
    """Run a file as a module of that name and return it; ``sys.modules`` has it unless it fails.

    It is compiled every time: Python's cache of compiled files takes two versions of the same
    length for one when both were written within a second.
    """
    spec = spec_from_file_location(name, path)
    if spec is None:
        raise ImportError(f"{path} is not a Python file")
    module = module_from_spec(spec)
    source = path.read_bytes() if content is None else content
    code = compile(source, str(path), "exec", dont_inherit=True)
    before = sys.modules.get(name)
    _enter_package(name.rpartition(".")[0], path.parent)
    sys.modules[name] = module  # dataclasses and pickles look their module up there
    try:
        exec(code, vars(module))
    except BaseException:
        if before is None:
            sys.modules.pop(name, None)
        else:
            sys.modules[name] = before
        raise
    return module


def _enter_package(name: str, folder: Path) -> None:
    """Enter the package of a module, without which none of the module can be pickled."""
    if name and name not in sys.modules:
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        sys.modules[name] = module_from_spec(spec)


class Exported:
    """Exported file as it was when it was read; it runs when a function of it is needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._content = path.read_bytes()
        self._module: ModuleType | None = None
        lesson = _LESSON.match(self._content)
        self.lesson = int(lesson[1]) if lesson else 0
        """Number of the lesson; of two that have the same function, the later one counts."""
        self.written = frozenset(_written_in(self._content))
        """Names of functions with a body: those that do more than raise NotImplementedError."""

    def is_stale(self) -> bool:
        """Return True where the file has been written anew; times and sizes could miss it."""
        return self.path.read_bytes() != self._content

    def module(self) -> ModuleType:
        """Return the module, with every function as it was exported."""
        if self._module is None:
            self._module = load_file(self.path, f"my_recsys.{self.path.stem}", self._content)
        return self._module

    def place_of(self, error: BaseException) -> Place | None:
        """Return the innermost line of the file that an error came through."""
        here, line = str(self.path), 0
        if isinstance(error, SyntaxError) and error.filename == here:
            line = error.lineno or 0
        for frame, number in walk_tb(error.__traceback__):
            if frame.f_code.co_filename == here:
                line = number
        return place_of(self._content.decode(errors="replace"), line) if line else None


def _written_in(content: bytes) -> Iterable[str]:
    try:
        functions = functions_in(ast.parse(content))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # Which of them are stubs cannot be told; running the file says what is wrong with it.
        return names_defined(content.decode(errors="replace"))
    return (name for name, node in functions.items() if not is_stub(node))
