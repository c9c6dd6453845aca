"""Notebooks as plain JSON: enough for their cells, and fast (importing nbformat takes 0.35 s)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from recsys_edu.errors import RecsysError

EXPORT: Final = "export"
"""Tag of cells that become the lesson's module."""
OP: Final = "op"
"""Tag of cells that belong to a backend: a perfect learner's export of them is the answer key."""
EXPERIMENT: Final = "experiment"
"""Tag of cells that take long, and that no graded cell depends on."""

_LABEL: Final = 50
"""Characters of a cell's first line that stand for the cell in messages."""


class NotebookError(RecsysError, ValueError):
    """Fault of a notebook or of one of its cells; the message says which."""


@dataclass(frozen=True)
class Cell:
    """Cell of a notebook."""

    number: int
    """Place in the notebook, counted from 1, over cells of all kinds."""
    kind: str
    """ "code", "markdown" or "raw"."""
    source: str
    tags: frozenset[str]
    nbgrader: dict[str, Any]
    """Metadata for nbgrader; empty where it has none."""

    @property
    def grade_id(self) -> str:
        """Name of the cell for nbgrader and for us; empty for an ordinary cell."""
        name = self.nbgrader.get("grade_id")
        return name if isinstance(name, str) else ""  # a stranger's list is costly to write out

    @property
    def is_graded(self) -> bool:
        """Points can be earned by the cell."""
        return self.nbgrader.get("grade") is True

    @property
    def is_solution(self) -> bool:
        """Learners write the cell."""
        return self.nbgrader.get("solution") is True

    @property
    def is_exported(self) -> bool:
        """The lesson's module includes the cell."""
        return self.kind == "code" and EXPORT in self.tags

    @property
    def is_experiment(self) -> bool:
        """The cell takes long, and no test needs it."""
        return self.kind == "code" and EXPERIMENT in self.tags

    @property
    def export_name(self) -> str:
        """Name of the cell in the exported file."""
        return self.grade_id or f"cell {self.number}"

    @property
    def label(self) -> str:
        """Name of the cell in messages."""
        if self.grade_id:
            return f"cell '{self.grade_id}'"
        first = next((line.strip() for line in self.source.splitlines() if line.strip()), "")
        shown = first if len(first) <= _LABEL else f"{first[:_LABEL]}…"
        return f"the cell that begins `{shown}`" if first else f"the empty cell {self.number}"


def read_cells(path: Path) -> list[Cell]:
    """Return the cells of a notebook file.

    Raises:
        NotebookError: the file is missing, or not a notebook of format 4.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotebookError(f"there is no notebook {path}.") from None
    except UnicodeDecodeError:
        raise NotebookError(f"{path} is not a notebook: it is not text.") from None
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise NotebookError(
            f"{path} is not a notebook: it is not JSON{where}. Open it in an editor to mend it, or "
            "start afresh with `tito reset`, which keeps a copy."
        ) from None
    return cells_of(content, path)


def cells_of(content: Any, path: Path) -> list[Cell]:
    """Return the cells of a notebook that has been read; ``path`` is for the messages."""
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list) or content.get("nbformat") != 4:
        raise NotebookError(f"{path} is not a notebook of format 4.")
    return [_cell(number, cell, path) for number, cell in enumerate(cells, start=1)]


def _cell(number: int, cell: Any, path: Path) -> Cell:
    source = cell.get("source") if isinstance(cell, dict) else None
    metadata = cell.get("metadata", {}) if isinstance(cell, dict) else None
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str) or not isinstance(metadata, dict):
        raise NotebookError(f"{path}: cell number {number} is damaged: it has no source.")
    kind, nbgrader = cell.get("cell_type", "code"), metadata.get("nbgrader")
    tags = metadata.get("tags")
    tags = tags if isinstance(tags, list) else []
    return Cell(
        number,
        kind if isinstance(kind, str) else "",
        source,
        frozenset(each for each in tags if isinstance(each, str)),
        nbgrader if isinstance(nbgrader, dict) else {},
    )
