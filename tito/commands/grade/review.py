"""``tito grade review``: read answers, and give points and comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from recsys_backends.wording import counted
from tito.commands._lessons import LessonType
from tito.commands.grade._common import require_grade_extra
from tito.course.lessons import Lesson

if TYPE_CHECKING:
    from tito.grading.course import GradingCourse


@click.command("review")
@click.argument("lesson", type=LessonType(), required=False)
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port of the server.  [default: a free one]"
)
@click.option(
    "--as",
    "grader",
    default="",
    metavar="NAME",
    help="Mark only the share of this one of [graders] in grading.toml.",
)
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open a browser.")
def command(lesson: Lesson | None, port: int | None, grader: str, browser: bool) -> None:
    """Open nbgrader's form grader at the submissions of LESSON.

    It can be reached from this machine only, by the address that is printed. Points and comments
    are saved as they are typed. Ctrl-C ends it.

    Several may mark at the same time, each by a command of their own in this folder: what another
    has entered since a page was loaded is never overwritten.
    """
    require_grade_extra()
    from tito.grading.course import find_grading_course
    from tito.grading.gradebook import create_gradebook
    from tito.grading.pages.review import serve

    course = find_grading_course()
    create_gradebook(course)
    if grader and lesson is not None:
        _show_share(course, lesson, grader)
    serve(course, lesson, port=port, browser=browser, grader=grader, on_ready=_show_address)
    click.echo("Ended.")


def _show_address(address: str) -> None:
    click.echo(f"The form grader is at\n\n    {address}\n\nCtrl-C ends it.")


def _show_share(course: GradingCourse, lesson: Lesson, grader: str) -> None:
    """Print the number of answers that wait for a grader, by question."""
    from tito.grading.gradebook import open_gradebook
    from tito.grading.sharing import share_of, waiting

    share = share_of(course, grader)
    with open_gradebook(course) as gradebook:
        found = waiting(gradebook, lesson.id, share)
    listed = ", ".join(f"{name}: {counted(n, 'answer')}" for name, n in sorted(found.items()))
    click.echo(f"Waiting for {grader}: {listed or 'nothing'}.")
