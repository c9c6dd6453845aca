"""``tito leaderboard mine``: list your entries."""

from __future__ import annotations

import click

from tito.commands.leaderboard._common import open_board, with_board, with_person


@click.command("mine")
@with_person
@with_board
def command(person: str | None, board: str | None) -> None:
    """List your entries, the newest first, with their states."""
    from tito.leaderboard.place import person_named
    from tito.leaderboard.store.entries import entries_of

    author = person_named(person)
    with open_board(board) as store:
        found = entries_of(store, author)
    if not found:
        click.echo(f"{author} has no entries here.")
    for entry in found:
        waits = f", number {entry.position} in the queue" if entry.position else ""
        click.echo(f"{entry.id:>5}  {entry.division:<20} {entry.state}{waits}  {entry.name}")
