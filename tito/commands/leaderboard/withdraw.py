"""``tito leaderboard withdraw``: withdraw an entry of yours."""

from __future__ import annotations

import click

from tito.commands.leaderboard._common import open_board, with_board, with_person


@click.command("withdraw")
@click.argument("entry_id", type=int, metavar="ID")
@with_person
@with_board
def command(entry_id: int, person: str | None, board: str | None) -> None:
    """Withdraw entry ID of yours: it leaves the ranking, and its history stays."""
    from tito.leaderboard.errors import LeaderboardError
    from tito.leaderboard.place import person_named
    from tito.leaderboard.states import State
    from tito.leaderboard.store.entries import find_entry, take_out

    author = person_named(person)
    with open_board(board) as store:
        if find_entry(store, entry_id).person != author:
            raise LeaderboardError(f"entry {entry_id} is not {author}'s.")
        take_out(store, entry_id, State.WITHDRAWN, f"by {author}")
    click.echo(f"entry {entry_id} is withdrawn")
