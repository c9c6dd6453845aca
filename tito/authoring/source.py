"""Read a lesson's source as a notebook, by jupytext; cell ids come from grade_id."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any, Final

import jupytext

from recsys_edu.errors import RecsysError
from tito.course.lessons import Lesson
from tito.course.notebook import Cell, cells_of

BEGIN_SOLUTION: Final = "### BEGIN SOLUTION"
END_SOLUTION: Final = "### END SOLUTION"
"""Lines around what a learner is to write; nbgrader's own."""
_METADATA: Final = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class AuthoringError(RecsysError, ValueError):
    """A lesson's source that cannot be built; the message says where."""


def solution_notebook(lesson: Lesson) -> Any:
    """Return the lesson with its solutions, as nbformat reads it; the same for the same source."""
    try:
        text = lesson.source.read_text(encoding="utf-8")
    except OSError as error:
        raise AuthoringError(f"{lesson.source}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise AuthoringError(f"{lesson.source} is not UTF-8: {error}.") from None
    try:
        notebook = jupytext.reads(text, fmt="py:percent")
    except Exception as error:  # jupytext raises many kinds
        raise AuthoringError(
            f"{lesson.source}: jupytext cannot read it ({type(error).__name__}: {error}); look at "
            "tags and metadata in the lines that begin with # %%."
        ) from error
    _check_metadata(lesson, notebook.cells)
    notebook.metadata = {**_METADATA}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    _name_cells(notebook.cells)
    return notebook


def solution_cells(lesson: Lesson) -> list[Cell]:
    """Return the cells of the lesson with its solutions."""
    return cells_of(solution_notebook(lesson), lesson.source)


def _check_metadata(lesson: Lesson, cells: list[Any]) -> None:
    """Raise AuthoringError for metadata of a kind that nbgrader cannot use."""
    for number, cell in enumerate(cells, start=1):
        keys = cell.metadata.get("nbgrader", {})
        where = f"{lesson.source}, cell number {number}"
        if not isinstance(keys, dict):
            raise AuthoringError(f"{where}: nbgrader's metadata must be a JSON object.")
        name, points = keys.get("grade_id", ""), keys.get("points", 0)
        if not isinstance(name, str):
            raise AuthoringError(f"{where}: grade_id must be text, not {name!r}.")
        if isinstance(points, bool) or not isinstance(points, (int, float)) or points < 0:
            raise AuthoringError(f"{where}: points must be a number from 0 on, not {points!r}.")


def _name_cells(cells: list[Any]) -> None:
    """Give each cell an id: its grade_id, or else a digest of its source."""
    times: Counter[str] = Counter()
    for cell in cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if not name:
            digest = hashlib.sha256(cell.source.encode()).hexdigest()[:12]
            times[digest] += 1
            name = f"{digest}-{times[digest]}" if times[digest] > 1 else digest
        cell["id"] = name
