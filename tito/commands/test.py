"""``tito test``: run a notebook's visible tests."""

from __future__ import annotations

import sys

import click

from tito.commands._lessons import lesson_argument, show_points, show_running, show_tests
from tito.course.lessons import Lesson


@click.command("test")
@lesson_argument
@click.option("--timeout", default=120, show_default=True, help="Time limit of a cell, in seconds.")
def command(lesson: Lesson, timeout: int) -> None:
    """Run a lesson's notebook in a kernel of its own, and list its tests with their results.

    Your file is only read. Tests that were edited or deleted run as released.
    """
    from recsys_edu.workspace import find_workspace
    from tito.workspace.steps import run_tests

    click.echo(f"Running {lesson.notebook} …")
    workspace = find_workspace()
    runs = run_tests(workspace, lesson, seconds=timeout, on_cell=show_running)
    passed = show_tests(lesson, runs)
    show_points(workspace, lesson)
    if passed:
        click.echo(f"All tests pass. Next: `tito export {lesson.number}`.")
    sys.exit(not passed)
