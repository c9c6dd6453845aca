"""Marks in the gradebook, and which of them are not final."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from nbgrader.api import MissingEntry

from tito.course.exchange import STAMP
from tito.course.lessons import Lesson, all_lessons
from tito.grading.collecting.submitted import read_receipt
from tito.grading.course import GradingCourse, GradingError, Submission
from tito.grading.gradebook import open_gradebook
from tito.grading.marks.late import assign_penalties


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
class Student:
    """A student, and their ids in LMSs."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_ids: dict[str, frozenset[str]] = field(default_factory=dict)
    """Ids in what they handed in: ``moodle`` (participant), ``canvas`` (user) and ``name``."""


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
        known = {assignment.name for assignment in gradebook.assignments}
        wanted = tuple(lessons) or tuple(each for each in all_lessons() if each.id in known)
        for lesson in wanted:
            if lesson.id not in known:
                raise GradingError(
                    f"{lesson.id} is not prepared: run `tito grade build {lesson.number}` first."
                )
        if not wanted:
            raise GradingError("the gradebook has no lessons yet: run `tito grade build` first.")
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
        handed_in = {lesson.id: course.students(lesson) for lesson in wanted}
        ids = {each.id for each in gradebook.students}.union(*handed_in.values())
        students = tuple(_student(course, gradebook, wanted, each) for each in sorted(ids))
    ungraded = tuple(
        (student, lesson)
        for lesson, names in handed_in.items()
        for student in names
        if (student, lesson) not in found
    )
    return Marks(wanted, maxima, due, students, found, ungraded)


def _mark(course: GradingCourse, lesson: Lesson, submission: Any) -> Mark:
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
    places = course.submission(lesson, submission.student.id)
    stamps = [path.with_name(STAMP) for path in (places.submitted, places.autograded)]
    said = {stamp.read_bytes().strip() for stamp in stamps if stamp.is_file()}
    return Mark(
        raw=float(submission.score),
        penalty=float(submission.late_submission_penalty or 0.0),
        cells=tuple(sorted(cells, key=lambda cell: cell.cell)),
        timestamp=str(submission.timestamp or ""),
        resubmitted=len(said) > 1,
    )


def _student(
    course: GradingCourse, gradebook: Any, lessons: Iterable[Lesson], student: str
) -> Student:
    lms: dict[str, set[str]] = {}
    for lesson in lessons:
        for key, value in _lms_ids(course.submission(lesson, student)).items():
            lms.setdefault(key, set()).add(value)
    ids = {key: frozenset(values) for key, values in lms.items()}
    try:
        known = gradebook.find_student(student)
    except MissingEntry:
        return Student(student, lms_ids=ids)
    names = (known.first_name or "", known.last_name or "", known.email or "")
    return Student(student, *names, lms_ids=ids)


def _lms_ids(submission: Submission) -> dict[str, str]:
    """Return the ids that the LMS used for a student whose notebook came from it."""
    receipt = read_receipt(submission)
    if receipt is None:
        return {}
    known = {
        "moodle": receipt.lms.get("participant", ""),
        "canvas": receipt.lms.get("user", ""),
        "name": receipt.name,
    }
    return {key: value for key, value in known.items() if value}
