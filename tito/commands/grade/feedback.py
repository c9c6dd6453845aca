"""``tito grade feedback``: make the pages that students get back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from recsys_backends.wording import counted
from tito.commands._lessons import LessonType
from tito.commands.grade._common import printable, require_grade_extra
from tito.course.lessons import Lesson

if TYPE_CHECKING:
    from tito.grading.course import GradingCourse
    from tito.grading.pages.feedback import FeedbackPage


@click.command("feedback")
@click.argument("lesson", type=LessonType())
@click.option(
    "--student",
    "students",
    multiple=True,
    metavar="ID",
    help="Only this student's page; repeatable.",
)
@click.option("--partial", is_flag=True, help="Also pages that are not final.")
@click.option("--zip", "zipped", is_flag=True, help="Also make a ZIP for Moodle or Canvas.")
def command(lesson: Lesson, students: tuple[str, ...], partial: bool, zipped: bool) -> None:
    """Write feedback/STUDENT/LESSON/LESSON.html: the notebook with its points and comments.

    Only pages that have changed are written. A page is final if no answer needs a person any more,
    and the latest hand-in was graded. If grading.toml names an exchange, pages are published there.
    """
    require_grade_extra()
    from tito.grading.course import find_grading_course
    from tito.grading.notices import notices
    from tito.grading.pages.feedback import make_feedback
    from tito.workspace.lock import writing

    course = find_grading_course()
    with writing(course):
        pages = make_feedback(course, lesson, students or None, partial=partial)
        _show(lesson, pages)
        _hand_out(course, lesson, [page.student for page in pages if page.ready], zipped)
    for sentence in notices(course, [lesson]):
        click.echo(printable(sentence), err=True)
    if any(page.problem for page in pages):
        raise click.ClickException("some pages could not be made.")


def _show(lesson: Lesson, pages: list[FeedbackPage]) -> None:
    written = sum(page.written for page in pages)
    same = sum(page.ready for page in pages) - written
    click.echo(f"{lesson.id}: {written} written, {same} without a change.")
    answers = sum(page.unfinished for page in pages)
    if answers:
        names = ", ".join(page.student for page in pages if page.unfinished)
        click.echo(
            f"No page for {names}: {counted(answers, 'answer')} still "
            f"{'needs' if answers == 1 else 'need'} a person. Run `tito grade review "
            f"{lesson.number}`, or give --partial.",
            err=True,
        )
    outdated = ", ".join(page.student for page in pages if page.outdated)
    if outdated:
        click.echo(
            f"No page for {outdated}: handed in again since it was graded. Run `tito grade "
            f"autograde {lesson.number}`; if the newer one cannot be graded (`tito grade report "
            f"{lesson.number}` says so), ask for another, or give --partial.",
            err=True,
        )
    for page in pages:
        if page.problem:
            click.echo(f"{page.student}: {page.problem}", err=True)


def _hand_out(course: GradingCourse, lesson: Lesson, students: list[str], zipped: bool) -> None:
    if not (zipped or course.settings.course.exchange):
        return
    from tito.grading.collecting.publish import feedback_zip, publish_feedback

    if course.settings.course.exchange:
        published = publish_feedback(course, lesson, students)
        click.echo(f"{sum(each.page is not None for each in published)} are in the exchange.")
        reasons: dict[str, list[str]] = {}
        for each in published:
            if each.page is None:
                reasons.setdefault(each.why, []).append(each.student)
        for why, names in reasons.items():
            click.echo(f"{', '.join(names)}: {why}", err=True)
    if zipped:
        click.echo(f"{feedback_zip(course, lesson)} written.")
