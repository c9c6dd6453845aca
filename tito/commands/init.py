"""``tito init``: make a workspace."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("init")
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--exchange", type=click.Path(path_type=Path), help="Folder of the exchange.")
@click.option("--course", help="Name of the course in the exchange.")
@click.option("--pin", is_flag=True, help="Stay with the installed version, for a class.")
def command(folder: Path, exchange: Path | None, course: str | None, pin: bool) -> None:
    """Make FOLDER (here by default) a workspace with the notebooks of all lessons.

    In an existing workspace, missing notebooks are added, and nothing else is changed. With
    --exchange, `tito submit` hands in there.
    """
    from tito.commands._shell import shell_word
    from tito.course.exchange import COURSE_ID, COURSE_ID_RULE, DEFAULT_COURSE, Exchange
    from tito.course.lessons import all_lessons
    from tito.workspace.files import create_workspace
    from tito.workspace.glossary import place_glossary
    from tito.workspace.version import is_pinned

    lessons = all_lessons()
    if course is not None and exchange is None:
        raise click.UsageError("--course is a name in an exchange: give --exchange, too.")
    course = course or DEFAULT_COURSE
    if not COURSE_ID.fullmatch(course):
        raise click.UsageError(f"--course: {COURSE_ID_RULE}.")
    target = Exchange(exchange.expanduser().absolute(), course) if exchange else None
    workspace, written = create_workspace(folder, lessons, target, pinned=pin)
    written += filter(None, [place_glossary(workspace)])
    notebooks = sum(path.suffix == ".ipynb" for path in written)
    if pin and not is_pinned(workspace):
        raise click.ClickException(
            f"{workspace.root} is a workspace already: write `pinned = true` below [workspace] in "
            "its tito.toml."
        )
    if not written:
        click.echo(f"{workspace.root} is a workspace already, and complete.")
        return
    click.echo(f"{workspace.root}: {notebooks} notebooks added, of {len(lessons)} lessons.")
    if target is not None:
        click.echo(f"`tito submit` hands in to {target.folder}.")
    where = "" if workspace.root == Path.cwd() else f"cd {shell_word(folder)} && "
    click.echo(f"Begin with `{where}tito start {lessons[0].number}`.")
