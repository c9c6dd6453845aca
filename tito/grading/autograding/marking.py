"""Marks: the clause of each graded cell runs here, and calls the student's functions in a jail.

The inputs are drawn from the course's secret. A student's message quotes neither them nor anything
that the student's code says, which might be the inputs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from recsys_edu.artefacts.cell import headers_in
from tito.course.cython_cells import module_text
from tito.course.judged import session_of
from tito.course.lessons import Lesson
from tito.course.notebook import Cell
from tito.grading.autograding.builds import Builds
from tito.grading.autograding.clause_parts import judge_parts, parts_of, requirement_of
from tito.grading.autograding.module import LeftOut, salvage_cells
from tito.grading.autograding.statements import splitter_in
from tito.grading.course import GradingCourse, GradingError
from tito.jail.limits import MIB, Limits
from tito.judging.clauses import ClauseFunction, Verdict, functions_of, load_clauses, run_clause
from tito.judging.failures import Failure, LearnerError
from tito.judging.fingerprints import (
    PUBLIC,
    Fingerprints,
    Misconception,
    read_fingerprints,
    recognise,
)
from tito.judging.remote import Remote, connection_of
from tito.judging.session import Session

MESSAGES: Final = {
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

_ANSWERED: Final = (None, Failure.RAISED, Failure.CHANGED, Failure.NO_DATA)
"""Failures of functions that answer, so that their mistakes can be recognised."""


@dataclass(frozen=True)
class CellMark:
    """Points of a graded cell, and the reasons."""

    grade_id: str
    points: float
    passed: bool
    criterion: str
    """Requirement that the clause checks, in its own words."""
    message: str
    """Reason for the student; of a cell that passed, what else is to be said, or empty."""
    details: str
    """Reason in full, for instructors: hidden inputs may occur in it. Empty if the cell passed."""
    misconception: str | None = None
    """Name of the known mistake by which the function answers; None if there is none."""
    partial: float = 0.0
    """Points of the clauses that held, where the core held and a part did not."""
    mend_first: tuple[str, ...] = ()
    """Parts in which the mistake is, if the cell passed with their answer key only."""
    kept_waiting: bool = False
    """A call was late that waited long for a processor: neighbours may be at fault."""

    @property
    def earned(self) -> float:
        """Points earned by tests."""
        return self.points if self.passed else self.partial


@dataclass(frozen=True)
class Judgement:
    """Marks of a submission's functions."""

    marks: tuple[CellMark, ...]
    left_out: tuple[LeftOut, ...]
    cells: tuple[Cell, ...]
    """Exported cells of the module that was judged, as far as they could be loaded."""


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


@dataclass(frozen=True)
class Judge:
    """Judge of one lesson: opens modules in jails, and marks their functions."""

    course: GradingCourse
    """The secret and the limits."""
    lesson: Lesson
    """The clauses."""
    template: Sequence[Cell]
    """Cells of the notebook as released."""
    jailed: bool = True
    """False to run the student's code without a jail."""

    @cached_property
    def session(self) -> Session:
        """Settings of the processes in which the student's code runs."""
        limits = self.course.settings.limits
        return session_of(
            self.lesson,
            jailed=self.jailed,
            limits=Limits(memory=limits.memory_mib * MIB),
            seconds=limits.call_seconds,
        )

    @cached_property
    def _clauses(self) -> dict[str, ClauseFunction]:
        clauses_for(self.lesson, self.template)
        return functions_of(load_clauses(self.lesson.folder, "hidden.py"))

    @contextmanager
    def opened(self, builds: Builds) -> Iterator[Remote]:
        """Yield the functions of some cells, in a process of their own."""
        with tempfile.TemporaryDirectory(prefix="recsys-graded-") as folder:
            module = Path(folder, f"{self.lesson.name}.py")
            builds.write_modules(module.parent)
            text = module_text(builds.cells, headers_in(self.lesson.folder))
            module.write_text(text, encoding="utf-8")
            with self.session.open(module, builds.unbuildable) as remote:
                yield remote

    def judgement(self, builds: Builds) -> Judgement:
        """Return the marks of a rebuilt notebook's functions.

        Args:
            builds: the notebook's exported cells, with what was built of those in Cython.
        """
        with self.opened(builds) as remote:
            if _loads(remote):
                return Judgement(self._marks(remote), builds.left_out, builds.cells)

        def load(cells: Sequence[Cell]) -> None:
            with self.opened(replace(builds, cells=tuple(cells))) as remote:
                connection_of(remote).load()

        kept, left_out = salvage_cells(
            builds.cells, builds.released, load, splitter_in(self.session)
        )
        with self.opened(replace(builds, cells=tuple(kept))) as remote:
            marks = self._marks(remote)
        return Judgement(marks, (*builds.left_out, *left_out), tuple(kept))

    def mark(self, grade_id: str, remote: Remote) -> CellMark:
        """Return the mark of one graded cell."""
        cell = next(each for each in self.template if each.grade_id == grade_id)
        points = float(cell.nbgrader.get("points", 0))
        connection_of(remote).allow_seconds(self.course.settings.limits.judge_seconds)

        def run(name: str, clause: ClauseFunction) -> Verdict:
            rng = np.random.default_rng(self.course.inputs_seed(self.lesson, name))
            return run_clause(name, clause, remote, rng)

        core = run(grade_id, self._clauses[grade_id])
        message = "" if core.passed else MESSAGES[connection_of(remote).failure]
        verdict = judge_parts(core, parts_of(self._clauses, grade_id), run)
        if verdict.missing:
            message = f"the main part is right. Not yet: {' '.join(verdict.missing)}"
        connection = connection_of(remote)
        passed = core.passed and not verdict.missing
        late = not passed and connection.failure is Failure.LATE
        kept_waiting = late and connection.was_kept_waiting
        known = None if passed else self._known_mistake(grade_id, remote)
        if known is not None:
            message = f"{message} {known.sentence}"
        return CellMark(
            grade_id=grade_id,
            points=points,
            passed=passed,
            criterion=requirement_of(self._clauses[grade_id]),
            message=message,
            details=verdict.details,
            partial=points * verdict.share if verdict.missing else 0.0,
            misconception=known.name if known else None,
            kept_waiting=kept_waiting,
        )

    @cached_property
    def _fingerprints(self) -> dict[str, Fingerprints]:
        path = self.course.fingerprints(self.lesson)
        if path.is_file():
            return read_fingerprints(path)
        if (self.lesson.folder / PUBLIC).is_file():
            raise GradingError(
                f"there is no {path}, by which mistakes are recognised: run `tito grade build "
                f"{self.lesson.number}`."
            )
        return {}  # a lesson without known mistakes

    def _known_mistake(self, grade_id: str, remote: Remote) -> Misconception | None:
        if connection_of(remote).failure not in _ANSWERED:
            return None
        fingerprints = self._fingerprints.get(grade_id)
        return recognise(remote, fingerprints).misconception if fingerprints else None

    def _marks(self, remote: Remote) -> tuple[CellMark, ...]:
        return tuple(self.mark(cell.grade_id, remote) for cell in graded_cells(self.template))


def _loads(remote: Remote) -> bool:
    try:
        connection_of(remote).load()
    except LearnerError:
        return False
    return True
