"""Marks in the gradebook, and which of them are not final."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tito.course.exchange import STAMP
from tito.course.lessons import Lesson, all_lessons
from tito.grading.autograding.replay import is_other_than_entered
from tito.grading.collecting.refusals import refusals
from tito.grading.course import GradingCourse, GradingError
from tito.grading.gradebook import open_gradebook
from tito.grading.marks.late import assign_penalties
from tito.grading.marks.people import Student, people_of


@dataclass(frozen=True)
class CellPoints:
    """Points of one cell in the gradebook."""

    cell: str
    auto: float | None
    manual: float | None
    extra: float | None
    score: float
    maximum: float
    needs_manual: bool


@dataclass(frozen=True)
class Mark:
    """One student's mark for one lesson."""

    raw: float
    penalty: float
    cells: tuple[CellPoints, ...]
    timestamp: str
    """Time of the hand-in, in UTC."""
    resubmitted: bool = False
    """True if another notebook was handed in since this one was graded."""

    @property
    def score(self) -> float:
        """Points that count, after the penalty."""
        return max(self.raw - self.penalty, 0.0)

    @property
    def needs_manual(self) -> int:
        """Number of answers that still need a person."""
        return sum(cell.needs_manual for cell in self.cells)

    @property
    def final(self) -> bool:
        """True if the mark needs neither a person nor another run of the grader."""
        return not (self.needs_manual or self.resubmitted)


@dataclass(frozen=True)
class Marks:
    """All marks of one export."""

    lessons: tuple[Lesson, ...]
    maxima: dict[str, float]
    """Maximum of points, by lesson."""
    due: dict[str, str]
    students: tuple[Student, ...]
    found: dict[tuple[str, str], Mark]
    """Marks by student and lesson; missing for those who handed in nothing."""
    ungraded: tuple[tuple[str, str], ...]
    """Students and lessons of submissions that are not graded yet."""
    refused: dict[tuple[str, str], str] = field(default_factory=dict)
    """Reasons by student and lesson for what `tito grade collect` refused."""
    strangers: tuple[str, ...] = ()
    """Ids of students that the roster does not have; empty without a roster."""

    def score(self, student: str, lesson: Lesson, *, partial: bool) -> float | None:
        """Return a mark that may leave the gradebook: a final one, or any if ``partial``."""
        mark = self.found.get((student, lesson.id))
        return mark.score if mark is not None and (partial or mark.final) else None


def read_marks(course: GradingCourse, lessons: Iterable[Lesson] = ()) -> Marks:
    """Read the marks of some lessons, or of all in the gradebook.

    Raises:
        GradingError: the gradebook does not know one of them, or knows none.
    """
    with open_gradebook(course) as gradebook:
        wanted = _wanted(gradebook, lessons)
        found: dict[tuple[str, str], Mark] = {}
        maxima, due = {}, {}
        for lesson in wanted:
            assign_penalties(course, gradebook, lesson)
            assignment = gradebook.find_assignment(lesson.id)
            maxima[lesson.id] = float(assignment.max_score)
            due[lesson.id] = str(assignment.duedate or "")
            for submission in assignment.submissions:
                mark = _mark(course, lesson, submission)
                found[submission.student.id, lesson.id] = mark
        known = [(each.id, _names_in(each)) for each in gradebook.students]
    handed_in = {lesson.id: course.students(lesson) for lesson in wanted}
    refused = {
        (who, lesson.id): why for lesson in wanted for who, why in refusals(course, lesson).items()
    }
    ids = {*(name for names in handed_in.values() for name in names)}
    ids |= {who for who, _ in refused}
    students, strangers = people_of(course, wanted, dict(known), ids)
    ungraded = tuple(
        (student, lesson)
        for lesson, names in handed_in.items()
        for student in names
        if (student, lesson) not in found
    )
    return Marks(wanted, maxima, due, students, found, ungraded, refused, strangers)


def _wanted(gradebook: Any, lessons: Iterable[Lesson]) -> tuple[Lesson, ...]:
    """Return the lessons, or all of the gradebook; raise GradingError for one it lacks."""
    known = {assignment.name for assignment in gradebook.assignments}
    wanted = tuple(lessons) or tuple(each for each in all_lessons() if each.id in known)
    for lesson in wanted:
        if lesson.id not in known:
            raise GradingError(
                f"{lesson.id} is not prepared: run `tito grade build {lesson.number}` first."
            )
    if not wanted:
        raise GradingError("the gradebook has no lessons yet: run `tito grade build` first.")
    return wanted


def points_of_cells(submission: Any) -> tuple[CellPoints, ...]:
    """Return the points of a submission of nbgrader's gradebook, which is open, by cell."""
    cells = [
        CellPoints(
            cell=grade.name,
            auto=grade.auto_score,
            manual=grade.manual_score,
            extra=grade.extra_credit,
            score=float(grade.score),
            maximum=float(grade.max_score),
            needs_manual=bool(grade.needs_manual_grade),
        )
        for book in submission.notebooks
        for grade in book.grades
    ]
    return tuple(sorted(cells, key=lambda cell: cell.cell))


def _mark(course: GradingCourse, lesson: Lesson, submission: Any) -> Mark:
    places = course.submission(lesson, submission.student.id)
    stamps = [path.with_name(STAMP) for path in (places.submitted, places.autograded)]
    said = {stamp.read_bytes().strip() for stamp in stamps if stamp.is_file()}
    return Mark(
        raw=float(submission.score),
        penalty=float(submission.late_submission_penalty or 0.0),
        cells=points_of_cells(submission),
        timestamp=str(submission.timestamp or ""),
        resubmitted=len(said) > 1 or is_other_than_entered(places),
    )


def _names_in(student: Any) -> tuple[str, str, str]:
    return (student.first_name or "", student.last_name or "", student.email or "")
