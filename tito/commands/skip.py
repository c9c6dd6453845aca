"""``tito skip``: go on without a lesson."""

from __future__ import annotations

import click

from tito.commands._lessons import lesson_argument
from tito.course.lessons import Lesson


@click.command("skip")
@lesson_argument
def command(lesson: Lesson) -> None:
    """Go on without a lesson: the answer key replaces it, and it shows as skipped for ever."""
    from recsys_edu.workspace import find_workspace
    from tito.workspace.files import export_of
    from tito.workspace.progress import now, recording

    workspace = find_workspace()
    with recording(workspace) as progress:
        entry = progress.of(lesson.id)
        entry.skipped = entry.skipped or now()
    click.echo(f"{lesson.id} is skipped.")
    if export_of(workspace, lesson).is_file():
        click.echo(f"Your export stays in my_recsys/{lesson.name}.py, and in use.")
    else:
        click.echo("set_backend('student') uses the answer of naive for it.")
