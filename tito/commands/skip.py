"""``tito skip``: go on without a lesson."""

from __future__ import annotations

import click

from tito.commands._lessons import LessonType, open_workspace
from tito.course.lessons import Lesson


@click.command("skip")
@click.argument("lessons", type=LessonType(), nargs=-1, required=True, metavar="LESSON...")
def command(lessons: tuple[Lesson, ...]) -> None:
    """Go on without lessons: the answer key replaces them, and they show as skipped for ever."""
    from tito.workspace.files import export_of
    from tito.workspace.progress import now, recording

    workspace = open_workspace()
    with recording(workspace) as progress:
        for lesson in lessons:
            entry = progress.of(lesson.id)
            entry.skipped = entry.skipped or now()
    for lesson in dict.fromkeys(lessons):
        click.echo(f"{lesson.id} is skipped.")
        if export_of(workspace, lesson).is_file():
            click.echo(f"  Your export stays in my_recsys/{lesson.name}.py, and in use.")
        else:
            click.echo("  set_backend('student') uses the answer of naive for it.")
