"""``tito feedback``: fetch the feedback on a lesson."""

from __future__ import annotations

from datetime import datetime

import click

from tito.commands._lessons import lesson_argument, open_workspace
from tito.course.lessons import Lesson


@click.command("feedback")
@lesson_argument
def command(lesson: Lesson) -> None:
    """Fetch the feedback on a lesson from the exchange into feedback/, one page per hand-in."""
    from tito.workspace.hand_in import fetch_feedback

    workspace = open_workspace()
    found = fetch_feedback(workspace, lesson)
    for feedback in found:
        if feedback.page is not None:
            click.echo(f"{feedback.page.relative_to(workspace.root)}")
    if all(feedback.page is None for feedback in found):
        when = datetime.fromisoformat(found[-1].receipt.time).astimezone()
        click.echo(f"There is no feedback yet; you handed in at {when:%Y-%m-%d %H:%M}.")
