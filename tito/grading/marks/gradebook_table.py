"""Gradebooks of LMSs as tables: a row for each student, a column for each lesson."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tito.course.lessons import Lesson
from tito.grading.course import GradingError
from tito.grading.marks.marks import Marks
from tito.grading.marks.matching import Keys, Matched, entries_of, match
from tito.grading.marks.people import Student
from tito.grading.marks.tables import Table, csv_text, differs, inert, number_in, points_text

EXCUSED: Final = frozenset({"ex", "excused", "exempt", "exempted"})
"""Entries by which instructors excuse a student from an assignment."""


@dataclass(frozen=True)
class Filled:
    """A table for an LMS, and sentences for the instructor about it."""

    text: str
    notes: tuple[str, ...] = ()
    encoding: str = "utf-8"


@dataclass(frozen=True)
class GradebookForm:
    """Form in which an LMS exports and imports its gradebook."""

    lms: str
    required: tuple[str, ...]
    """Columns without which a table is none of this LMS."""
    kept: tuple[str, ...]
    """Columns about students, which an import needs."""
    ids: tuple[tuple[str, Keys], ...]
    """Columns by which students are found, the surest first."""
    shown: str
    """Column that names a student to the instructor, one of those required."""
    texts: tuple[str, ...]
    """Columns with names, which may look like formulas."""
    title: re.Pattern[str]
    """Pattern of a lesson's column: its ``name``, and its ``points`` if the title has them."""
    last: str = ""
    """Column that has to stay the last one."""
    adds_columns: bool = False
    """True if an import may bring new columns."""
    points_row: str = ""
    """Name in the row with maxima, in lower case; empty without such a row."""
    is_decision: Callable[[str], bool] = lambda entry: entry.casefold() in EXCUSED
    """Function that tells an entry that a person made, and that no mark may replace."""


def fill(form: GradebookForm, marks: Marks, template: Table, *, partial: bool) -> Filled:
    """Fill the marks of some lessons into an LMS's table.

    An entry without a mark that may leave the gradebook, and one by which an instructor excused a
    student, stays as it is in the template.

    Raises:
        GradingError: the template is not the LMS's, or its points are not the lesson's.
    """
    shown = _check_form(form, template)
    points = [row for row in template.rows if _names(row, shown, form.points_row)][:1]
    people = [row for row in template.rows if _is_person(row, shown, form.points_row)]
    columns = [_column(form, lesson, template) for lesson in marks.lessons]
    _check_points(form, marks, template, columns, points)
    matched = match_by_column(marks, template, people, form.ids)
    kept = _indices(template, form.kept)
    end = _indices(template, (form.last,))
    texts = _indices(template, form.texts)
    maxima = [points_text(marks.maxima[lesson.id]) for lesson in marks.lessons]
    rows = [_row(template.header, kept, _titles(marks, template, columns), end)]
    rows += [_row(row, kept, maxima, end) for row in points]
    decided: list[str] = []
    for place, row in enumerate(people):
        entries, stayed = _entries(
            form, marks, columns, row, matched.students.get(place), partial=partial
        )
        decided += stayed
        safe = [inert(entry) if at in texts else entry for at, entry in enumerate(row)]
        rows.append(_row(safe, kept, entries, end))
    notes = (
        *_column_notes(form, marks, columns),
        *match_notes(marks, matched, [row[shown] for row in people]),
        *left_notes("a person entered them", decided),
    )
    text = template.mark + csv_text(rows, template.delimiter)
    return Filled(text, notes, template.encoding)


def left_notes(why: str, entries: Sequence[str]) -> tuple[str, ...]:
    """Return a sentence about entries of a template that stay; none without entries."""
    return (f"Left as they were, since {why}: {', '.join(entries)}.",) if entries else ()


def match_by_column(
    marks: Marks, template: Table, rows: Sequence[list[str]], ids: Sequence[tuple[str, Keys]]
) -> Matched:
    """Match rows of a template with students, by those of some columns that the template has."""
    found = [(entries_of(template, name), keys) for name, keys in ids]
    columns = [(entry, keys) for entry, keys in found if entry is not None]
    return match(marks.students, rows, columns)


def match_notes(marks: Marks, matched: Matched, names: Sequence[str]) -> tuple[str, ...]:
    """Return sentences about students that are in one of the two tables only.

    Args:
        marks: the marks.
        matched: students by their rows.
        names: name of each row's student in the template.
    """
    busy = {student for student, _ in (*marks.found, *marks.ungraded, *marks.refused)}
    lost = [student for student in matched.unknown if student in busy]
    absent = [
        name
        for at, name in enumerate(names)
        if (student := matched.students.get(at)) is None or student.id not in busy
    ]
    lost_notes = (
        (f"Not in the template, so their marks are missing: {', '.join(lost)}.",) if lost else ()
    )
    return (
        *lost_notes,
        *left_notes("it is unclear which row is whose", matched.unclear),
        *left_notes("nothing was handed in", absent),
    )


