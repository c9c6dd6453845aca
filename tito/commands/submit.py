"""``tito submit``: hand in a lesson."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from tito.commands._lessons import lesson_argument, open_workspace
from tito.course.lessons import Lesson


@click.command("submit")
@lesson_argument
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), help="Write a file into this folder instead."
)
def command(lesson: Lesson, folder: Path | None) -> None:
    """Hand in a lesson's notebook as it is now.

    It goes into the exchange that RECSYS_EDU_EXCHANGE or tito.toml names. Without an exchange, or
    with --to, it becomes a file for you to upload. You may hand in again: the latest counts.
    """
    from tito.workspace.hand_in import concerns, hand_in
    from tito.workspace.lock import writing

    workspace = open_workspace()
    for concern in concerns(workspace, lesson):
        click.echo(f"warning: {concern}", err=True)
    with writing(workspace, 10.0):
        receipt = hand_in(workspace, lesson, folder)
    if receipt.secret:
        click.echo(f"{lesson.notebook} is handed in to the course {receipt.course}.")
    else:
        click.echo(f"{receipt.place} is written: upload it to your course.")
    when = datetime.fromisoformat(receipt.time).astimezone()
    click.echo(f"Receipt: {when:%Y-%m-%d %H:%M:%S %Z}, SHA-256 {receipt.sha256}")
