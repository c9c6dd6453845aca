"""A file of ``my_recsys``: how it is joined of cells, its functions, and the cell of each line.

``tito export`` puts a comment ``# %% cell-name`` before what each cell holds. That is how an error
in line 57 of a file becomes one in line 12 of a cell, where it can be mended.

In the place of a Cython cell there is an import from the extension module that was built of it,
``from my_recsys._dot_1a2b3c4d5e6f import (``. Its file lies beside this one.
"""

from __future__ import annotations

import ast
import re
import shutil
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from traceback import walk_tb
from types import ModuleType
from typing import Final

CELL_MARKER: Final = "# %% "
_LESSON: Final = re.compile(rb'"""Lesson (\d+)')
_DEFINITION: Final = re.compile(r"^(?:def|class)\s+(\w+)", re.MULTILINE)
_UNWRITTEN: Final = ("NotImplementedError", "NotImplementedError()")
PACKAGE: Final = "my_recsys"
_BUILT: Final = re.compile(
    rf"^from {PACKAGE}\.(_\w+_[0-9a-f]{{12}}) import \($", re.MULTILINE | re.ASCII
)


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


def built_modules(source: str) -> list[str]:
    """Return the extension modules that an exported file imports, without the package."""
    return _BUILT.findall(source)


def built_source(module: str) -> str:
    """Return the name of a module's Cython file, as tracebacks have it."""
    return f"{module}.pyx"


def built_file(folder: Path, module: str) -> Path:
    """Return the file of an extension module for this Python; ImportError where there is none."""
    for suffix in EXTENSION_SUFFIXES:
        path = folder / f"{module}{suffix}"
        if path.is_file():
            return path
    raise ImportError(
        f"{PACKAGE}.{module} is not built for this Python: run `tito export` again",
        name=f"{PACKAGE}.{module}",
    )


def files_of(path: Path) -> list[Path]:
    """Return an exported file and the extension modules beside it that it imports.

    What is not built for this Python is left out; loading the file says so.
    """
    found = [path]
    for module in built_modules(path.read_text(encoding="utf-8", errors="replace")):
        with suppress(ImportError):
            found.append(built_file(path.parent, module))
    return found


def copy_exported(path: Path, target: Path) -> None:
    """Copy an exported file, and what it imports of ``my_recsys`` into the same folder."""
    copied, *built = files_of(path)
    shutil.copyfile(copied, target)
    for file in built:
        shutil.copyfile(file, target.parent / file.name)


def load_extension(name: str, path: Path) -> ModuleType:
    """Import an extension module from its file, under a name that may be dotted.

    A module of that name that has been imported before is returned as it is: names of built
    modules end in a digest of what they are made of.

    Raises:
        ImportError: the file is no extension module for this Python.
    """
    known = sys.modules.get(name)
    if known is not None:
        return known
    spec = spec_from_file_location(name, path, loader=ExtensionFileLoader(name, str(path)))
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no extension module", name=name)
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


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
        self._built = built_modules(self._content.decode(errors="replace"))

    def is_stale(self) -> bool:
        """Return True where the file has been written anew; times and sizes could miss it."""
        return self.path.read_bytes() != self._content

    def module(self) -> ModuleType:
        """Return the module, with every function as it was exported."""
        if self._module is None:
            for module in self._built:
                path = built_file(self.path.parent, module)
                load_extension(f"{PACKAGE}.{module}", path)
            self._module = load_file(self.path, f"{PACKAGE}.{self.path.stem}", self._content)
        return self._module

    def owns(self, filename: str) -> bool:
        """Return True for a frame's file name that stands for this file or a Cython cell of it."""
        return filename == str(self.path) or filename in map(built_source, self._built)

    def place_of(self, error: BaseException) -> Place | None:
        """Return the innermost line that an error came through, as its author knows it."""
        here, found = str(self.path), None
        if isinstance(error, SyntaxError) and error.filename == here:
            found = self._place(error.lineno or 0)
        for frame, number in walk_tb(error.__traceback__):
            if frame.f_code.co_filename == here:
                found = self._place(number)
            elif self.owns(frame.f_code.co_filename):
                found = self._place_in_cython(frame.f_code.co_filename, number)
        return found

    def _place(self, line: int) -> Place | None:
        return place_of(self._content.decode(errors="replace"), line) if line else None

    def _place_in_cython(self, file: str, line: int) -> Place | None:
        """Return a line of a Cython file as that of its cell, where it has the same number."""
        lines = self._content.decode(errors="replace").split("\n")
        start = f"from {PACKAGE}.{file.removesuffix('.pyx')} import"
        cell = self._place(next((n for n, text in enumerate(lines, 1) if start in text), 0))
        return Place(cell.cell, line) if cell else None


def _written_in(content: bytes) -> Iterable[str]:
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # Which of them are stubs cannot be told; running the file says what is wrong with it.
        return names_defined(content.decode(errors="replace"))
    functions = {name for name, node in functions_in(tree).items() if not is_stub(node)}
    return functions | {
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE}._")
        for alias in node.names
    }