def _check_form(form: GradebookForm, template: Table) -> int:
    """Return the index of the column that names students; raise GradingError for other tables."""
    if any(template.column(title) is None for title in form.required):
        listed = " and ".join(repr(name) for name in form.required)
        raise GradingError(
            f"the template has no columns {listed}: export it from {form.lms}'s gradebook."
        )
    (shown,) = _indices(template, (form.shown,))
    return shown


def _indices(template: Table, names: Sequence[str]) -> list[int]:
    return [at for name in names if (at := template.column(name)) is not None]


def _entries(
    form: GradebookForm,
    marks: Marks,
    columns: Sequence[int | None],
    row: Sequence[str],
    student: Student | None,
    *,
    partial: bool,
) -> tuple[list[str], list[str]]:
    """Return a student's entries, and descriptions of those that a person made and that stay."""
    entries, stayed = [], []
    for lesson, at in zip(marks.lessons, columns, strict=True):
        before = "" if at is None else row[at].strip()
        score = marks.score(student.id, lesson, partial=partial) if student else None
        if student and score is not None and form.is_decision(before):
            stayed.append(f"{student.id} ({lesson.id}: {before})")
            score = None
        entries.append(before if score is None else points_text(score))
    return entries, stayed


def _row(row: Sequence[str], kept: list[int], entries: list[str], end: list[int]) -> list[str]:
    return [*(row[at] for at in kept), *entries, *(row[at] for at in end)]


def _names(row: Sequence[str], shown: int, name: str) -> bool:
    return bool(name) and row[shown].strip().casefold() == name


def _is_person(row: Sequence[str], shown: int, points_row: str) -> bool:
    """Return True unless a row is about columns: maxima, or Canvas's way of posting marks."""
    about_columns = "manual posting" in map(str.casefold, row) and not row[shown].strip()
    return bool(row[shown].strip()) and not _names(row, shown, points_row) and not about_columns


def _column(form: GradebookForm, lesson: Lesson, template: Table) -> int | None:
    """Find the column of a lesson by the lesson's id or title in its name."""
    titles = [form.title.fullmatch(title.strip()) for title in template.header]
    names = {at: found["name"].strip().casefold() for at, found in enumerate(titles) if found}
    title = lesson.about().title.casefold()
    within = re.compile(rf"(?<![a-z0-9]){re.escape(lesson.id)}(?![a-z0-9])")
    tiers = (
        [at for at, name in names.items() if name == lesson.id],
        [at for at, name in names.items() if within.search(name)],
        [at for at, name in names.items() if name == title],
    )
    found = next((tier for tier in tiers if tier), [])
    if not found and not form.adds_columns:
        raise GradingError(
            f"the template has no column for {lesson.id}: make one in {form.lms} whose name has "
            f"{lesson.id} in it, and export the template again."
        )
    if len(found) > 1:
        both = " and ".join(repr(template.header[at]) for at in found)
        raise GradingError(f"the template has several columns for {lesson.id}: {both}.")
    return found[0] if found else None


def _check_points(
    form: GradebookForm,
    marks: Marks,
    template: Table,
    columns: Sequence[int | None],
    points: Sequence[Sequence[str]],
) -> None:
    """Raise GradingError if the LMS has another maximum than a lesson, or none that is a number."""
    for lesson, at in zip(marks.lessons, columns, strict=True):
        if at is None:
            continue
        title = template.header[at]
        found = form.title.fullmatch(title.strip())
        said = (found.groupdict().get("points") if found else None) or ""
        said = said or (points[0][at].strip() if points else "")
        if said and (number_in(said) is None or differs(said, marks.maxima[lesson.id])):
            shown = said if number_in(said) is not None else repr(said)
            raise GradingError(
                f"{title!r} has {shown} points in {form.lms}, and {lesson.id} has "
                f"{points_text(marks.maxima[lesson.id])}: change it there, and export the template "
                "again."
            )


def _titles(marks: Marks, template: Table, columns: Sequence[int | None]) -> list[str]:
    return [
        lesson.id if at is None else template.header[at]
        for lesson, at in zip(marks.lessons, columns, strict=True)
    ]


def _column_notes(
    form: GradebookForm, marks: Marks, columns: Sequence[int | None]
) -> tuple[str, ...]:
    new = [lesson.id for lesson, at in zip(marks.lessons, columns, strict=True) if at is None]
    if not new:
        return ()
    return (
        f"Without a column in the template, so {form.lms} will ask about: {', '.join(new)}. If "
        f"it is there under another name, name the assignment in {form.lms} like this.",
    )
