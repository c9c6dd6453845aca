"""``tito grade``: commands for instructors, from the first folder to the last mark."""

from __future__ import annotations

from typing import Final

import click

from tito.commands._lazy import LazyGroup

_COMMANDS: Final = {
    "autograde": "run and judge submissions",
    "build": "prepare lessons and the gradebook",
    "collect": "collect submissions",
    "export": "write marks for Canvas, Moodle or a spreadsheet",
    "feedback": "make the pages that students get back",
    "init": "make an instructor's folder",
    "release": "release a lesson to students",
    "report": "show the results of grading in full",
    "review": "read answers, and give points and comments",
    "similar": "find answers that are alike",
    "statistics": "show how a class did, per question and per misconception",
}


@click.group("grade", cls=LazyGroup, package="tito.commands.grade", summaries=_COMMANDS)
def command() -> None:
    """Give a course: prepare lessons, collect submissions, grade them, export marks."""
