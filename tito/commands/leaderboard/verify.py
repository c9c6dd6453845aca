"""``tito leaderboard verify``: judge an entry again, and compare."""

from __future__ import annotations

import sys

import click

from tito.commands.leaderboard._common import open_board, say, with_board


@click.command("verify")
@click.argument("entry_id", type=int, metavar="ID")
@with_board
def command(entry_id: int, board: str | None) -> None:
    """Judge entry ID again, by the seeds of its judgement, and say whether the two agree.

    The status is 0 where they do, and 1 where they do not. No place changes.
    """
    from tito.leaderboard.replay import replay
    from tito.leaderboard.tables import figure

    with open_board(board) as store:
        found = replay(store, entry_id, announce=say)
    for name, judgement in (("then", found.first), ("now", found.again)):
        score = figure(judgement.score) if judgement.score else judgement.clause
        click.echo(f"{name}: {judgement.state}  {score}")
    if not found.same_machine:
        click.echo("Machine or versions are not the same: `tito leaderboard log` lists both.")
    click.echo("They agree." if found.agrees else "They do not agree.")
    sys.exit(0 if found.agrees else 1)
