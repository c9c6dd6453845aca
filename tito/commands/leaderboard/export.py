"""``tito leaderboard export``: write a ranking as CSV or for pytest-benchmark."""

from __future__ import annotations

import json
from pathlib import Path

import click

from tito.commands.leaderboard._common import open_board, with_board


@click.command("export")
@click.argument("division", metavar="DIVISION")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "pytest-benchmark"]),
    default="csv",
    show_default=True,
    help="Form of the file.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write.  [default: the terminal]",
)
@with_board
def command(division: str, kind: str, output: Path | None, board: str | None) -> None:
    """Write the ranking of DIVISION: CSV, or JSON that `pytest-benchmark compare` reads."""
    from recsys_edu.atomic import atomic_path
    from tito.leaderboard.benchmark_json import benchmark_json
    from tito.leaderboard.division import find_division
    from tito.leaderboard.store.ranking import ranking
    from tito.leaderboard.tables import ranking_csv

    chosen = find_division(division)
    with open_board(board) as store:
        places = ranking(store, chosen)
        if kind == "csv":
            text = ranking_csv(chosen, places)
        else:
            text = json.dumps(benchmark_json(store, chosen, places), indent=1) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    with atomic_path(output) as unfinished:
        unfinished.write_text(text, encoding="utf-8", newline="")
    click.echo(f"wrote {output}")
