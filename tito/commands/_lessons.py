"""What the commands about lessons have in common: the argument, and how outcomes are shown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
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
        """Find the lesson; LessonError where there is none."""
        from tito.course.lessons import find_lesson

        return find_lesson(str(value))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Numbers and names that begin so."""
        from tito.course.lessons import all_lessons

        return [
            CompletionItem(text, help=lesson.id)
            for lesson in all_lessons()
            for text in (str(lesson.number), lesson.name)
            if text.startswith(incomplete)
        ]


lesson_argument = click.argument("lesson", type=LessonType())


def show_tests(runs: list[CellRun]) -> bool:
    """One line a visible test, and one a cell that could not run; whether all passed."""
    for run in runs:
        if run.cell.is_solution and not run.passed:
            show_line(False, run.cell.label, run.message)
    graded = [run for run in runs if run.cell.is_graded]
    for run in graded:
        show_line(run.passed, run.cell.grade_id.replace("_", " "), run.message)
    return all(run.passed for run in graded)


def show_running(cell: Cell) -> None:
    """On a terminal, which cell is running now."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K  {cell.label} …\r", nl=False, err=True)


def show_verdict(verdict: Verdict) -> None:
    """What is wrong; of what holds only the lesson's own clauses, not an op's contract."""
    if verdict.passed and ": " in verdict.name:
        return
    show_line(verdict.passed, verdict.name.replace("_", " "), verdict.message)


def show_answer(result: CheckpointResult) -> None:
    """Yes or not yet, and how much of it."""
    held = sum(verdict.passed for verdict in result.verdicts)
    answer = "Yes." if result.passed else "Not yet."
    click.echo(f"{answer} {held} of {len(result.verdicts)} checks hold.")


def show_line(passed: bool, name: str, message: str) -> None:
    """✓ or ✗, what it is about, and below it what is wrong."""
    mark = click.style(OK, fg="green") if passed else click.style(BAD, fg="red")
    click.echo(f"  {mark} {name}")
    if message:
        click.echo("\n".join(f"      {line}" for line in message.splitlines()))
