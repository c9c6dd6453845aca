"""``tito leaderboard``: entries that are re-run, checked, timed and ranked."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

import click

from recsys_edu.errors import MissingDependencyError
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
@click.pass_context
def command(context: click.Context) -> None:
    """Compete on kernels: every entry is run again here, under the contract, beside optimized."""
    for package in ("sqlalchemy", "alembic"):
        if context.invoked_subcommand != "divisions" and find_spec(package) is None:
            raise MissingDependencyError.for_extra(package, "leaderboard")
