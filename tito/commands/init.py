"""``tito init``: make a workspace."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("init")
@click.argument("folder", default=".", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Make FOLDER (here by default) a workspace with the notebooks of all lessons.

    In a workspace that exists, notebooks that are missing are added, and nothing else is changed.
    """
    from tito.course.lessons import all_lessons
    from tito.workspace.files import create_workspace

    lessons = all_lessons()
    workspace, written = create_workspace(folder, lessons)
    notebooks = sum(path.suffix == ".ipynb" for path in written)
    if not written:
        click.echo(f"{workspace.root} is a workspace already, and complete.")
        return
    click.echo(f"{workspace.root}: {notebooks} notebooks added, of {len(lessons)} lessons.")
    where = "" if workspace.root == Path.cwd() else f"cd {folder} && "
    click.echo(f"Begin with: {where}tito start {lessons[0].number}")
