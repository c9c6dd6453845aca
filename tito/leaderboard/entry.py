"""Entries: source files in one language, never a figure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recsys_edu.artefacts.cell import CythonCellError, is_cython, read_cell
from recsys_edu.exported import join_cells
from tito.course.notebook import Cell, read_cells
from tito.jail.plain_files import read_plain_file
from tito.leaderboard.division import Division, all_divisions
from tito.leaderboard.errors import EntryError, MissingFunctionError

MAX_BYTES: Final = 2**18
"""Size of an entry's source, in bytes."""
LANGUAGE_OF: Final = {".py": "python", ".pyx": "cython", ".c": "c"}
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,80}")
_DEFINES: Final = {
    "python": r"^def\s+{op}\s*\(|^{op}\s*=|^(from|import)\b.*\b{op}\b",
    "cython": r"^(def|cpdef)\b.*\b{op}\s*\(",
    "c": r"\b{op}\s*\(",
}


@dataclass(frozen=True)
class Entry:
    """Source of one entry.

    Args:
        name: shown in rankings; one line of at most 80 characters.
        language: ``python``, ``cython`` or ``c``.
        source: text of the one file that it consists of.
    """

    name: str
    language: str
    source: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise EntryError("an entry's name is one line of at most 80 characters.")
        if self.language not in LANGUAGE_OF.values():
            raise EntryError(f"an entry is written in {_listed()}, not in {self.language!r}.")
        size = len(self.source.encode("utf-8", "replace"))
        if size > MAX_BYTES:
            raise EntryError(f"an entry has at most {MAX_BYTES:,} bytes; this one has {size:,}.")

    @property
    def digest(self) -> str:
        """SHA-256 of language and source, in hexadecimal."""
        content = json.dumps([self.language, self.source])
        return hashlib.sha256(content.encode()).hexdigest()

    def defines(self, function: str) -> bool:
        """Return True where the source seems to define a function; nothing is run."""
        pattern = _DEFINES[self.language].replace("{op}", re.escape(function))
        return re.search(pattern, self.source, re.MULTILINE) is not None


def read_entry(path: Path, functions: Collection[str], name: str | None = None) -> Entry:
    """Return the entry in a file or a notebook.

    Args:
        path: a ``.py``, ``.pyx`` or ``.c`` file; or a notebook, of which the cells tagged
            ``export`` count: the ``%%cython`` cell with all the functions, else those in Python.
        functions: names of the functions that count.
        name: of the entry; the file's where None.

    Raises:
        MissingFunctionError: it does not define one of them.
        EntryError: it is too large, or of another kind.
    """
    content = read_plain_file(path)
    if path.suffix == ".ipynb":
        language, source = _of_notebook(read_cells(path), functions)
    elif path.suffix in LANGUAGE_OF:
        language = LANGUAGE_OF[path.suffix]
        try:
            source = content.decode("utf-8")
        except UnicodeDecodeError:
            raise EntryError(f"{path} is not UTF-8 text.") from None
    else:
        raise EntryError(f"{path} is neither a notebook nor a file in {_listed()}.")
    entry = Entry(name or path.stem, language, source)
    for function in functions:
        if not entry.defines(function):
            raise MissingFunctionError(f"{path} defines no function {function}.")
    return entry


def divisions_for(path: Path) -> list[Division]:
    """Return the divisions whose functions a file or notebook defines.

    One whose functions are among those of another one is left out: a model that recommends is for
    the open divisions, and whoever wants it timed on ``fit`` names that division.
    """
    found = []
    for division in all_divisions().values():
        try:
            entry = read_entry(path, division.functions)
        except MissingFunctionError:
            continue
        if entry.language in division.languages:
            found.append(division)
    wanted = {division.name: set(division.functions) for division in found}
    return [one for one in found if not any(wanted[one.name] < other for other in wanted.values())]


def _of_notebook(cells: list[Cell], functions: Collection[str]) -> tuple[str, str]:
    exported = [cell for cell in cells if cell.is_exported]
    for cell in exported:
        if is_cython(cell.source) and set(functions) <= set(_functions_of(cell)):
            return "cython", _text_of(cell)
    python = [(cell.export_name, cell.source) for cell in exported if not is_cython(cell.source)]
    return "python", join_cells(python)


def _functions_of(cell: Cell) -> Mapping[str, object]:
    try:
        return read_cell(cell.source).functions
    except CythonCellError as error:
        raise EntryError(f"{cell.label}: {error}") from None


def _text_of(cell: Cell) -> str:
    return read_cell(cell.source).text


def _listed() -> str:
    return "Python (.py), Cython (.pyx) or C (.c)"
