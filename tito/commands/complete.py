"""``tito complete``: test, export and judge a lesson, in this order."""

from __future__ import annotations

import sys

import click

from tito.commands._lessons import (
    lesson_argument,
    show_answer,
    show_points,
    show_running,
    show_tests,
    show_verdict,
)
from tito.course.lessons import Lesson


@click.command("complete")
@lesson_argument
@click.option("--timeout", default=120, show_default=True, help="Time limit of a cell, in seconds.")
def command(lesson: Lesson, timeout: int) -> None:
    """Test a lesson, export it and run its checkpoint; stop at the first step that fails."""
    from recsys_edu.workspace import find_workspace
    from tito.workspace.lock import writing
    from tito.workspace.steps import export_lesson, judge_lesson, run_tests

    workspace = find_workspace()
    with writing(workspace):
        click.echo(f"1. The tests in {lesson.notebook}")
        runs = run_tests(workspace, lesson, seconds=timeout, locked=True, on_cell=show_running)
        if not show_tests(lesson, runs):
            raise click.ClickException("not all tests pass; nothing was exported.")
        click.echo("2. The export")
        export_lesson(workspace, lesson)
        click.echo(f"  my_recsys/{lesson.name}.py")
        click.echo(f"3. {lesson.about().question}")
        result = judge_lesson(workspace, lesson, locked=True, on_verdict=show_verdict)
    show_answer(result)
    show_points(workspace, lesson)
    if not result.passed:
        sys.exit(1)
    click.echo(f"Lesson {lesson.number} is complete.")
