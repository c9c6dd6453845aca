"""``tito export``: write a notebook's functions to a module."""

from __future__ import annotations

import click

from tito.commands._lessons import lesson_argument, open_workspace
from tito.course.lessons import Lesson


@click.command("export")
@lesson_argument
def command(lesson: Lesson) -> None:
    """Write the exported cells of a lesson's notebook to my_recsys/.

    The earlier version is kept in my_recsys/.previous/. If a cell cannot be exported, it is named,
    and nothing is written.
    """
    from tito.workspace.files import export_of
    from tito.workspace.lock import writing
    from tito.workspace.steps import export_lesson

    workspace = open_workspace()
    with writing(workspace):
        export, changed = export_lesson(workspace, lesson)
    target = export_of(workspace, lesson).relative_to(workspace.root)
    click.echo(f"{target}: {'written' if changed else 'no change'}.")
    if export.unbuilt:
        click.echo(f"Cells in Cython were left out: {export.unbuilt}")
    if export.stubs:
        click.echo(f"Still to be written: {', '.join(export.stubs)}.")
