"""``tito dev``: commands for authors of lessons."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recsys_edu.errors import MissingDependencyError

if TYPE_CHECKING:
    from tito.course.lessons import Lesson


@click.group("dev")
def command() -> None:
    """Write lessons: build their products, and try them out."""
    for package in ("jupytext", "nbgrader"):
        if find_spec(package) is None:
            raise MissingDependencyError.for_extra(package, "author")


@command.command("build")
@click.option("--check", is_flag=True, help="Write nothing; fail if something would change.")
def build_command(check: bool) -> None:
    """Write the release notebooks, the answer key and the plan from modules/."""
    from tito.authoring.build import build, drift

    lessons, root = _lessons_and_root()
    paths = drift(lessons, root) if check else build(lessons, root)
    for path in paths:
        click.echo(f"{'differs' if check else 'written'}: {path.relative_to(root)}")
    if check and paths:
        raise click.ClickException("run `tito dev build`, and commit the files that it writes.")


@command.command("answers")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def answers_command(folder: Path) -> None:
    """Write the project of the distribution with the model answers into FOLDER."""
    from tito.authoring.answers import write_answers_project

    write_answers_project(_lessons_and_root()[0], folder)
    click.echo(f"{folder}: build it by `python -m build --wheel {folder}`.")


@command.command("lint")
def lint_command() -> None:
    """Find mistakes in lessons that nbgrader and jupytext would not report."""
    from tito.authoring.lint import problems

    found = [problem for lesson in _lessons_and_root()[0] for problem in problems(lesson)]
    for problem in found:
        click.echo(problem)
    sys.exit(bool(found))


@command.command("try")
@click.argument("lesson")
def try_command(lesson: str) -> None:
    """Run a lesson with and without its solutions, and judge both."""
    from tito.authoring.lesson_checks import check_lesson
    from tito.course.lessons import find_lesson

    failed = False
    for check in check_lesson(find_lesson(lesson)):
        click.echo(f"{'ok  ' if check.ok else 'BAD '} {check.description}")
        failed = failed or not check.ok
    sys.exit(failed)


@command.command("mutants")
@click.argument("lesson")
def mutants_command(lesson: str) -> None:
    """Print the messages of a lesson about each of its wrong solutions."""
    from tito.authoring.mutants import hidden_verdicts, mutants_of, visible_message
    from tito.course.lessons import find_lesson

    missed = 0
    for mutant in mutants_of(find_lesson(lesson)):
        cells = mutant.cells()
        verdicts = hidden_verdicts(mutant.lesson, cells, 0, mutant.grade_id)
        hidden = next((verdict.message for verdict in verdicts if not verdict.passed), "")
        visible = visible_message(cells, mutant.grade_id)
        missed += not (hidden or visible)
        click.echo(f"{mutant.grade_id}: {mutant.name}{'' if hidden or visible else '  NOT CAUGHT'}")
        click.echo(f"    visible: {visible or '-'}\n    hidden:  {hidden or '-'}")
    sys.exit(bool(missed))


def _lessons_and_root() -> tuple[list[Lesson], Path]:
    from tito.course.lessons import all_lessons, modules_folder

    modules = modules_folder()
    if modules is None:
        raise click.ClickException(
            "lessons are written in a clone of the repository, and this is none."
        )
    return all_lessons(), modules.parent
