"""``tito grade init``: make a folder to grade in."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("init")
@click.argument("folder", default=".", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Make FOLDER (here by default) one to grade in: settings, and a secret for hidden inputs.

    In a folder that is one already, what is missing is added and nothing is changed.
    """
    from tito.grading.course import create_grading_course

    course, written = create_grading_course(folder)
    if not written:
        click.echo(f"{course.root} is a folder to grade in already, and complete.")
        return
    click.echo(f"{course.root}: {', '.join(path.name for path in written)} written.")
    click.echo("Look at grading.toml, then prepare a lesson: tito grade build 1")
