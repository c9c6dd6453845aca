"""What the commands about lessons have in common: the argument, and how outcomes are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from tito.course.kernel_run import CellRun
    from tito.course.lessons import Lesson
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
    """One line a visible test; whether all passed."""
    graded = [run for run in runs if run.cell.is_graded]
    for run in graded:
        show_line(run.passed, run.cell.grade_id.replace("_", " "), run.message)
    return all(run.passed for run in graded)


def show_verdict(verdict: Verdict) -> None:
    """One line a clause."""
    show_line(verdict.passed, verdict.name.replace("_", " "), verdict.message)


def show_line(passed: bool, name: str, message: str) -> None:
    """✓ or ✗, what it is about, and below it what is wrong."""
    mark = click.style(OK, fg="green") if passed else click.style(BAD, fg="red")
    click.echo(f"  {mark} {name}")
    if message:
        click.echo("\n".join(f"      {line}" for line in message.splitlines()))
