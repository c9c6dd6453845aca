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
    notebook = jupytext.reads(text, fmt="py:percent")
    notebook.metadata = {**_METADATA}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    _name_cells(notebook.cells)
    return notebook


def solution_cells(lesson: Lesson) -> list[Cell]:
    """Return the cells of the lesson with its solutions."""
    return cells_of(solution_notebook(lesson), lesson.source)


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
