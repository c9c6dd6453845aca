"""Common parts of the commands about lessons: the argument, and the display of results."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from recsys_edu.workspace import Workspace
    from tito.course.checkpoint import CheckpointResult
    from tito.course.kernel_run import CellRun
    from tito.course.lessons import Lesson
    from tito.course.notebook import Cell
    from tito.judging.clauses import Verdict

OK, BAD = "✓", "✗"


class LessonType(click.ParamType["Lesson"]):
    """A lesson by number or name."""

    name = "lesson"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Lesson:
        """Find the lesson; raise LessonError if there is none."""
        from tito.course.lessons import find_lesson

        return find_lesson(str(value))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the numbers and names that begin with the text."""
        from tito.course.lessons import all_lessons

        return [
            CompletionItem(text, help=lesson.id)
            for lesson in all_lessons()
            for text in (str(lesson.number), lesson.name)
            if text.startswith(incomplete)
        ]


lesson_argument = click.argument("lesson", type=LessonType())


def show_tests(lesson: Lesson, runs: list[CellRun]) -> bool:
    """Print a line per visible test and per cell that did not run; return True if all passed."""
    from tito.course.notebook import read_cells
    from tito.course.parts import parts_of

    points = {part.test: part.points for part in parts_of(read_cells(lesson.release))}
    for run in runs:
        if run.cell.is_solution and not run.passed:
            show_line(False, run.cell.label, run.message)
    graded = [run for run in runs if run.cell.is_graded]
    for run in graded:
        earned = "" if run.passed else "0 of "
        worth = f"{earned}{points.get(run.cell.grade_id, 0):g} points"
        show_line(run.passed, f"{run.cell.grade_id.replace('_', ' ')} ({worth})", run.message)
    return all(run.passed for run in graded)


def show_running(cell: Cell) -> None:
    """Print the cell that is running now, if this is a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K  {cell.label} …\r", nl=False, err=True)


def show_verdict(verdict: Verdict) -> None:
    """Print a verdict, unless it is a clause of an op's contract that holds."""
    if verdict.passed and ": " in verdict.name:
        return
    show_line(verdict.passed, verdict.name.replace("_", " "), verdict.message)


def show_answer(result: CheckpointResult) -> None:
    """Print the answer to the lesson's question, and the number of checks that hold."""
    held = sum(verdict.passed for verdict in result.verdicts)
    answer = "Yes." if result.passed else "Not yet."
    click.echo(f"{answer} {held} of {len(result.verdicts)} checks hold.")


def show_points(workspace: Workspace, lesson: Lesson) -> None:
    """Print the points of a lesson."""
    from tito.workspace.points import points_in

    click.echo(points_in(workspace, lesson).sentence)


def show_line(passed: bool, name: str, message: str) -> None:
    """Print ✓ or ✗ with a name, and a message below it."""
    mark = click.style(OK, fg="green") if passed else click.style(BAD, fg="red")
    click.echo(f"  {mark} {name}")
    if message:
        click.echo("\n".join(f"      {line}" for line in message.splitlines()))
