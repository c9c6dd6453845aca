"""``tito grade review``: read answers, and give points and comments."""

from __future__ import annotations

import click

from tito.commands._lessons import LessonType
from tito.commands.grade._common import require_grade_extra
from tito.course.lessons import Lesson


@click.command("review")
@click.argument("lesson", type=LessonType(), required=False)
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port of the server.  [default: a free one]"
)
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open a browser.")
def command(lesson: Lesson | None, port: int | None, browser: bool) -> None:
    """Open nbgrader's form grader at the submissions of LESSON.

    It can be reached from this machine only, by the address that is printed. Points and comments
    are saved as they are typed. Ctrl-C ends it.
    """
    require_grade_extra()
    from tito.grading.course import find_grading_course
    from tito.grading.gradebook import create_gradebook
    from tito.grading.pages.review import serve

    course = find_grading_course()
    create_gradebook(course)
    serve(course, lesson, port=port, browser=browser, on_ready=_show_address)
    click.echo("Ended.")


def _show_address(address: str) -> None:
    click.echo(f"The form grader is at\n\n    {address}\n\nCtrl-C ends it.")
