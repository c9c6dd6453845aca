"""``tito grade release``: release a lesson to students."""

from __future__ import annotations

from pathlib import Path

import click

from tito.commands._lessons import lesson_argument
from tito.course.lessons import Lesson


@click.command("release")
@lesson_argument
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path),
    help="Write the notebook into this folder instead.",
)
@click.option("--replace", is_flag=True, help="Replace a different notebook that is out already.")
def command(lesson: Lesson, folder: Path | None, replace: bool) -> None:
    """Put a lesson's notebook into the exchange, or into a folder for uploading."""
    from tito.grading.collecting.publish import release_to_exchange, release_to_folder
    from tito.grading.course import find_grading_course
    from tito.workspace.lock import writing

    course = find_grading_course()
    if folder is not None:
        click.echo(f"{release_to_folder(course, lesson, folder)}: upload it to your course.")
        return
    with writing(course):
        changed = release_to_exchange(course, lesson, replace=replace)
    assert course.exchange is not None
    place = course.exchange.outbound / lesson.id
    click.echo(f"{place}: {'released' if changed else 'no change'}.")
