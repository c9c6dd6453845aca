"""Answers of a class for one lesson, as they were handed in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tito.course.lessons import Lesson
from tito.course.notebook import Cell, read_cells
from tito.grading.course import GradingCourse
from tito.grading.similarity.pairs import CODE, WORDS, Passage
from tito.grading.submitted_notebook import SubmittedNotebook, UngradableError
from tito.jail.plain_files import SubmissionError, read_below

MAX_CHARACTERS: Final = 500_000
"""Number of characters of one hand-in that are compared; more is no answer to a lesson."""


def released_passages(lesson: Lesson) -> list[Passage]:
    """Return the cells of a lesson as students got them."""
    cells = read_cells(lesson.release)
    names = _names_of(cells)
    return [_passage(cell, names) for cell in cells]


def handed_in(
    course: GradingCourse, lesson: Lesson
) -> tuple[dict[str, list[Passage]], dict[str, str]]:
    """Read all hand-ins for a lesson.

    Returns:
        Cells that differ from the released ones, by student; and the reasons by student for
        hand-ins that cannot be read.
    """
    released = read_cells(lesson.release)
    works: dict[str, list[Passage]] = {}
    problems: dict[str, str] = {}
    for student in course.students(lesson):
        try:
            works[student] = list(_answers(course, lesson, student, released))
        except (SubmissionError, UngradableError, OSError) as error:
            problems[student] = str(error)
    return works, problems


def _answers(
    course: GradingCourse, lesson: Lesson, student: str, released: Sequence[Cell]
) -> Iterator[Passage]:
    given, names = {cell.source.strip() for cell in released}, _names_of(released)
    path = course.submission(lesson, student).submitted
    content = read_below(course.root, path.relative_to(course.root).as_posix())
    left = MAX_CHARACTERS
    for cell in SubmittedNotebook(content).cells:
        if cell.source.strip() and cell.source.strip() not in given:
            left -= len(cell.source)
            if left < 0:
                raise UngradableError(
                    f"it has more than {MAX_CHARACTERS:,} characters in its own cells."
                )
            yield _passage(cell, names)


def _names_of(released: Sequence[Cell]) -> set[str]:
    return {cell.grade_id for cell in released} - {""}


def _passage(cell: Cell, names: set[str]) -> Passage:
    """Return a cell as a passage; of names, only the lesson's are told, as others are anything."""
    kind = CODE if cell.kind == "code" else WORDS
    name = cell.grade_id if cell.grade_id in names else f"cell {cell.number}"
    return Passage(name, kind, cell.source)
