"""``%load_ext recsys_edu.cython_magic``: the course's own ``%%cython``.

It builds a cell by the same recipe as ``tito export`` and grading do, raises where the compiler
fails, with the line, and puts the cell's public functions into the notebook. ``%%cython -a`` shows
Cython's annotated source as well: the yellower a line, the more it calls Python.
"""

from __future__ import annotations

import functools
import linecache
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn

from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.display import HTML, display

from recsys_edu.artefacts.build import build
from recsys_edu.artefacts.cell import (
    ANNOTATE,
    MAGIC,
    CythonCell,
    CythonCellError,
    headers_in,
    read_cell,
)
from recsys_edu.artefacts.errors import BuildError
from recsys_edu.artefacts.local import load_built

_YELLOW: Final = re.compile(r"(\.cython\.score-\d+ \{background-color: #[0-9A-Fa-f]{6})")
_RAW_OUTPUT: Final = re.compile(r"<p>Raw output:.*?</p>", re.DOTALL)
"""Link to a file of C that is gone with the build."""
_MOST_SHOWN: Final = 20_000
"""Characters of the compilers' own words that a notebook shows."""


class CythonCompileError(CythonCellError):
    """A Cython cell that was not built; IPython shows the line and the sentence, no traceback."""

    def __init__(self, line: int, message: str, quoted: str) -> None:
        where = f"line {line}: " if line else ""
        super().__init__(line, f"{where}{message}")
        self._quoted = quoted

    def _render_traceback_(self) -> list[str]:
        quoted = [f"----> {self.line} {self._quoted}", ""] if self.line else []
        return [*quoted, f"{type(self).__name__}: {self}"]


def functions_of_cell(source: str, *, annotate: bool = False) -> dict[str, Callable[..., Any]]:
    """Build a cell that begins with ``%%cython``, and return its public functions by name.

    A cell in which nothing is written yet is not built: its functions raise NotImplementedError.

    Raises:
        CythonCompileError: the cell may not be built, or does not compile.
        BuildToolsError: this machine has no compiler; the message says what to install.
    """
    try:
        cell = read_cell(source, headers_in(Path.cwd()))
        cell.check()
        functions = {name: functools.partial(_not_written) for name in cell.stubs}
        written = cell.written
    except CythonCellError as error:
        _refuse(source, error)
    if not written and functions and not annotate:
        return dict(functions)
    try:
        if annotate:
            _show_annotation(cell)
        module = load_built(cell.artefact())
    except BuildError as error:
        print(error.text[:_MOST_SHOWN], file=sys.stderr)
        _refuse(source, cell.explained(error))
    lines = cell.text.splitlines(keepends=True)
    linecache.cache[cell.file] = (len(cell.text), None, lines, cell.file)  # for tracebacks
    return {**{name: getattr(module, name) for name in written}, **functions}


def _not_written(*args: Any, **kwargs: Any) -> NoReturn:
    raise NotImplementedError


def _refuse(source: str, error: CythonCellError) -> NoReturn:
    lines = source.split("\n")
    quoted = lines[error.line - 1] if 0 < error.line <= len(lines) else ""
    raise CythonCompileError(error.line, str(error), quoted) from None


def _show_annotation(cell: CythonCell) -> None:
    page = build(cell.artefact(), annotate=True, translate_only=True).annotation
    page = _YELLOW.sub(r"\1 !important", page)  # JupyterLab's own rules would win
    display(HTML(_RAW_OUTPUT.sub("", page)))  # type: ignore[no-untyped-call]


@magics_class
class CythonMagics(Magics):
    """The magic ``%%cython``."""

    @cell_magic
    def cython(self, line: str, cell: str) -> None:
        """Build this cell and define its public functions; ``-a`` shows the annotated source."""
        functions = functions_of_cell(
            f"{MAGIC} {line}\n{cell}", annotate=any(word in ANNOTATE for word in line.split())
        )
        assert self.shell is not None  # IPython has registered this
        self.shell.push(functions)  # type: ignore[no-untyped-call]


def load_ipython_extension(ipython: Any) -> None:
    """Register the magic; called by ``%load_ext``."""
    ipython.register_magics(CythonMagics)
