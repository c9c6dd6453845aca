"""``tito leaderboard divisions``: list the divisions."""

from __future__ import annotations

import click


@click.command("divisions")
def command() -> None:
    """List the divisions with their functions, languages and limits."""
    from rich.table import Table

    from tito.commands._screen import wide_console
    from tito.leaderboard.division import all_divisions

    table = Table("division", "threads", "what is timed", "languages", "interval", "note")
    for division in all_divisions().values():
        table.add_row(
            division.name,
            str(division.n_threads),
            division.title,
            ", ".join(division.languages),
            f"± {division.rounds.half_width:.0%}",
            division.note,
        )
    wide_console(160).print(table)
