"""Common parts of the commands about lessons: the argument, and the display of results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click
from click.shell_completion import CompletionItem

from tito.commands._screen import can_overwrite

if TYPE_CHECKING:
    from recsys_edu.workspace import Workspace
    from tito.course.checkpoint import CheckpointResult
    from tito.course.lessons import Lesson
    from tito.course.mistakes import Mistake
    from tito.course.notebook import Cell
    from tito.judging.clauses import Verdict
    from tito.workspace.steps import TestedNotebook

_CLAUSES_SHOWN: Final = 3
"""Clauses of one op's contract that are shown when they fail."""
OK, BAD = "✓", "✗"


class LessonType(click.ParamType["Lesson"]):
    """A lesson by number or name."""

    name = "lesson"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Lesson:
        """Find the lesson; raise LessonError if there is none, or if a file is not its notebook."""
        from tito.workspace.named import lesson_named

        return lesson_named(str(value))

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
timeout_option = click.option(
    "--timeout",
    type=click.IntRange(min=1),
    default=120,
    show_default=True,
    help="Time limit of a cell, in seconds.",
)
experiments_option = click.option(
    "--experiments",
    is_flag=True,
    help="Run the experiments as well, which take longer; no test needs them.",
)


def open_workspace() -> Workspace:
    """Find the workspace, and warn if it is of another version of the course than is installed."""
    from recsys_edu.workspace import find_workspace
    from tito.workspace.version import version_concern

    workspace = find_workspace()
    if concern := version_concern(workspace):
        click.echo(f"warning: {concern}", err=True)
    return workspace


def show_tests(lesson: Lesson, tested: TestedNotebook, mistakes: Sequence[Mistake]) -> None:
    """Print a line per visible test and per cell that did not run, and what was left out.

    Below the message of a test stands the sentence about the mistake, where it has a name.
    """
    from tito.course.notebook import read_cells
    from tito.course.parts import parts_of

    points = {part.test: part.points for part in parts_of(read_cells(lesson.release))}
    for run in tested.runs:
        if run.cell.is_solution and not run.passed:
            show_line(False, run.cell.label, run.message)
    sentences = {mistake.part.test: mistake.sentence for mistake in mistakes}
    for run in tested.graded:
        earned = "" if run.passed else "0 of "
        worth = f"{earned}{points.get(run.cell.grade_id, 0):g} points"
        said = [text for text in (run.message, sentences.get(run.cell.grade_id)) if text]
        name = f"{run.cell.grade_id.replace('_', ' ')} ({worth})"
        show_line(run.passed, name, "\n".join(said))
    if tested.problem:
        show_line(False, "it can be exported", tested.problem)
    if tested.left_out:
        were = "experiment was" if tested.left_out == 1 else "experiments were"
        click.echo(
            f"  {tested.left_out} {were} not run: `tito test {lesson.number} --experiments` does."
        )


def show_running(cell: Cell) -> None:
    """Print the cell that is running now, if this is a terminal."""
    if can_overwrite():
        click.echo(f"\r\033[K  {cell.label} …\r", nl=False, err=True)


class VerdictLines:
    """Printer of verdicts: of an op's contract only what fails, and of that the first clauses."""

    def __init__(self) -> None:
        self._failed: Counter[str] = Counter()

    def __call__(self, verdict: Verdict) -> None:
        """Print a verdict."""
        op, of_contract, _ = verdict.name.partition(": ")
        if of_contract:
            self._failed[op] += not verdict.passed
            if verdict.passed or self._failed[op] > _CLAUSES_SHOWN:
                return
        show_line(verdict.passed, verdict.name.replace("_", " "), verdict.message)

    def end(self) -> None:
        """Print the number of clauses that failed and were not shown."""
        for op, failed in self._failed.items():
            if failed > _CLAUSES_SHOWN:
                left = failed - _CLAUSES_SHOWN
                click.echo(f"    {left} more of the checks of {op} fail: mend these first.")


def show_answer(result: CheckpointResult) -> None:
    """Print the known mistakes, the answer to the lesson's question, and how many checks hold."""
    held = sum(verdict.passed for verdict in result.verdicts)
    for mistake in result.mistakes:
        show_line(False, mistake.part.title, mistake.sentence)
    answer = "Yes" if result.passed else "Not yet"
    finding = f": {result.finding}" if result.finding else ""
    click.echo(f"{answer}{finding}. {held} of {len(result.verdicts)} checks hold.")


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
