"""``tito test``: run a notebook's visible tests."""

from __future__ import annotations

import sys

import click

from tito.commands._lessons import (
    experiments_option,
    lesson_argument,
    open_workspace,
    show_points,
    show_running,
    show_tests,
    timeout_option,
)
from tito.course.hints import FILE as HINTS
from tito.course.lessons import Lesson


@click.command("test")
@lesson_argument
@timeout_option
@experiments_option
def command(lesson: Lesson, timeout: int, experiments: bool) -> None:
    """Run a lesson's notebook in a kernel of its own, and list its tests with their results.

    Your file is only read, as it was saved last. Tests that were edited or deleted run as
    released. Experiments are left out unless you ask for them.
    """
    from tito.workspace.files import notebook_of
    from tito.workspace.steps import mistakes_in_notebook, run_tests

    workspace = open_workspace()
    click.echo(f"Running {notebook_of(workspace, lesson)} …")
    tested = run_tests(
        workspace, lesson, seconds=timeout, experiments=experiments, on_cell=show_running
    )
    show_tests(lesson, tested, mistakes_in_notebook(workspace, lesson, tested.runs))
    show_points(workspace, lesson)
    if tested.passed:
        click.echo(f"All tests pass. Next: `tito export {lesson.number}`.")
    elif (lesson.folder / HINTS).is_file():
        click.echo(f"Stuck? `tito hint {lesson.number}` gives one hint at a time.")
    sys.exit(not tested.passed)
