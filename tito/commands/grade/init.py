"""``tito grade init``: make an instructor's folder."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("init")
@click.argument("folder", default=".", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Make FOLDER (here by default) an instructor's: settings, and a secret for hidden inputs.

    In a folder that is one already, missing files are added, and nothing is changed.
    """
    from tito.grading.course import create_grading_course

    course, written = create_grading_course(folder)
    if not written:
        click.echo(f"{course.root} is an instructor's folder already, and complete.")
        return
    click.echo(f"{course.root}: {', '.join(path.name for path in written)} written.")
    click.echo("Edit grading.toml, then run `tito grade build 1`.")
