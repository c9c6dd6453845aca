"""Marks for Canvas: a table as its gradebook exports and imports it, with the lessons' columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tito.course.lessons import Lesson
from tito.grading.course import GradingError
from tito.grading.marks.marks import Marks
from tito.grading.marks.roster import by_lms, emails, ids, match, names
from tito.grading.marks.tables import Table, is_other, neutral, number, written

_WHO: Final = (
    "Student",
    "ID",
    "SIS User ID",
    "SIS Login ID",
    "Integration ID",
    "Root Account",
    "Section",
)
_POINTS: Final = "points possible"
_NUMBERED: Final = re.compile(r"(?P<name>.*?)\s*\(\d+\)")


@dataclass(frozen=True)
class Filled:
    """A table for an LMS, and what its maker has to know."""

    text: str
    told: tuple[str, ...]


def canvas_csv(marks: Marks, template: Table | None, *, partial: bool) -> Filled:
    """The table that Canvas's gradebook imports.

    Args:
        marks: of which lessons.
        template: what Canvas's gradebook exported. Its columns about students are kept, and its
            columns of these lessons are filled; a lesson without one gets a new column, of which
            Canvas asks what it is. Without it, students have the ids that came with what they
            handed in.
        partial: whether marks count that are not final.

    Raises:
        GradingError: the template is not Canvas's, or its points are not the lesson's.
    """
    if template is None:
        return _without(marks, partial=partial)
    student = template.column("Student")
    if student is None or template.column("ID") is None:
        raise GradingError(
            "the template has no columns 'Student' and 'ID': export it from Canvas's gradebook."
        )
    kept = [at for name in _WHO if (at := template.column(name)) is not None]
    people = [row for row in template.rows if _is_person(row, student)]
    matched = match(
        marks.students,
        people,
        [
            (at, keys)
            for name, keys in (
                ("ID", by_lms("canvas")), ("SIS Login ID", ids), ("SIS User ID", ids),
                ("SIS Login ID", emails), ("Student", names),
            )
            if (at := template.column(name)) is not None
        ],
    )  # fmt: skip
    points = [row for row in template.rows if row[student].strip().casefold() == _POINTS]
    columns = [_column(lesson, template) for lesson in marks.lessons]
    for lesson, at in zip(marks.lessons, columns, strict=True):
        if at is not None and points:
            _check_points(lesson, marks.maxima[lesson.id], template.header[at], points[0][at])
    header = [template.header[at] for at in kept]
    titles = [
        lesson.id if at is None else template.header[at]
        for lesson, at in zip(marks.lessons, columns, strict=True)
    ]
    rows = [[*header, *titles]]
    maxima = [number(marks.maxima[lesson.id]) for lesson in marks.lessons]
    rows += [[*(row[at] for at in kept), *maxima] for row in points[:1]]
    for place, row in enumerate(people):
        found = matched.students.get(place)
        given = _scores(marks, found.id, partial=partial) if found else [""] * len(columns)
        who = [neutral(row[at]) if at == student else row[at] for at in kept]
        rows.append([*who, *given])
    told = _told(marks, columns)
    text = template.mark + written(rows, template.delimiter)
    return Filled(text, (*told, *missing(marks, matched.unknown, matched.unclear, [
        row[student] for place, row in enumerate(people) if place not in matched.students
    ])))  # fmt: skip


def missing(
    marks: Marks, unknown: tuple[str, ...], unclear: tuple[str, ...], empty: list[str]
) -> tuple[str, ...]:
    """Sentences about who is not in both tables."""
    handed_in = {student for student, _ in marks.found}
    lost = [student for student in unknown if student in handed_in]
    said = []
    if lost:
        said.append(f"Not in the template, so their marks are not either: {', '.join(lost)}.")
    if unclear:
        said.append(f"Several rows or students may be meant, left empty: {', '.join(unclear)}.")
    if empty:
        said.append(f"Handed in nothing that is known here: {'; '.join(empty)}.")
    return tuple(said)


def _is_person(row: list[str], student: int) -> bool:
    name = row[student].strip().casefold()
    return bool(name) and name != _POINTS and "manual posting" not in map(str.casefold, row)


def _column(lesson: Lesson, template: Table) -> int | None:
    """Where a lesson's marks go: what is called as it is, or has its name in it."""
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
    if is_other(points, maximum):
        raise GradingError(
            f"{title!r} has {points.strip()} points in Canvas, and {lesson.id} has "
            f"{number(maximum)}: change it there, and export the template anew."
        )


def _told(marks: Marks, columns: list[int | None]) -> tuple[str, ...]:
    new = [lesson.id for lesson, at in zip(marks.lessons, columns, strict=True) if at is None]
    if not new:
        return ()
    return (f"Without a column in the template, so Canvas will ask about: {', '.join(new)}.",)


def _scores(marks: Marks, student: str, *, partial: bool) -> list[str]:
    return [number(marks.score(student, lesson, partial=partial)) for lesson in marks.lessons]


def _without(marks: Marks, *, partial: bool) -> Filled:
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]]
    rows[0] += [lesson.id for lesson in marks.lessons]
    maxima = [number(marks.maxima[lesson.id]) for lesson in marks.lessons]
    rows.append(["Points Possible", "", "", "", "", *maxima])
    for student in marks.students:
        users = sorted(student.lms_ids.get("canvas", ()))
        name = f"{student.last_name}, {student.first_name}".strip(", ") or student.id
        login = "" if users else neutral(student.id)
        who = [neutral(name), users[0] if len(users) == 1 else "", "", login, ""]
        rows.append([*who, *_scores(marks, student.id, partial=partial)])
    return Filled(written(rows), ())
