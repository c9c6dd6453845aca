"""``tito grade report``: what grading found about a submission."""

from __future__ import annotations

import click

from tito.commands._lessons import lesson_argument, show_line
from tito.commands.grade._common import printable, printable_lines
from tito.course.lessons import Lesson


@click.command("report")
@lesson_argument
@click.argument("students", nargs=-1)
def command(lesson: Lesson, students: tuple[str, ...]) -> None:
    """Show in full what grading found about the submissions of STUDENTS (of all by default).

    For your eyes: hidden inputs may occur in it. Students read their feedback pages.
    """
    from tito.grading.autograding.outcome import read_outcome
    from tito.grading.course import GradingError, find_grading_course

    course = find_grading_course()
    for student in students or course.students(lesson):
        outcome = read_outcome(course.outcome(lesson, student))
        if outcome is None:
            raise GradingError(
                f"{student} has not been graded: run `tito grade autograde {lesson.number}`."
            )
        click.echo(f"{student}: {outcome.status} in {outcome.seconds:.1f} s")
        for sentence in (outcome.why, *outcome.remarks):
            if sentence:
                click.echo(f"  {printable(sentence)}")
        for cell in outcome.left_out:
            show_line(False, f"cell {cell.grade_id}", printable_lines(cell.why))
        for mark in outcome.marks:
            show_line(
                mark.passed, f"{mark.grade_id} ({mark.points:g})", printable_lines(mark.found)
            )
