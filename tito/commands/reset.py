"""``tito reset``: put back the released notebook, keeping a copy of the old one."""

from __future__ import annotations

import click

from tito.commands._lessons import lesson_argument, open_workspace
from tito.course.lessons import Lesson


@click.command("reset")
@lesson_argument
def command(lesson: Lesson) -> None:
    """Replace a lesson's notebook by the one released, keeping a copy of yours."""
    from tito.workspace.files import notebook_of, reset_notebook
    from tito.workspace.lock import writing

    workspace = open_workspace()
    with writing(workspace):
        kept = reset_notebook(workspace, lesson)
    click.echo(f"{notebook_of(workspace, lesson)} is as released.")
    if kept:
        click.echo(f"Yours is kept in {kept.relative_to(workspace.root)}.")
