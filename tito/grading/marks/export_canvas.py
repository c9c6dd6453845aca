"""Marks for Canvas: a table as its gradebook exports and imports it, with the lessons' columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tito.course.lessons import Lesson
from tito.grading.course import GradingError
from tito.grading.marks.marks import Marks
from tito.grading.marks.roster import Keys, Matched, by_lms, emails, ids, match, names
from tito.grading.marks.tables import Table, csv_text, differs, inert, points_text

_ABOUT_STUDENTS: Final = (
    "Student",
    "ID",
    "SIS User ID",
    "SIS Login ID",
    "Integration ID",
    "Root Account",
    "Section",
)
_IDS: Final[tuple[tuple[str, Keys], ...]] = (
    ("ID", by_lms("canvas")), ("SIS Login ID", ids), ("SIS User ID", ids),
    ("SIS Login ID", emails), ("Student", names),
)  # fmt: skip
"""Columns by which students are found, the surest first."""
_POINTS: Final = "points possible"
_NUMBERED: Final = re.compile(r"(?P<name>.*?)\s*\(\d+\)")


@dataclass(frozen=True)
class Filled:
    """A table for an LMS, and sentences for the instructor about it."""

    text: str
    notes: tuple[str, ...]


def canvas_csv(marks: Marks, template: Table | None, *, partial: bool) -> Filled:
    """Write the table that Canvas's gradebook imports.

    Args:
        marks: marks of some lessons.
        template: the export of Canvas's gradebook. Its columns about students are kept, and its
            columns of these lessons are filled; a lesson without one gets a new column, about which
            Canvas asks. Without a template, students have the ids that came with their hand-ins.
        partial: also write marks that are not final.

    Raises:
        GradingError: the template is not Canvas's, or its points are not the lesson's.
    """
    if template is None:
        return _without_template(marks, partial=partial)
    student = template.column("Student")
    if student is None or template.column("ID") is None:
        raise GradingError(
            "the template has no columns 'Student' and 'ID': export it from Canvas's gradebook."
        )
    people = [row for row in template.rows if _is_person(row, student)]
    points = [row for row in template.rows if row[student].strip().casefold() == _POINTS][:1]
    matched = match_by_column(marks, template, people, _IDS)
    columns = [_column(lesson, template) for lesson in marks.lessons]
    for lesson, at in zip(marks.lessons, columns, strict=True):
        if at is not None and points:
            _check_points(lesson, marks.maxima[lesson.id], template.header[at], points[0][at])
    kept = [at for name in _ABOUT_STUDENTS if (at := template.column(name)) is not None]
    rows = [[*(template.header[at] for at in kept), *_titles(marks, template, columns)]]
    rows += [[*(row[at] for at in kept), *_maxima(marks)] for row in points]
    for place, row in enumerate(people):
        found = matched.students.get(place)
        scores = _scores(marks, found.id, partial=partial) if found else [""] * len(columns)
        rows.append([*(inert(row[at]) if at == student else row[at] for at in kept), *scores])
    unmatched = [row[student] for at, row in enumerate(people) if at not in matched.students]
    text = template.mark + csv_text(rows, template.delimiter)
    return Filled(text, (*_column_notes(marks, columns), *match_notes(marks, matched, unmatched)))


def match_by_column(
    marks: Marks, template: Table, rows: Sequence[list[str]], ids: Sequence[tuple[str, Keys]]
) -> Matched:
    """Match rows of a template with students, by those of some columns that the template has."""
    columns = [(at, keys) for name, keys in ids if (at := template.column(name)) is not None]
    return match(marks.students, rows, columns)


def match_notes(marks: Marks, matched: Matched, unmatched: Sequence[str]) -> tuple[str, ...]:
    """Return sentences about students that are in one of the two tables only."""
    handed_in = {student for student, _ in marks.found}
    lost = [student for student in matched.unknown if student in handed_in]
    notes = []
    if lost:
        notes.append(f"Not in the template, so their marks are missing: {', '.join(lost)}.")
    if matched.unclear:
        notes.append(
            f"Left empty, since it is unclear which row is whose: {', '.join(matched.unclear)}."
        )
    if unmatched:
        notes.append(f"Left empty, since nothing was handed in: {'; '.join(unmatched)}.")
    return tuple(notes)


def _is_person(row: list[str], student: int) -> bool:
    name = row[student].strip().casefold()
    return bool(name) and name != _POINTS and "manual posting" not in map(str.casefold, row)


def _column(lesson: Lesson, template: Table) -> int | None:
    """Find the column of a lesson by the lesson's id or title in its name."""
    titles = [_NUMBERED.fullmatch(title.strip()) for title in template.header]
    names = {at: match["name"].casefold() for at, match in enumerate(titles) if match}
    title = lesson.about().title.casefold()
    within = re.compile(rf"(?<![a-z0-9]){re.escape(lesson.id)}(?![a-z0-9])")
    tiers = (
        [at for at, name in names.items() if name == lesson.id],
        [at for at, name in names.items() if within.search(name)],
        [at for at, name in names.items() if name == title],
    )
    found = next((tier for tier in tiers if tier), [])
    if len(found) > 1:
        both = " and ".join(repr(template.header[at]) for at in found)
        raise GradingError(f"the template has several columns for {lesson.id}: {both}.")
    return found[0] if found else None


def _check_points(lesson: Lesson, maximum: float, title: str, points: str) -> None:
    if differs(points, maximum):
        raise GradingError(
            f"{title!r} has {points.strip()} points in Canvas, and {lesson.id} has "
            f"{points_text(maximum)}: change it there, and export the template again."
        )


def _titles(marks: Marks, template: Table, columns: Sequence[int | None]) -> list[str]:
    return [
        lesson.id if at is None else template.header[at]
        for lesson, at in zip(marks.lessons, columns, strict=True)
    ]


def _maxima(marks: Marks) -> list[str]:
    return [points_text(marks.maxima[lesson.id]) for lesson in marks.lessons]


def _column_notes(marks: Marks, columns: Sequence[int | None]) -> tuple[str, ...]:
    new = [lesson.id for lesson, at in zip(marks.lessons, columns, strict=True) if at is None]
    if not new:
        return ()
    return (f"Without a column in the template, so Canvas will ask about: {', '.join(new)}.",)


def _scores(marks: Marks, student: str, *, partial: bool) -> list[str]:
    return [points_text(marks.score(student, lesson, partial=partial)) for lesson in marks.lessons]


def _without_template(marks: Marks, *, partial: bool) -> Filled:
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]]
    rows[0] += [lesson.id for lesson in marks.lessons]
    rows.append(["Points Possible", "", "", "", "", *_maxima(marks)])
    for student in marks.students:
        users = sorted(student.lms_ids.get("canvas", ()))
        name = f"{student.last_name}, {student.first_name}".strip(", ") or student.id
        login = "" if users else inert(student.id)
        about = [inert(name), users[0] if len(users) == 1 else "", "", login, ""]
        rows.append([*about, *_scores(marks, student.id, partial=partial)])
    return Filled(csv_text(rows), ())
