"""``tito grade``: what an instructor does, from the first folder to the last mark."""

from __future__ import annotations

from typing import Final

import click

from tito.commands._lazy import LazyGroup

_COMMANDS: Final = {
    "autograde": "run and judge what was handed in",
    "build": "prepare lessons, and the gradebook",
    "collect": "collect what was handed in",
    "export": "write marks for Canvas, Moodle or a spreadsheet",
    "feedback": "make the pages that students get back",
    "init": "make a folder to grade in",
    "release": "give a lesson to the students",
    "report": "show what grading found",
    "review": "read answers, give points and comments",
}


@click.group("grade", cls=LazyGroup, package="tito.commands.grade", summaries=_COMMANDS)
def command() -> None:
    """Give a course: prepare it, collect what is handed in, grade it, give marks."""
