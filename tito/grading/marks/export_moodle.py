"""Marks for Moodle: the worksheet that an assignment offers for grading offline, filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tito.course.lessons import Lesson
from tito.grading.course import GradingError
from tito.grading.marks.gradebook_table import Filled, left_notes, match_by_column, match_notes
from tito.grading.marks.marks import Marks
from tito.grading.marks.matching import Keys, by_lms, emails, ids, names
from tito.grading.marks.tables import Table, csv_text, differs, inert, number_in, points_text

COLUMNS: Final = (
    "Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade",
    "Grade can be changed", "Last modified (submission)", "Last modified (grade)",
    "Feedback comments",
)  # fmt: skip
_PARTICIPANT: Final = "Participant "
_IDS: Final[tuple[tuple[str, Keys], ...]] = (
    ("Identifier", by_lms("moodle", _PARTICIPANT)), ("Email address", emails),
    ("Username", ids), ("ID number", ids), ("ID number", by_lms("roster")), ("Full name", names),
)  # fmt: skip
"""Columns by which students are found, the surest first."""


def moodle_csv(marks: Marks, template: Table | None, *, partial: bool) -> Filled:
    """Write the worksheet that Moodle takes under "Upload grading worksheet".

    Args:
        marks: marks of one lesson; Moodle has one worksheet per assignment.
        template: the worksheet that Moodle exported. Without it, there is a row for each student
            whose notebook came from Moodle.
        partial: also write marks that are not final.

    Raises:
        GradingError: there are several lessons; the template is not Moodle's, or its maximum is not
            the lesson's.
    """
    if len(marks.lessons) != 1:
        raise GradingError("Moodle has a worksheet for each assignment: name one lesson.")
    (lesson,) = marks.lessons
    if template is None:
        return _without_template(marks, lesson, partial=partial)
    columns = _columns_of(template)
    for row in template.rows:
        _check_maximum(lesson, marks.maxima[lesson.id], columns.maximum_in(row))
    matched = match_by_column(marks, template, template.rows, _IDS)
    rows, locked = [], []
    for place, row in enumerate(template.rows):
        student = matched.students.get(place)
        score = marks.score(student.id, lesson, partial=partial) if student else None
        if score is not None and columns.is_locked(row):
            locked.append(row[columns.identifier])
            score = None
        rows.append(columns.filled(row, score))
    people = [row[columns.identifier] for row in rows]
    notes = (*match_notes(marks, matched, people), *left_notes("Moodle locks them", locked))
    return Filled(replace(template, rows=rows).text(), notes, template.encoding)


@dataclass(frozen=True)
class _Columns:
    """Indices of a worksheet's columns; None for one that it lacks."""

    identifier: int
    grade: int
    maximum: int | None
    changeable: int | None
    full_name: int | None

    def maximum_in(self, row: Sequence[str]) -> str:
        """Return the text of the maximum grade in a row."""
        return "" if self.maximum is None else row[self.maximum]

    def is_locked(self, row: Sequence[str]) -> bool:
        """Return True if Moodle will not change the grade of a row."""
        return self.changeable is not None and row[self.changeable].casefold() == "no"

    def filled(self, row: Sequence[str], score: float | None) -> list[str]:
        """Return a row with its grade; None leaves the grade as it was."""
        filled = list(row)
        if self.full_name is not None:
            filled[self.full_name] = inert(filled[self.full_name])
        if score is not None:
            separator = "," if "," in self.maximum_in(row) else "."
            filled[self.grade] = points_text(score).replace(".", separator)
        return filled


def _columns_of(template: Table) -> _Columns:
    identifier, grade = template.column("Identifier"), template.column("Grade")
    if identifier is None or grade is None:
        raise GradingError(
            "the template has no columns 'Identifier' and 'Grade': download the grading worksheet "
            "from the assignment in Moodle, with Moodle set to English."
        )
    others = ("Maximum Grade", "Grade can be changed", "Full name")
    return _Columns(identifier, grade, *map(template.column, others))


def _check_maximum(lesson: Lesson, maximum: float, text: str) -> None:
    """Raise GradingError if a worksheet's maximum is a scale, or not the lesson's."""
    said = text.strip()
    if said and number_in(said) is None:
        raise GradingError(
            f"the worksheet's maximum grade is {said!r}, which is no number: in Moodle, set the "
            f"assignment's grade to 'Point' with a maximum of {points_text(maximum)}, and download "
            "the worksheet again."
        )
    if differs(said, maximum):
        raise GradingError(
            f"the worksheet's maximum grade is {said}, and {lesson.id} has "
            f"{points_text(maximum)} points: change it in Moodle, and download the worksheet again."
        )


def _without_template(marks: Marks, lesson: Lesson, *, partial: bool) -> Filled:
    rows, lost = [list(COLUMNS)], []
    for student in marks.students:
        score = marks.score(student.id, lesson, partial=partial)
        participants = student.lms_ids.get("moodle", frozenset())
        if len(participants) == 1:
            name = student.name or student.id
            about = [f"{_PARTICIPANT}{next(iter(participants))}", inert(name)]
            points = [points_text(score), points_text(marks.maxima[lesson.id])]
            rows.append([*about, inert(student.email), "", *points, "Yes", "", "", ""])
        elif score is not None:
            lost.append(student.id)
    notes = (
        f"Without a row, since they are not from Moodle; give --template for: {', '.join(lost)}.",
    )
    return Filled(csv_text(rows), notes if lost else ())
