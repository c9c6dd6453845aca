"""``tito leaderboard log``: show all that has become of an entry."""

from __future__ import annotations

import click

from tito.commands.leaderboard._common import open_board, with_board


@click.command("log")
@click.argument("entry_id", type=int, metavar="ID")
@with_board
def command(entry_id: int, board: str | None) -> None:
    """Show the states of entry ID, and the log of its judgements."""
    from tito.leaderboard.division import all_divisions
    from tito.leaderboard.store.entries import events_of, find_entry
    from tito.leaderboard.store.judged import judgements_of
    from tito.leaderboard.tables import figure, moment

    with open_board(board) as store:
        entry = find_entry(store, entry_id)
        events, judgements = events_of(store, entry_id), judgements_of(store, entry_id)
    division = all_divisions().get(entry.division)  # its file may be gone
    unit = division.kind.unit if division else "score"
    click.echo(f"entry {entry.id}: {entry.name} by {entry.person}, in {entry.division}")
    for at, state, sentence in events:
        click.echo(f"{moment(at)}  {state}{': ' * bool(sentence)}{sentence}")
    for found in judgements:
        what = f"replay of {found.replays}" if found.replays else "judgement"
        click.echo(f"\n{what} {found.id} by {found.judge}: {found.state} {found.clause}".rstrip())
        if found.score is not None:
            click.echo(f"{unit}: {figure(found.score)}")
        click.echo(f"rules {found.rules}; {_listed(found.circumstances)}")
        click.echo(found.log)


def _listed(circumstances: object) -> str:
    items = circumstances.items() if isinstance(circumstances, dict) else ()
    return ", ".join(f"{name} {value}" for name, value in items)
