"""Place of the leaderboard's database, and the name under which a person submits."""

from __future__ import annotations

import getpass
import os
import re
from pathlib import Path
from typing import Final

from tito.leaderboard.errors import LeaderboardError

VARIABLE: Final = "RECSYS_EDU_LEADERBOARD"
"""Environment variable with the database's URL, or the path of a file for SQLite."""
_PERSON: Final = re.compile(r"[\w.@ -]{1,80}")


def board_url(given: str | None = None) -> str:
    """Return the database's URL: the given one, the variable's, or a file of the user's data."""
    found = given or os.environ.get(VARIABLE)
    if found:
        return found
    base = Path(os.environ.get("XDG_DATA_HOME", ""))
    folder = base if base.is_absolute() else Path.home() / ".local" / "share"
    return str(folder / "recsys_edu" / "leaderboard.db")


def person_named(given: str | None = None) -> str:
    """Return a person's name: the given one, or that of the user.

    Raises:
        LeaderboardError: it is no name of at most 80 letters, digits and ``.@-_``.
    """
    try:
        name = given if given is not None else getpass.getuser()
    except (KeyError, OSError):
        raise LeaderboardError(
            "this system does not know the user's name: give one with --person."
        ) from None
    if not _PERSON.fullmatch(name) or name != name.strip():
        raise LeaderboardError(
            "a person's name has at most 80 letters, digits, spaces and . @ - _, and no other "
            "character."
        )
    return name
