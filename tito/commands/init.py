"""``tito init``: make a workspace."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("init")
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--exchange", type=click.Path(path_type=Path), help="Where the course is handed in.")
@click.option("--course", help="What it is called there.")
def command(folder: Path, exchange: Path | None, course: str | None) -> None:
    """Make FOLDER (here by default) a workspace with the notebooks of all lessons.

    In a workspace that exists, notebooks that are missing are added, and nothing else is changed.
    With --exchange, tito.toml says where `tito submit` hands in.
    """
    from tito.course.exchange import COURSE_ID, COURSE_ID_RULE, DEFAULT_COURSE, Exchange
    from tito.course.lessons import all_lessons
    from tito.workspace.files import create_workspace

    lessons = all_lessons()
    if course is not None and exchange is None:
        raise click.UsageError("--course says what the course is called in an --exchange.")
    course = course or DEFAULT_COURSE
    if not COURSE_ID.fullmatch(course):
        raise click.UsageError(f"--course: {COURSE_ID_RULE}.")
    where_to = Exchange(exchange.expanduser().absolute(), course) if exchange else None
    workspace, written = create_workspace(folder, lessons, where_to)
    notebooks = sum(path.suffix == ".ipynb" for path in written)
    if not written:
        click.echo(f"{workspace.root} is a workspace already, and complete.")
        return
    click.echo(f"{workspace.root}: {notebooks} notebooks added, of {len(lessons)} lessons.")
    if where_to is not None:
        click.echo(f"`tito submit` hands in to {where_to.folder}.")
    where = "" if workspace.root == Path.cwd() else f"cd {folder} && "
    click.echo(f"Begin with: {where}tito start {lessons[0].number}")
