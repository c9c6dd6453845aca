"""Common parts of the commands of ``tito leaderboard``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tito.leaderboard.store.store import Store

with_board: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--board",
    metavar="URL",
    help="Database: a file for SQLite, or a URL such as postgresql+psycopg://user@host/name.  "
    "[default: $RECSYS_EDU_LEADERBOARD, or a file of your own]",
)
"""Option of the database."""

with_person: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--person", metavar="NAME", help="Name to submit under.  [default: your user's]"
)
"""Option of the person's name."""


def open_board(url: str | None) -> Store:
    """Return the leaderboard's database."""
    from tito.leaderboard.place import board_url
    from tito.leaderboard.store.store import Store

    return Store(board_url(url))


def say(sentence: str) -> None:
    """Print a sentence about the progress."""
    click.echo(sentence, err=True)
