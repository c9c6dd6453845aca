"""``tito grade statistics``: show how a class did, per question and per misconception."""

from __future__ import annotations

import click

from tito.commands._lessons import lesson_argument
from tito.commands.grade._common import require_grade_extra
from tito.course.lessons import Lesson


@click.command("statistics")
@lesson_argument
def command(lesson: Lesson) -> None:
    """Write statistics/LESSON.html and statistics/LESSON.csv: points and misconceptions.

    The page has a histogram of each question, and loads nothing. No student is named in it.
    """
    require_grade_extra()
    from tito.grading.course import find_grading_course
    from tito.grading.statistics.page import write_statistics
    from tito.workspace.lock import writing

    course = find_grading_course()
    with writing(course):
        page, table = write_statistics(course, lesson)
    click.echo(f"{page} and {table.name} written.")
