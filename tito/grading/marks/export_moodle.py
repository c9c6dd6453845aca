"""Marks for Moodle: the worksheet that an assignment offers for grading offline, filled in."""

from __future__ import annotations

from typing import Final

from tito.course.lessons import Lesson
from tito.grading.course import GradingError
from tito.grading.marks.export_canvas import Filled, missing
from tito.grading.marks.marks import Marks
from tito.grading.marks.roster import by_lms, emails, ids, match, names
from tito.grading.marks.tables import Table, is_other, neutral, number, written

COLUMNS: Final = (
    "Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade",
    "Grade can be changed", "Last modified (submission)", "Last modified (grade)",
    "Feedback comments",
)  # fmt: skip
_PARTICIPANT: Final = "Participant "


def moodle_csv(marks: Marks, template: Table | None, *, partial: bool) -> Filled:
    """The worksheet that Moodle takes under "Upload grading worksheet".

    Args:
        marks: of one lesson; Moodle has one worksheet an assignment.
        template: the worksheet that Moodle exported. Without it, there is a row for everybody whose
            notebook came from Moodle.
        partial: whether marks count that are not final.

    Raises:
        GradingError: there are several lessons; the template is not Moodle's, or its maximum is not
            the lesson's.
    """
    if len(marks.lessons) != 1:
        raise GradingError("Moodle has a worksheet for each assignment: name one lesson.")
    (lesson,) = marks.lessons
    if template is None:
        return _without(marks, lesson, partial=partial)
    identifier, grade, maximum = (
        template.column(name) for name in ("Identifier", "Grade", "Maximum Grade")
    )
    if identifier is None or grade is None:
        raise GradingError(
            "the template has no columns 'Identifier' and 'Grade': download the grading worksheet "
            "from the assignment in Moodle, with Moodle set to English."
        )
    matched = match(
        marks.students,
        template.rows,
        [
            (at, keys)
            for name, keys in (
                ("Identifier", by_lms("moodle", _PARTICIPANT)), ("Email address", emails),
                ("Username", ids), ("ID number", ids), ("Full name", names),
            )
            if (at := template.column(name)) is not None
        ],
    )  # fmt: skip
    changeable, full_name = template.column("Grade can be changed"), template.column("Full name")
    rows, locked = [], []
    for place, row in enumerate(template.rows):
        filled, student = list(row), matched.students.get(place)
        if full_name is not None:
            filled[full_name] = neutral(filled[full_name])
        score = marks.score(student.id, lesson, partial=partial) if student else None
        if score is not None and maximum is not None:
            _check_maximum(lesson, marks.maxima[lesson.id], row[maximum])
        if score is not None and changeable is not None and row[changeable].casefold() == "no":
            locked.append(row[identifier])
        elif score is not None:
            comma = maximum is not None and "," in row[maximum]
            filled[grade] = number(score).replace(".", "," if comma else ".")
        rows.append(filled)
    empty = [row[identifier] for at, row in enumerate(rows) if at not in matched.students]
    told = missing(marks, matched.unknown, matched.unclear, empty)
    if locked:
        told = (*told, f"Locked in Moodle, so left as they were: {', '.join(locked)}.")
    text = Table(template.header, rows, template.delimiter, template.mark).text()
    return Filled(text, told)


def _check_maximum(lesson: Lesson, maximum: float, said: str) -> None:
    if is_other(said, maximum):
        raise GradingError(
            f"the worksheet's maximum grade is {said.strip()}, and {lesson.id} has "
            f"{number(maximum)} points: change it in Moodle, and download the worksheet anew."
        )


def _without(marks: Marks, lesson: Lesson, *, partial: bool) -> Filled:
    rows, lost = [list(COLUMNS)], []
    for student in marks.students:
        score = marks.score(student.id, lesson, partial=partial)
        participants = student.lms_ids.get("moodle", frozenset())
        if len(participants) == 1:
            name = f"{student.first_name} {student.last_name}".strip() or student.id
            who = [f"{_PARTICIPANT}{next(iter(participants))}", neutral(name)]
            points = [number(score), number(marks.maxima[lesson.id])]
            rows.append([*who, neutral(student.email), "", *points, "Yes", "", "", ""])
        elif score is not None:
            lost.append(student.id)
    told = (
        f"Not from Moodle, so without a row; give --template for them: {', '.join(lost)}.",
    ) if lost else ()  # fmt: skip
    return Filled(written(rows), told)
