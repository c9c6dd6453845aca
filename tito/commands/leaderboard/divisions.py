"""``tito leaderboard divisions``: list the divisions."""

from __future__ import annotations

import click


@click.command("divisions")
def command() -> None:
    """List the divisions: threads, task, languages, widest interval of a time, and notes."""
    from rich.table import Table

    from tito.commands._screen import wide_console
    from tito.leaderboard.division import all_divisions

    table = Table("division", "threads", "task", "languages", "interval", "note")
    for division in all_divisions().values():
        table.add_row(
            division.name,
            str(division.n_threads),
            division.title,
            ", ".join(division.languages),
            f"± {division.rounds.half_width:.0%}" if division.kind.is_timed else "",
            division.note,
        )
    wide_console(160).print(table)
