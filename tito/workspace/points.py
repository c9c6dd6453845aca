"""Points of a lesson in a workspace: by its visible tests, and by the learner's own marks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recsys_edu.workspace import Workspace
from tito.course.lessons import Lesson
from tito.course.notebook import NotebookError, read_cells
from tito.course.parts import Question, parts_of, questions_of
from tito.workspace.study import LessonStudy, load_study, studying

if TYPE_CHECKING:
    from tito.course.kernel_run import CellRun


@dataclass(frozen=True)
class Points:
    """Points that were earned, and points that can be."""

    tests: float | None
    """None before the tests have run."""
    tests_in_all: float
    questions: float | None
    """None before the learner has marked one."""
    questions_in_all: float

    @property
    def by_tests(self) -> str:
        """Points of the tests, as text: "26/30"; "-/30" before they have run."""
        return _share(self.tests, self.tests_in_all)

    @property
    def by_questions(self) -> str:
        """Points of the questions, as text; empty where the lesson has none."""
        return _share(self.questions, self.questions_in_all) if self.questions_in_all else ""

    @property
    def sentence(self) -> str:
        """Sentence with both."""
        questions = f", {self.by_questions} for questions" if self.by_questions else ""
        return f"Points: {self.by_tests} by tests{questions}."


def points_in(workspace: Workspace, lesson: Lesson) -> Points:
    """Return the points of a lesson."""
    return points_by(load_study(workspace).of(lesson.id), lesson)


def points_by(study: LessonStudy, lesson: Lesson) -> Points:
    """Return the points of a lesson by what is recorded of it.

    A record of a test or question that the lesson no longer has does not count, and none counts
    more than the lesson gives.
    """
    cells = read_cells(lesson.release)
    tests = {part.test: part.points for part in parts_of(cells)}
    questions = {question.name: question.points for question in questions_of(cells)}
    return Points(
        _earned(study.tests, tests),
        sum(tests.values()),
        _earned(study.questions, questions),
        sum(questions.values()),
    )


def record_tests(
    workspace: Workspace, lesson: Lesson, runs: Iterable[CellRun], *, locked: bool = False
) -> None:
    """Keep the points that a run of the visible tests has earned."""
    points = {part.test: part.points for part in parts_of(read_cells(lesson.release))}
    passed = {run.cell.grade_id: run.passed for run in runs if run.cell.is_graded}
    with studying(workspace, locked=locked) as study:
        study.of(lesson.id).tests = {
            test: value if passed.get(test) else 0.0 for test, value in points.items()
        }


def mark_question(workspace: Workspace, lesson: Lesson, name: str, points: float) -> Question:
    """Keep the points that the learner gives to an own answer; return the question.

    Raises:
        NotebookError: there is no such question, or it does not have that many points.
    """
    questions = {question.name: question for question in questions_of(read_cells(lesson.release))}
    if name not in questions:
        listed = ", ".join(questions) or "none"
        raise NotebookError(f"{lesson.id} has no question {name!r}; questions: {listed}.")
    most = questions[name].points
    if not 0 <= points <= most or (2 * points) % 1:
        raise NotebookError(
            f"{name} has 0 to {most:g} points, whole or half, not {points:g}: see its mark scheme."
        )
    with studying(workspace) as study:
        study.of(lesson.id).questions[name] = points
    return questions[name]


def _earned(recorded: dict[str, float], points: dict[str, float]) -> float | None:
    known = [
        min(max(recorded[name], 0.0), most) for name, most in points.items() if name in recorded
    ]
    return sum(known) if known else None


def _share(earned: float | None, in_all: float) -> str:
    return f"{'-' if earned is None else f'{earned:g}'}/{in_all:g}"
