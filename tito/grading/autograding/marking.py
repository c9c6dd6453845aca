"""Marks: the clause of each graded cell runs here, and calls the student's functions in a jail.

The inputs are drawn from the course's secret. A student's message quotes neither them nor anything
that the student's code says, which might be the inputs.
"""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from recsys_edu.artefacts.cell import headers_in
from tito.course.cython_cells import module_text
from tito.course.judged import session_of
from tito.course.lessons import Lesson
from tito.course.notebook import Cell
from tito.grading.autograding.builds import Builds
from tito.grading.autograding.module import LeftOut, salvage_cells
from tito.grading.course import GradingCourse, GradingError
from tito.jail.limits import MIB, Limits
from tito.judging.clauses import ClauseFunction, functions_of, load_clauses, run_clause
from tito.judging.failures import Failure, LearnerError
from tito.judging.remote import Remote, connection_of

_MESSAGES: Final = {
    None: "an answer was wrong for inputs that you have not seen.",
    Failure.MISSING: "there is no function of that name.",
    Failure.UNLOADABLE: "its cell cannot be loaded: run the notebook from top to bottom.",
    Failure.UNBUILDABLE: "its cell does not compile: `tito export` shows what is wrong.",
    Failure.UNWRITTEN: "it is not written yet.",
    Failure.RAISED: "it raised an error for inputs that you have not seen.",
    Failure.LATE: "it did not answer in time.",
    Failure.ENDED: "it ended the process in which it ran.",
    Failure.CHANGED: "it changed an array that it should only read.",
    Failure.CALLED_OFTEN: "it called the function that it was given too often.",
    Failure.SENT_MUCH: "it sent too much to the function that it was given.",
    Failure.WAITED_LONG: "it let the function that it was given work for too long.",
    Failure.NO_DATA: "its answer was of a kind that cannot be compared.",
}


@dataclass(frozen=True)
class CellMark:
    """Points of a graded cell, and the reasons."""

    grade_id: str
    points: float
    passed: bool
    criterion: str
    """Requirement that the clause checks, in its own words."""
    message: str
    """Reason for the student; empty if the cell passed."""
    details: str
    """Reason in full, for instructors: hidden inputs may occur in it. Empty if the cell passed."""
    misconception: str | None = None
    """Name of the known mistake by which the function answers; None if there is none."""


@dataclass(frozen=True)
class Judgement:
    """Marks of a submission's functions."""

    marks: tuple[CellMark, ...]
    left_out: tuple[LeftOut, ...]


def graded_cells(cells: Sequence[Cell]) -> list[Cell]:
    """Return the cells whose points are given by clauses."""
    return [cell for cell in cells if cell.is_graded and not cell.is_solution]


def clauses_for(lesson: Lesson, cells: Sequence[Cell]) -> dict[str, ClauseFunction]:
    """Return the clause of each graded cell; GradingError if a cell has none."""
    functions = functions_of(load_clauses(lesson.folder, "hidden.py"))
    for cell in graded_cells(cells):
        if cell.grade_id not in functions:
            raise GradingError(
                f"{lesson.folder / 'hidden.py'} has no function {cell.grade_id} to give the points "
                f"of that cell: the notebook in release/{lesson.id} is of another version. Run "
                f"`tito grade build {lesson.number}`."
            )
    return {cell.grade_id: functions[cell.grade_id] for cell in graded_cells(cells)}


def mark_functions(
    course: GradingCourse,
    lesson: Lesson,
    builds: Builds,
    template: Sequence[Cell],
    *,
    jailed: bool = True,
) -> Judgement:
    """Judge the functions of a rebuilt notebook.

    Args:
        course: has the secret and the limits.
        lesson: has the clauses.
        builds: the notebook's exported cells, with what was built of those in Cython.
        template: the cells of the notebook as released.
        jailed: False to run the student's code without a jail.
    """
    limits = course.settings.limits
    session = session_of(
        lesson,
        jailed=jailed,
        limits=Limits(memory=limits.memory_mib * MIB),
        seconds=limits.call_seconds,
    )
    headers = headers_in(lesson.folder)
    with tempfile.TemporaryDirectory(prefix="recsys-graded-") as folder:
        module = Path(folder, f"{lesson.name}.py")
        builds.write_modules(module.parent)

        def write(cells: Sequence[Cell]) -> None:
            module.write_text(module_text(cells, headers), encoding="utf-8")

        def load(cells: Sequence[Cell]) -> None:
            write(cells)
            with session.open(module) as remote:
                connection_of(remote).load()

        write(builds.cells)
        with session.open(module, builds.unbuildable) as remote:
            if _loads(remote):
                return Judgement(_marks(course, lesson, template, remote), builds.left_out)
        kept, left_out = salvage_cells(builds.cells, builds.released, load)
        write(kept)
        with session.open(module, builds.unbuildable) as remote:
            marks = _marks(course, lesson, template, remote)
            return Judgement(marks, (*builds.left_out, *left_out))


def _loads(remote: Remote) -> bool:
    try:
        connection_of(remote).load()
    except LearnerError:
        return False
    return True


def _marks(
    course: GradingCourse, lesson: Lesson, template: Sequence[Cell], remote: Remote
) -> tuple[CellMark, ...]:
    clauses = clauses_for(lesson, template)
    return tuple(
        _mark(course, lesson, cell, clauses[cell.grade_id], remote)
        for cell in graded_cells(template)
    )


def _mark(
    course: GradingCourse, lesson: Lesson, cell: Cell, clause: ClauseFunction, remote: Remote
) -> CellMark:
    rng = np.random.default_rng(course.inputs_seed(lesson, cell.grade_id))
    connection_of(remote).allow_seconds(course.settings.limits.judge_seconds)
    verdict = run_clause(cell.grade_id, clause, remote, rng)
    return CellMark(
        grade_id=cell.grade_id,
        points=float(cell.nbgrader.get("points", 0)),
        passed=verdict.passed,
        criterion=" ".join((inspect.getdoc(clause) or "").split()),
        message="" if verdict.passed else _MESSAGES[connection_of(remote).failure],
        details=verdict.message,
    )
