"""``tito grade collect``: collect submissions."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click

from tito.commands._lessons import lesson_argument
from tito.commands.grade._common import printable, require_grade_extra
from tito.course.lessons import Lesson


@click.command("collect")
@lesson_argument
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--pattern", default="", help="Pattern that finds the student in a path: (?P<student>…)."
)
@click.option(
    "--before-due", is_flag=True, help="From the exchange: take the latest that was in time."
)
@click.option(
    "--replace", is_flag=True, help="Also take a hand-in that is older than the present one."
)
@click.option(
    "--dismiss",
    multiple=True,
    metavar="STUDENT",
    help="Forget what was refused of this student, and collect nothing; repeatable.",
)
@click.option(
    "--no-check-owner",
    is_flag=True,
    help="Do not compare names and owners of drops in the exchange.",
)
def command(
    lesson: Lesson,
    paths: tuple[Path, ...],
    pattern: str,
    before_due: bool,
    replace: bool,
    dismiss: tuple[str, ...],
    no_check_owner: bool,
) -> None:
    """Collect a lesson's notebooks from PATHS, or from the exchange, into submitted/.

    PATHS are folders, ZIPs or notebooks as Moodle, Canvas, Blackboard or Brightspace export them,
    or STUDENT/NN/NN.ipynb, STUDENT/NN.ipynb and STUDENT.ipynb (NN is the lesson, such as 05_bpr).
    For other paths, give --pattern, or `pattern` in grading.toml. With students.csv, a student has
    the id given there. Without it, a name that cannot be a folder's is changed, and gets six digits
    of its SHA-256; a receipt in .tito/receipts has the original.

    \b
    The time of a hand-in comes from, in this order:
      the exchange              the name of the drop
      Blackboard, Brightspace   the file's name
      STUDENT/NN/               its timestamp.txt
      Canvas                    the file's time; late only if its name has LATE
      a file, or one in a ZIP   the time of its last change

    Nothing is unpacked, and no link is followed. A newer hand-in replaces a submission as a whole;
    the earlier one is kept in .tito/earlier/. The status is 1 if something was refused.
    """
    require_grade_extra()
    from tito.grading.collecting.collect import STATUSES, collect
    from tito.grading.collecting.refusals import dismiss_refusals
    from tito.grading.course import find_grading_course
    from tito.grading.notices import notices
    from tito.workspace.lock import writing

    course = find_grading_course()
    if dismiss:
        if paths:
            raise click.UsageError("--dismiss collects nothing: leave out the paths.")
        with writing(course):
            dismiss_refusals(course, lesson, dismiss)
        click.echo(f"Forgotten: {', '.join(dismiss)}.")
        return
    with writing(course):
        found = collect(
            course,
            lesson,
            paths,
            pattern=pattern,
            before_due=before_due,
            replace=replace,
            check_owner=not no_check_owner,
        )
    for entry in found:
        why = f": {entry.why}" if entry.why else ""
        click.echo(printable(f"{entry.status:<9}  {entry.student}{why}"))
        for warning in entry.warnings:
            click.echo(printable(f"  warning: {warning}"))
    counts = Counter(entry.status for entry in found)
    listed = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])
    click.echo(f"{lesson.id}: {listed or 'nothing to collect'}.")
    for sentence in notices(course, [lesson]):
        click.echo(printable(sentence), err=True)
    sys.exit(bool(counts["refused"]))
