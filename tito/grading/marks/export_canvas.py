"""Marks for Canvas: a table as its gradebook exports and imports it, with the lessons' columns."""

from __future__ import annotations

import re
from typing import Final

from tito.grading.marks.gradebook_table import Filled, GradebookForm, fill
from tito.grading.marks.marks import Marks
from tito.grading.marks.matching import by_lms, emails, ids, names
from tito.grading.marks.tables import Table, csv_text, inert, number_in, points_text

CANVAS: Final = GradebookForm(
    lms="Canvas",
    required=("Student", "ID"),
    kept=(
        *("Student", "ID", "SIS User ID", "SIS Login ID"),
        *("Integration ID", "Root Account", "Section"),
    ),
    ids=(
        *(("ID", by_lms("canvas")), ("ID", by_lms("roster")), ("SIS User ID", by_lms("roster"))),
        *(("SIS Login ID", ids), ("SIS User ID", ids)),
        *(("SIS Login ID", emails), ("Student", names)),
    ),
    shown="Student",
    texts=("Student",),
    title=re.compile(r"(?P<name>.*?)\s*\(\d+\)"),
    points_row="points possible",
    adds_columns=True,
    # EX excuses a student; a letter or a word is a grade that somebody gave by hand.
    is_decision=lambda entry: bool(entry) and number_in(entry) is None,
)


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
    if template is not None:
        return fill(CANVAS, marks, template, partial=partial)
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]]
    rows[0] += [lesson.id for lesson in marks.lessons]
    maxima = [points_text(marks.maxima[lesson.id]) for lesson in marks.lessons]
    rows.append(["Points Possible", "", "", "", "", *maxima])
    for student in marks.students:
        users = sorted(student.lms_ids.get("canvas", ()))
        name = f"{student.last_name}, {student.first_name}".strip(", ") or student.name
        login = "" if users else inert(student.id)
        about = [inert(name or student.id), users[0] if len(users) == 1 else "", "", login]
        scores = [
            points_text(marks.score(student.id, lesson, partial=partial))
            for lesson in marks.lessons
        ]
        rows.append([*about, inert(student.section), *scores])
    return Filled(csv_text(rows))
