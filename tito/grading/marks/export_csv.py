"""Marks for a spreadsheet: one row per student or cell, or in nbgrader's columns."""

from __future__ import annotations

from tito.course.lessons import Lesson
from tito.grading.marks.marks import Mark, Marks
from tito.grading.marks.people import Student
from tito.grading.marks.tables import csv_text, inert, points_text


def students_csv(marks: Marks, *, partial: bool) -> str:
    """Write one row per student, with three columns per lesson.

    They are the mark, its maximum, and the points that lateness has taken off the mark.

    Three more columns have the lessons that still need a person, those of which nothing was handed
    in, and those of which everything that was handed in was refused.
    """
    kinds = ("", "_max", "_late")
    columns = [f"{lesson.id}{kind}" for lesson in marks.lessons for kind in kinds]
    about = ["student", "name", "last_name", "first_name", "email", "section"]
    rows = [[*about, *columns, "needs_manual", "not_handed_in", "refused"]]
    for student in marks.students:
        _, *names = _names(student)
        row = [inert(student.id), inert(student.name), *names, inert(student.section)]
        for lesson in marks.lessons:
            score = marks.score(student.id, lesson, partial=partial)
            row += [points_text(score), points_text(marks.maxima[lesson.id])]
            row.append("" if score is None else points_text(_taken_off(marks, student, lesson)))
        row += [" ".join(each) for each in (_open(marks, student), *_missing(marks, student))]
        rows.append(row)
    return csv_text(rows)


def cells_csv(marks: Marks) -> str:
    """Write one row per student and graded cell; a column says which still need a person."""
    kinds = ["auto_score", "manual_score", "extra_credit", "score", "max_score", "needs_manual"]
    rows = [["student", "lesson", "cell", *kinds]]
    for student in marks.students:
        for lesson in marks.lessons:
            mark = marks.found.get((student.id, lesson.id))
            for cell in mark.cells if mark is not None else ():
                points = (cell.auto, cell.manual, cell.extra, cell.score, cell.maximum)
                needs = "yes" if cell.needs_manual else "no"
                where = [inert(student.id), lesson.id, cell.cell]
                rows.append([*where, *map(points_text, points), needs])
    return csv_text(rows)


def nbgrader_csv(marks: Marks, *, partial: bool) -> str:
    """Write the columns of ``nbgrader export``, with quotes if needed, which nbgrader forgets."""
    rows = [
        ["assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
         "raw_score", "late_submission_penalty", "score", "max_score"]
    ]  # fmt: skip
    for lesson in marks.lessons:
        for student in marks.students:
            found = marks.found.get((student.id, lesson.id))
            row = [lesson.id, marks.due[lesson.id], found.timestamp if found else ""]
            mark = found or Mark(0.0, 0.0, (), "")  # without a hand-in, nbgrader gives 0
            points: list[float | None] = [mark.raw, mark.penalty, mark.score]
            if not (mark.final or partial):
                points = [None, None, None]
            maximum = marks.maxima[lesson.id]
            rows.append([*row, *_names(student), *map(points_text, (*points, maximum))])
    return csv_text(rows)


def _taken_off(marks: Marks, student: Student, lesson: Lesson) -> float | None:
    """Return the points that lateness has cost; None if it has cost none."""
    mark = marks.found.get((student.id, lesson.id))
    return (mark.raw - mark.score or None) if mark is not None else None


def _names(student: Student) -> list[str]:
    names = (student.id, student.last_name, student.first_name, student.email)
    return [inert(name) for name in names]


def _open(marks: Marks, student: Student) -> list[str]:
    found = [(lesson, marks.found.get((student.id, lesson.id))) for lesson in marks.lessons]
    waiting = {lesson for name, lesson in marks.ungraded if name == student.id}
    return [
        lesson.id
        for lesson, mark in found
        if lesson.id in waiting or (mark is not None and not mark.final)
    ]


def _missing(marks: Marks, student: Student) -> tuple[list[str], list[str]]:
    """Return lessons of which nothing was handed in, and those of which all was refused."""
    there = {lesson for name, lesson in (*marks.found, *marks.ungraded) if name == student.id}
    refused = [x.id for x in marks.lessons if (student.id, x.id) in marks.refused]
    missing = [x.id for x in marks.lessons if x.id not in there and x.id not in refused]
    return missing, [lesson for lesson in refused if lesson not in there]
