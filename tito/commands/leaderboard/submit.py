"""``tito leaderboard submit``: submit an entry."""

from __future__ import annotations

from pathlib import Path

import click

from tito.commands.leaderboard._common import open_board, say, with_board, with_person


@click.command("submit")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--division", metavar="NAME", help="[default: all whose functions it defines]")
@click.option("--name", help="Name of the entry.  [default: the file's]")
@click.option(
    "--local",
    "own_machine",
    is_flag=True,
    help="Judge it now, on this machine and without a jail: for code of your own. Shown apart.",
)
@with_person
@with_board
def command(
    file: Path,
    division: str | None,
    name: str | None,
    own_machine: bool,
    person: str | None,
    board: str | None,
) -> None:
    """Submit FILE, in Python (.py), Cython (.pyx) or C (.c), or a notebook.

    What is submitted is the source, never a figure: a judge runs it (`tito leaderboard judge`).
    """
    from tito.leaderboard.division import find_division
    from tito.leaderboard.entry import divisions_for, read_entry
    from tito.leaderboard.errors import EntryError
    from tito.leaderboard.place import person_named
    from tito.leaderboard.store.entries import find_entry, submit
    from tito.leaderboard.worker import judge_one

    author = person_named(person)
    chosen = [find_division(division)] if division else divisions_for(file)
    if not chosen:
        raise EntryError(
            f"{file} defines the functions of no division: `tito leaderboard divisions` lists them."
        )
    with open_board(board) as store:
        for each in chosen:
            entry = read_entry(file, each.functions, name)
            number = submit(store, author, each, entry, own_machine=own_machine)
            place = find_entry(store, number).position
            click.echo(f"entry {number} in {each.name}: number {place} in the queue")
            if own_machine:
                judge_one(store, entry_id=number, jailed=False, announce=say)
