"""``tito leaderboard``: entries that are re-run, checked, timed and ranked."""

from __future__ import annotations

from typing import Final

import click

from tito.commands._lazy import LazyGroup

_COMMANDS: Final = {
    "divisions": "list the divisions",
    "export": "write a ranking as CSV or for pytest-benchmark",
    "judge": "judge the entries that wait",
    "log": "show all that has become of an entry",
    "mine": "list your entries",
    "show": "show a ranking",
    "submit": "submit an entry",
    "verify": "judge an entry again, and compare",
    "withdraw": "withdraw an entry of yours",
}


@click.group("leaderboard", cls=LazyGroup, package="tito.commands.leaderboard", summaries=_COMMANDS)
def command() -> None:
    """Compete on kernels: every entry is run again here, under the contract, beside optimized."""
