"""nbgrader's gradebook: created safely, and with the cells of each lesson."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, InvalidEntry, MissingEntry, Notebook
from nbgrader.preprocessors import SaveCells
from sqlalchemy.exc import SAWarning, SQLAlchemyError

from tito.course.lessons import Lesson
from tito.course.notebook import Cell
from tito.grading.course import GradingCourse, GradingError


def gradebook_url(path: Path) -> str:
    """Return the URL by which nbgrader finds the database in a file."""
    if "?" in str(path):  # the rest would be taken for settings
        raise GradingError(f"{path}: nbgrader cannot have a gradebook below a folder with a '?'.")
    return f"sqlite:///{path}"


@contextmanager
def open_gradebook(course: GradingCourse) -> Iterator[Gradebook]:
    """Open the gradebook; create it if there is none.

    Raises:
        GradingError: it is damaged, of another version of nbgrader, or in use for too long.
    """
    create_gradebook(course)
    with translated_errors(course):
        gradebook = Gradebook(gradebook_url(course.gradebook), course.settings.course.id)
        try:
            yield gradebook
        finally:
            gradebook.close()


def create_gradebook(course: GradingCourse) -> bool:
    """Create an empty gradebook if there is none; return True if it was created.

    It is created under another name first, since a kill may end nbgrader between two of its steps.
    """
    path = course.gradebook
    if path.exists():
        return False
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with translated_errors(course), _alembic_at_hand():
            Gradebook(gradebook_url(unfinished), course.settings.course.id).close()
        try:
            os.link(unfinished, path)  # unlike renaming, it replaces nothing
        except FileExistsError:
            return False
    finally:
        unfinished.unlink(missing_ok=True)
    return True


def check_unchanged(course: GradingCourse, lesson: Lesson, cells: list[Cell]) -> None:
    """Raise GradingError if there are marks for cells that have changed."""
    with open_gradebook(course) as gradebook:
        found = _find(gradebook, lesson)
        count = len(found.submissions) if found is not None else 0
        problem = _change(_recorded(found), _described(cells)) if count else ""
    if problem:
        raise GradingError(
            f"{lesson.id} has {count} graded submission{'s' * (count > 1)} in the gradebook, and "
            f"{problem}: undo that, or remove the lesson with all its marks by `nbgrader db "
            f"assignment remove {lesson.id} --force`."
        )


def register(course: GradingCourse, lesson: Lesson, notebook: Any) -> None:
    """Enter a lesson into the gradebook: its due date and its cells.

    Args:
        course: the instructor's folder.
        lesson: the lesson; assignment and notebook are both named by its id.
        notebook: the released notebook, as nbformat reads it.
    """
    due = course.settings.due.get(lesson.id)
    naive = None if due is None else due.astimezone(UTC).replace(tzinfo=None)
    with open_gradebook(course) as gradebook:
        gradebook.update_or_create_assignment(lesson.id, duedate=naive)
    names = {"notebook": lesson.id, "assignment": lesson.id}
    resources = {"nbgrader": {**names, "db_url": gradebook_url(course.gradebook)}}
    with translated_errors(course):
        saver = SaveCells()
        try:
            saver.preprocess(notebook, resources)
        finally:
            saver.gradebook.close()


def _find(gradebook: Gradebook, lesson: Lesson) -> Notebook | None:
    try:
        return gradebook.find_notebook(lesson.id, lesson.id)
    except MissingEntry:
        return None


Described = dict[str, tuple[float | None, str]]
"""Points (None for a cell without) and kind of each cell that nbgrader knows."""


def _recorded(notebook: Notebook) -> Described:
    points = {cell.name: cell.max_score for cell in notebook.grade_cells}
    kinds = {cell.name: cell.cell_type for cell in notebook.source_cells}
    return {name: (points.get(name), kinds[name]) for name in kinds}


def _described(cells: list[Cell]) -> Described:
    return {
        cell.grade_id: (float(cell.nbgrader["points"]) if cell.is_graded else None, cell.kind)
        for cell in cells
        if cell.grade_id
    }


def _change(before: Described, after: Described) -> str:
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            return f"its cell {name} is gone"
        if name not in before:
            return f"its cell {name} is new"
        old, new = before[name], after[name]
        if old[1] != new[1]:
            return f"its cell {name} is {new[1]} now, and was {old[1]}"
        if old[0] != new[0]:
            said = ["no points" if x is None else f"{x:g} points" for x in (new[0], old[0])]
            return f"its cell {name} has {said[0]} now, and had {said[1]}"
    return ""


@contextmanager
def translated_errors(course: GradingCourse) -> Iterator[None]:
    """Run a block in which errors of nbgrader become a GradingError that says what to do."""
    try:
        with warnings.catch_warnings(action="ignore", category=SAWarning):  # nbgrader's, not ours
            yield
    except MissingEntry as error:
        raise GradingError(f"{error}: run `tito grade build` for that lesson.") from None
    except (SQLAlchemyError, InvalidEntry) as error:
        if isinstance(error, InvalidEntry) and not _is_of_database(error):
            raise
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        if "is full" in reason:
            raise GradingError(
                f"{course.gradebook} cannot be written, since the disk is full: make room, and run "
                "it again."
            ) from error
        if "locked" in reason:
            raise GradingError(
                f"{course.gradebook} is in use by another program: try again when it has ended."
            ) from error
        raise GradingError(
            f"{course.gradebook} cannot be used: {reason}. If nbgrader was updated, run `nbgrader "
            "db upgrade` on a copy first; restore a damaged file from a copy."
        ) from error


def _is_of_database(error: InvalidEntry) -> bool:
    """Return True for an error of the database that nbgrader reports as its own."""
    return isinstance(error.__context__, SQLAlchemyError)


@contextmanager
def _alembic_at_hand() -> Iterator[None]:
    """Run a block with alembic in the PATH, where nbgrader looks for it."""
    before = os.environ.get("PATH")
    beside = str(Path(sys.executable).parent)
    os.environ["PATH"] = beside if before is None else os.pathsep.join([beside, before])
    try:
        yield
    except (OSError, subprocess.SubprocessError) as error:
        raise GradingError(
            f"nbgrader cannot run alembic, which should be in {beside}: {error}."
        ) from None
    finally:
        if before is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = before
