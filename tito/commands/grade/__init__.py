"""``tito grade``: what an instructor does, from the first folder to the last mark."""

from __future__ import annotations

from typing import Final

import click

from tito.commands._lazy import LazyGroup

_COMMANDS: Final = {
    "autograde": "run and judge what was handed in",
    "build": "prepare lessons, and the gradebook",
    "init": "make a folder to grade in",
    "report": "show what grading found",
}


@click.group("grade", cls=LazyGroup, package="tito.commands.grade", summaries=_COMMANDS)
def command() -> None:
    """Give a course: prepare it, collect what is handed in, grade it, give marks."""
