"""``tito leaderboard show``: show a ranking."""

from __future__ import annotations

import json

import click

from tito.commands.leaderboard._common import open_board, with_board


@click.command("show")
@click.option("--division", metavar="NAME", help="[default: all that have entries]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_board
def command(division: str | None, as_json: bool, board: str | None) -> None:
    """Show rankings: the best entry of each person, with intervals and tie groups.

    Entries that were judged on their authors' machines stand in tables of their own.
    """
    from tito.commands._screen import wide_console
    from tito.leaderboard.division import all_divisions, find_division
    from tito.leaderboard.states import State
    from tito.leaderboard.store.ranking import ranking
    from tito.leaderboard.tables import ranking_json, ranking_table

    chosen = [find_division(division)] if division else list(all_divisions().values())
    with open_board(board) as store:
        rankings = [
            (each, state, ranking(store, each, state))
            for each in chosen
            for state in (State.VERIFIED, State.LOCAL)
        ]
    if as_json:
        wanted = [{**ranking_json(d, p), "state": state} for d, state, p in rankings]
        click.echo(json.dumps(wanted, indent=1))
        return
    if not any(places for _, _, places in rankings):
        click.echo("There is no judged entry yet: `tito leaderboard submit` adds one.")
        return
    console = wide_console()
    for each, state, places in rankings:
        if places:
            console.print(ranking_table(each, places, f"{each.name}: {state}"))
