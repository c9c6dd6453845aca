"""``tito answers``: show a lesson's model answers beside one's own, to mark oneself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tito.commands._lessons import lesson_argument, open_workspace, show_points
from tito.course.lessons import Lesson

if TYPE_CHECKING:
    from recsys_edu.workspace import Workspace


@click.command("answers")
@lesson_argument
@click.argument("part", required=False, default="")
@click.option(
    "--mark",
    "marks",
    nargs=2,
    type=(str, float),
    multiple=True,
    metavar="QUESTION POINTS",
    help="Keep the points that you give to one of your answers in words; may be repeated.",
)
def command(lesson: Lesson, part: str, marks: tuple[tuple[str, float], ...]) -> None:
    """Show the model answers to LESSON beside yours, and the mark schemes of its questions.

    PART is the number of a part, one of its functions, or the name of a question. You see the
    answers once you have passed the lesson's checkpoint; in a class, from the date that the course
    has set. All of them are also written to a page in the folder answers/ of your workspace.
    """
    from tito.workspace.answers_open import require_open

    workspace = open_workspace()
    require_open(workspace, lesson)
    if marks:
        _mark(workspace, lesson, marks)
    else:
        _show(workspace, lesson, part)


def _show(workspace: Workspace, lesson: Lesson, part: str) -> None:
    from tito.commands._compared import show_compared
    from tito.workspace.answers_page import write_page
    from tito.workspace.compared import compare_answers

    shown = compare_answers(workspace, lesson, part)
    page = write_page(workspace, lesson, compare_answers(workspace, lesson))
    show_compared(shown)
    show_points(workspace, lesson)
    if shown.words:
        name = shown.words[0].question.name
        click.echo(f"Mark yourself: `tito answers {lesson.number} --mark {name} POINTS`.")
    click.echo(f"The same as a page: {page}")


def _mark(workspace: Workspace, lesson: Lesson, marks: tuple[tuple[str, float], ...]) -> None:
    from tito.workspace.points import mark_question

    for name, points in marks:
        question = mark_question(workspace, lesson, name, points)
        click.echo(f"{name}: {points:g} of {question.points:g} points.")
    show_points(workspace, lesson)
