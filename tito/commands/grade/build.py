"""``tito grade build``: prepare lessons."""

from __future__ import annotations

import click

from tito.commands._lessons import LessonType
from tito.commands.grade._common import require_grade_extra
from tito.course.lessons import Lesson


@click.command("build")
@click.argument("lessons", nargs=-1, type=LessonType())
@click.option("--all", "every", is_flag=True, help="Prepare every lesson.")
def command(lessons: tuple[Lesson, ...], every: bool) -> None:
    """Prepare LESSONS: write source/ and release/, and enter their cells into the gradebook.

    This also makes the gradebook and nbgrader_config.py, with which nbgrader's commands work in
    this folder. Repeat it after a change to grading.toml: marks are never lost.
    """
    require_grade_extra()
    from tito.course.lessons import all_lessons
    from tito.grading.course import find_grading_course
    from tito.grading.prepare import prepare
    from tito.workspace.lock import writing

    if every == bool(lessons):
        raise click.UsageError("Name lessons, or --all.")
    course = find_grading_course()
    edited, undated = False, []
    with writing(course):
        for lesson in all_lessons() if every else lessons:
            prepared = prepare(course, lesson)
            edited = prepared.config_edited
            written = ", ".join(str(path.relative_to(course.root)) for path in prepared.written)
            click.echo(f"{lesson.id}: {written or 'no change'}.")
            if lesson.id not in course.settings.due:
                undated.append(lesson.id)
    if undated:
        click.echo(f"Without a due date in grading.toml: {', '.join(undated)}.")
    if edited:
        click.echo(
            "nbgrader_config.py was edited, and is left alone: to get tito's again, move it away "
            "and build once more."
        )
