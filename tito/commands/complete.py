"""``tito complete``: test, export and judge a lesson, in this order."""

from __future__ import annotations

import sys

import click

from tito.commands._lessons import (
    VerdictLines,
    experiments_option,
    lesson_argument,
    open_workspace,
    show_answer,
    show_points,
    show_running,
    show_tests,
    timeout_option,
)
from tito.course.lessons import Lesson


@click.command("complete")
@lesson_argument
@timeout_option
@experiments_option
def command(lesson: Lesson, timeout: int, experiments: bool) -> None:
    """Test a lesson, export it and run its checkpoint; stop at the first step that fails."""
    from tito.course.answers import how_to_install
    from tito.workspace.files import exchange_of, notebook_of
    from tito.workspace.lock import writing
    from tito.workspace.steps import (
        export_lesson,
        judge_lesson,
        mistakes_in_notebook,
        run_tests,
    )

    workspace = open_workspace()
    with writing(workspace):
        click.echo(f"1. The tests in {notebook_of(workspace, lesson)}")
        tested = run_tests(
            workspace,
            lesson,
            seconds=timeout,
            experiments=experiments,
            locked=True,
            on_cell=show_running,
        )
        show_tests(lesson, tested, mistakes_in_notebook(workspace, lesson, tested.runs))
        if tested.problem:
            raise click.ClickException("the notebook cannot be exported; nothing was written.")
        if not tested.passed:
            raise click.ClickException("not all tests pass; nothing was exported.")
        click.echo("2. The export")
        export_lesson(workspace, lesson)
        click.echo(f"  my_recsys/{lesson.name}.py")
        click.echo(f"3. {lesson.about().question}")
        lines = VerdictLines()
        result = judge_lesson(workspace, lesson, locked=True, on_verdict=lines)
    lines.end()
    show_answer(result)
    show_points(workspace, lesson)
    if not result.passed:
        sys.exit(1)
    click.echo(f"Lesson {lesson.number} is complete.")
    if exchange_of(workspace) is None:  # in a class the course says when
        missing = how_to_install()
        first = f"After `{missing}`, " if missing else ""
        click.echo(f"{first}`tito answers {lesson.number}` shows the model answers beside yours.")
