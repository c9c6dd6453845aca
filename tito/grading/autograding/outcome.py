"""The outcome of grading one submission, kept as JSON: for instructors only."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from tito.course.lessons import Lesson
from tito.grading.autograding.marking import CellMark
from tito.grading.autograding.module import LeftOut
from tito.grading.course import GradingCourse, Submission
from tito.jobs.outcomes import OutcomeStore

GRADED: Final = "graded"
PARTLY_GRADED: Final = "partly graded"
NOT_GRADABLE: Final = "not gradable"


@dataclass(frozen=True)
class Outcome:
    """The outcome of grading. Hidden inputs may occur in ``marks`` and ``left_out``."""

    student: str
    lesson: str
    status: str
    why: str = ""
    """Reason why the submission cannot be graded; empty if it can."""
    remarks: tuple[str, ...] = ()
    marks: tuple[CellMark, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    notebook: dict[str, Any] | None = None
    """Notebook that graders and students see; None if the submission cannot be graded."""
    to_look_at: tuple[str, ...] = ()
    """Graded cells without points that may be answered elsewhere: a person decides."""
    seconds: float = 0.0

    @property
    def earned(self) -> float:
        """Points earned by tests."""
        return sum(mark.earned for mark in self.marks)

    @property
    def possible(self) -> float:
        """Points that tests can give."""
        return sum(mark.points for mark in self.marks)

    @property
    def kept_waiting(self) -> bool:
        """Points were lost by late calls that waited long for a processor."""
        return any(mark.kept_waiting for mark in self.marks)


def outcome_store(course: GradingCourse, lesson: Lesson) -> OutcomeStore[Outcome]:
    """Return the store of a lesson's outcomes, by student."""
    return OutcomeStore(course.state / "outcomes" / lesson.id, asdict, _decoded)


def latest_outcome(submission: Submission) -> Outcome | None:
    """Return the outcome that was kept last; None if there is none of this version."""
    return outcome_store(submission.course, submission.lesson).latest(submission.student)


def _decoded(content: dict[str, Any]) -> Outcome:
    for mark in content["marks"]:
        mark["mend_first"] = tuple(mark["mend_first"])
    content["marks"] = tuple(CellMark(**mark) for mark in content["marks"])
    content["left_out"] = tuple(LeftOut(**cell) for cell in content["left_out"])
    content["remarks"] = tuple(content["remarks"])
    content["to_look_at"] = tuple(content["to_look_at"])
    return Outcome(**content)
