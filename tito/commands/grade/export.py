"""``tito grade export``: marks for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from recsys_backends.wording import counted
from tito.commands._lessons import LessonType
from tito.commands.grade._common import printable, require_grade_extra
from tito.course.lessons import Lesson

if TYPE_CHECKING:
    from tito.grading.marks.gradebook_table import Filled
    from tito.grading.marks.marks import Marks

_LMS: Final = ("canvas", "moodle", "blackboard", "brightspace")
"""Formats that may need a table of the LMS to be filled in."""


@click.command("export")
@click.argument("lessons", nargs=-1, type=LessonType())
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", *_LMS, "nbgrader"]),
    default="csv",
    show_default=True,
    help="The program that reads it.",
)
@click.option(
    "--template",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Export of the LMS's gradebook, or of Moodle's assignment, to be filled in.",
)
@click.option("--cells", is_flag=True, help="With csv: one row for each graded cell.")
@click.option("--partial", is_flag=True, help="Also write marks that are not final.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file."
)
def command(
    lessons: tuple[Lesson, ...],
    form: str,
    template: Path | None,
    cells: bool,
    partial: bool,
    output: Path | None,
) -> None:
    """Write the marks of LESSONS, or of all lessons in the gradebook, as a table.

    A mark is final if no answer needs a person any more, and the latest hand-in was graded. Other
    marks are left empty, or as they are in the template, and listed. With students.csv, everybody
    in it has a row; without a hand-in, the mark is empty.
    """
    require_grade_extra()
    from tito.grading.course import GradingError, find_grading_course
    from tito.grading.marks.marks import read_marks
    from tito.grading.notices import unknown_extensions
    from tito.workspace.lock import writing

    if cells and form != "csv":
        raise click.UsageError("--cells is for --format csv.")
    if template is not None and form not in _LMS:
        raise click.UsageError(f"--template is for --format {', '.join(_LMS)}.")
    course = find_grading_course()
    with writing(course):
        marks = read_marks(course, sorted(set(lessons)))
    if not marks.students:
        raise GradingError(
            "there is nobody to export: neither a hand-in, nor a mark, nor a students.csv."
        )
    filled = _table(marks, form, template, cells=cells, partial=partial)
    if output is None:
        click.echo(filled.text, nl=False)
    else:
        from recsys_edu.atomic import atomic_path

        with atomic_path(output) as unfinished:
            unfinished.write_text(filled.text, encoding=filled.encoding, newline="")
    known = unknown_extensions(course, (student.id for student in marks.students))
    for sentence in (*_unfinished_notes(marks, partial=partial), *filled.notes, *known):
        click.echo(printable(sentence), err=True)


def _table(marks: Marks, form: str, template: Path | None, *, cells: bool, partial: bool) -> Filled:
    from tito.grading.marks.export_blackboard import blackboard_csv
    from tito.grading.marks.export_brightspace import brightspace_csv
    from tito.grading.marks.export_canvas import canvas_csv
    from tito.grading.marks.export_csv import cells_csv, nbgrader_csv, students_csv
    from tito.grading.marks.export_moodle import moodle_csv
    from tito.grading.marks.gradebook_table import Filled
    from tito.grading.marks.tables import read_table

    by_lms = {
        "canvas": canvas_csv,
        "moodle": moodle_csv,
        "blackboard": blackboard_csv,
        "brightspace": brightspace_csv,
    }
    if form in by_lms:
        return by_lms[form](marks, read_table(template) if template else None, partial=partial)
    if cells:
        return Filled(cells_csv(marks))
    return Filled((nbgrader_csv if form == "nbgrader" else students_csv)(marks, partial=partial))


def _unfinished_notes(marks: Marks, *, partial: bool) -> list[str]:
    """Return sentences about marks that are not final, and about hand-ins without a mark."""
    how = "exported all the same" if partial else "left empty"
    notes, found = [], marks.found.items()
    answers = {key: mark.needs_manual for key, mark in found if mark.needs_manual}
    if answers:
        count, n_marks = sum(answers.values()), len(answers)
        notes.append(
            f"{counted(count, 'answer')} still {'needs' if count == 1 else 'need'} a person; "
            f"{counted(n_marks, 'mark')} {'is' if n_marks == 1 else 'are'} {how}."
        )
    newer = [f"{student} ({lesson})" for (student, lesson), mark in found if mark.resubmitted]
    if newer:
        notes.append(f"Handed in again since it was graded, {how}: {', '.join(newer)}.")
    waiting = [f"{student} ({lesson})" for student, lesson in marks.ungraded]
    if waiting:
        notes.append(f"Handed in and not graded yet, left empty: {', '.join(waiting)}.")
    for (who, lesson), why in marks.refused.items():
        notes.append(f"Refused by `tito grade collect`: {who} ({lesson}): {why}")
    if marks.strangers:
        notes.append(f"Not in students.csv: {', '.join(marks.strangers)}.")
    return notes
