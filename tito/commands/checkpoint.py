"""``tito checkpoint``: judge exported functions by the question of their lesson."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from tito.commands._lessons import (
    LessonType,
    VerdictLines,
    open_workspace,
    show_answer,
    show_points,
)
from tito.course.lessons import Lesson

if TYPE_CHECKING:
    from recsys_edu.workspace import Workspace
    from tito.course.checkpoint import CheckpointResult


@click.command("checkpoint")
@click.argument("lesson", type=LessonType(), required=False)
@click.option("--all", "every", is_flag=True, help="Run the checkpoints of all exported lessons.")
@click.option(
    "--timeline", is_flag=True, help="List passed checkpoints with their dates; runs nothing."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(lesson: Lesson | None, every: bool, timeline: bool, as_json: bool) -> None:
    """Judge the functions that you exported by the question of LESSON.

    They run in a process of their own, in which the shipped answers cannot be imported.
    """
    from tito.course.lessons import all_lessons
    from tito.workspace.files import export_of

    if (lesson is not None) + every + timeline != 1:
        raise click.UsageError("Name one lesson, or give --all or --timeline.")
    workspace = open_workspace()
    if timeline:
        _show_timeline(workspace, as_json)
        return
    wanted = [lesson] if lesson is not None else all_lessons()
    lessons = [each for each in wanted if each is lesson or export_of(workspace, each).is_file()]
    results = [_run(workspace, each, quiet=as_json) for each in lessons]
    missing = [each for each in wanted if each not in lessons]
    if as_json:
        unjudged: list[dict[str, Any]] = [
            {"lesson": each.id, "passed": None, "clauses": []} for each in missing
        ]
        found = [result.as_json() for result in results] + unjudged
        click.echo(json.dumps(sorted(found, key=lambda each: each["lesson"]), indent=1))
    elif missing:
        click.echo(f"Not exported yet, so not judged: {', '.join(each.id for each in missing)}.")
    sys.exit(not (results and all(result.passed for result in results)))


def _run(workspace: Workspace, lesson: Lesson, *, quiet: bool) -> CheckpointResult:
    from tito.workspace.steps import judge_lesson

    if quiet:
        return judge_lesson(workspace, lesson)
    click.echo(f"{lesson.id}: {lesson.about().question}")
    lines = VerdictLines()
    result = judge_lesson(workspace, lesson, on_verdict=lines)
    lines.end()
    show_answer(result)
    show_points(workspace, lesson)
    return result


def _show_timeline(workspace: Workspace, as_json: bool) -> None:
    from tito.workspace.standing import standings

    rows = [
        {
            "lesson": standing.lesson.id,
            "question": standing.question,
            "checkpoint": standing.checkpoint,
            "first_passed": standing.progress.first_passed,
            "skipped": standing.progress.skipped,
        }
        for standing in standings(workspace)
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        when = row["first_passed"][:10] or "          "
        note = " (skipped once)" if row["skipped"] and row["checkpoint"] != "skipped" else ""
        click.echo(f"{when}  {row['lesson']:<18} {row['question']}  {row['checkpoint']}{note}")
