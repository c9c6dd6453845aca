"""Statistics of a lesson's points, per question and per misconception. No student is named."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tito.course.lessons import Lesson
from tito.course.notebook import read_cells
from tito.grading.autograding.marking import CellMark
from tito.grading.autograding.outcome import latest_outcome
from tito.grading.course import GradingCourse, GradingError
from tito.grading.marks.marks import Mark, read_marks
from tito.grading.pages.summary import titles_of


@dataclass(frozen=True)
class Question:
    """Points that a class got for one cell."""

    name: str
    """Function or question."""
    part: str
    """Heading above it; empty if there is none."""
    maximum: float
    scores: tuple[float, ...]
    """Points of the students whose answers are marked."""
    waiting: int
    """Number of answers that a person still marks."""
    discrimination: float | None
    """Correlation of these points with all other points; None where there is none."""

    @property
    def mean(self) -> float | None:
        """Mean of the points; None if no answer is marked."""
        return statistics.fmean(self.scores) if self.scores else None

    @property
    def median(self) -> float | None:
        """Median of the points; None if no answer is marked."""
        return statistics.median(self.scores) if self.scores else None

    @property
    def full(self) -> int:
        """Number of students with all points."""
        return sum(score >= self.maximum for score in self.scores)

    @property
    def none(self) -> int:
        """Number of students without a point."""
        return sum(score <= 0 for score in self.scores)


@dataclass(frozen=True)
class Misconception:
    """A known mistake, and the number of students who made it."""

    question: str
    name: str
    sentence: str
    """Explanation that those students read."""
    students: int


@dataclass(frozen=True)
class LessonStatistics:
    """Statistics of one lesson."""

    lesson: str
    students: int
    """Number of students with marks."""
    ungraded: int
    """Number of submissions that are not graded yet."""
    late: int
    """Number of submissions that lost points by lateness."""
    total: Question
    questions: tuple[Question, ...]
    misconceptions: tuple[Misconception, ...]
    """The most frequent ones first."""


def lesson_statistics(course: GradingCourse, lesson: Lesson) -> LessonStatistics:
    """Return the statistics of a lesson.

    Raises:
        GradingError: nothing of it is graded.
    """
    marks = read_marks(course, [lesson])
    found = {student: mark for (student, _), mark in sorted(marks.found.items())}
    if not found:
        raise GradingError(
            f"nothing of {lesson.id} is graded: run `tito grade autograde {lesson.number}` first."
        )
    titles = dict(titles_of(read_cells(lesson.release)))
    every = list(found.values())
    return LessonStatistics(
        lesson.id,
        students=len(found),
        ungraded=len(marks.ungraded),
        late=sum(mark.penalty > 0 for mark in every),
        total=_total(every, marks.maxima[lesson.id]),
        questions=tuple(_questions(every, titles)),
        misconceptions=_misconceptions(course, lesson, list(found), titles),
    )


def _total(marks: Sequence[Mark], maximum: float) -> Question:
    complete = [mark for mark in marks if not mark.needs_manual]
    scores = tuple(mark.score for mark in complete)
    return Question("all points", "", maximum, scores, len(marks) - len(complete), None)


def _questions(marks: Sequence[Mark], titles: dict[str, tuple[str, str]]) -> Iterator[Question]:
    for grade_id, (name, part) in titles.items():
        pairs = [(cell, mark) for mark in marks for cell in mark.cells if cell.cell == grade_id]
        if not pairs:
            continue
        marked = [
            (cell.score, mark.raw - cell.score) for cell, mark in pairs if not cell.needs_manual
        ]
        yield Question(
            name,
            part,
            pairs[0][0].maximum,
            tuple(score for score, _ in marked),
            len(pairs) - len(marked),
            _correlation(marked),
        )


def _correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Return Pearson's correlation; None for fewer than three pairs, or a constant side."""
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    if len(pairs) < 3 or len(set(first)) == 1 or len(set(second)) == 1:
        return None
    found = statistics.correlation(first, second)
    return found if math.isfinite(found) else None


def _misconceptions(
    course: GradingCourse,
    lesson: Lesson,
    students: Sequence[str],
    titles: dict[str, tuple[str, str]],
) -> tuple[Misconception, ...]:
    """Count the misconceptions in the outcomes by which the students' marks were given."""
    marks = [mark for student in students for mark in _explained(course, lesson, student)]
    counts = Counter((mark.grade_id, mark.misconception) for mark in marks)
    sentences = {(mark.grade_id, mark.misconception): mark.message for mark in marks}
    rows = [
        Misconception(titles.get(cell, (cell, ""))[0], name or "", sentences[cell, name], count)
        for (cell, name), count in counts.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.students, row.question, row.name)))


def _explained(course: GradingCourse, lesson: Lesson, student: str) -> Iterator[CellMark]:
    outcome = latest_outcome(course.submission(lesson, student))
    if outcome is not None and outcome.notebook is not None:
        yield from (mark for mark in outcome.marks if mark.misconception is not None)
