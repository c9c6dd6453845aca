"""``tito grade report``: show the results of grading in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tito.commands._lessons import lesson_argument, show_line
from tito.commands.grade._common import printable, printable_lines, summary, waiting
from tito.course.lessons import Lesson

if TYPE_CHECKING:
    from tito.grading.course import GradingCourse


@click.command("report")
@lesson_argument
@click.argument("students", nargs=-1)
def command(lesson: Lesson, students: tuple[str, ...]) -> None:
    """Show the results of grading the submissions of STUDENTS (all by default) in full.

    For instructors only: hidden inputs may occur in them. Students read their feedback pages.
    """
    from tito.grading.course import GradingError, find_grading_course

    course = find_grading_course()
    if not students:
        _show_missing(course, lesson)
    known = course.students(lesson)
    unknown = [student for student in students if student not in known]
    if unknown or not known:
        raise GradingError(
            f"there is no submission of {lesson.id} by {', '.join(unknown) or 'anybody'}; `tito "
            f"grade collect` lists those that it refused. There are: {', '.join(known) or 'none'}."
        )
    missing = [student for student in students or known if not _shown(course, lesson, student)]
    if missing:
        raise GradingError(
            f"not graded yet: {', '.join(missing)}. Run `tito grade autograde {lesson.number}`."
        )


def _show_missing(course: GradingCourse, lesson: Lesson) -> None:
    """Print what was refused, who has handed in nothing, and extensions for nobody."""
    from tito.grading.collecting.refusals import refusals
    from tito.grading.notices import notices

    for who, why in refusals(course, lesson).items():
        click.echo(printable(f"{who}: refused by `tito grade collect`: {why}"))
    for sentence in notices(course, [lesson]):
        click.echo(printable(sentence))


def _shown(course: GradingCourse, lesson: Lesson, student: str) -> bool:
    """Print one student's results; return False if there are none."""
    from tito.grading.autograding.outcome import latest_outcome

    outcome = latest_outcome(course.submission(lesson, student))
    if outcome is None:
        return False
    click.echo(f"{summary(outcome)}; it took {outcome.seconds:.1f} s")
    for sentence in (outcome.why, *outcome.remarks, waiting(outcome)):
        if sentence:
            click.echo(f"  {printable(sentence)}")
    for cell in outcome.left_out:
        show_line(False, f"cell {cell.grade_id}", printable_lines(cell.why))
    for mark in outcome.marks:
        show_line(
            mark.passed,
            f"{mark.grade_id} ({mark.points:g})",
            printable_lines(mark.details or mark.message),
        )
    return True
