"""``tito hint``: give the next hint for a part of a lesson."""

from __future__ import annotations

import click

from tito.commands._lessons import lesson_argument, open_workspace
from tito.course.lessons import Lesson


@click.command("hint")
@lesson_argument
@click.argument("part", required=False, default="")
def command(lesson: Lesson, part: str) -> None:
    """Give one hint more: first a question to ask yourself, then the idea, then the first line.

    PART is the number of a part or one of its functions; without it, the first part whose test
    has not passed. The workspace remembers how many hints you have seen.
    """
    from tito.commands._compared import wrapped
    from tito.workspace.hinting import next_hint

    hint = next_hint(open_workspace(), lesson, part)
    for number, step in enumerate(hint.steps, start=1):
        if hint.new and number < len(hint.steps):
            continue
        click.secho(
            f"{hint.function} (part {hint.part.number}), hint {number} of {hint.in_all}", bold=True
        )
        click.echo(f"{wrapped(step)}\n")
    if len(hint.steps) < hint.in_all:
        click.echo(f"One more: `tito hint {lesson.number} {hint.function}`.")
    else:
        click.echo(
            f"That was the last hint for {hint.function}: `tito test {lesson.number}` tries it."
        )
