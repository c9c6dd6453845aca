"""``tito backend``: write a compute backend, and check it."""

from __future__ import annotations

from typing import Final

import click

from tito.commands._lazy import LazyGroup

_COMMANDS: Final = {
    "check": "run the contract on a backend",
    "new": "write a package for a new backend",
}


@click.group("backend", cls=LazyGroup, package="tito.commands.backend", summaries=_COMMANDS)
def command() -> None:
    """Write a compute backend of your own, and check whether it is right."""
