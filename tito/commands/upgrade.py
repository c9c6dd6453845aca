"""``tito upgrade``: bring the workspace to the installed version of the course."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tito.commands._lessons import LessonType, show_line
from tito.course.lessons import Lesson

if TYPE_CHECKING:
    from recsys_edu.workspace import Workspace
    from tito.workspace.upgrade import Upgrade


@click.command("upgrade")
@click.argument("lessons", type=LessonType(), nargs=-1, metavar="[LESSON...]")
def command(lessons: tuple[Lesson, ...]) -> None:
    """Bring the notebooks to the installed version of the course; without LESSON, all of them.

    Your answers and your own cells stay as they are, and get the new text around them. A copy of
    each notebook is kept. A lesson whose new cells do not fit to what you have written is left as
    it is, with the reason. Save and close the notebooks first.
    """
    from recsys_edu.workspace import find_workspace
    from tito.course.lessons import all_lessons
    from tito.workspace.glossary import renew_glossary
    from tito.workspace.lock import writing
    from tito.workspace.upgrade import is_current, plan_upgrade, require_upgradable
    from tito.workspace.version import version_of, write_version

    workspace = find_workspace()
    require_upgradable(workspace)
    with writing(workspace):
        plans = [plan_upgrade(workspace, each) for each in lessons or all_lessons()]
        for plan in plans:
            _apply(workspace, plan)
        if kept := renew_glossary(workspace):
            before = f"The one before is kept in {kept.relative_to(workspace.root)}."
            show_line(True, "the glossary is new", before)
        if is_current(workspace, all_lessons()):
            write_version(workspace)
    click.echo(f"This workspace is of version {version_of(workspace) or 'unknown'} of the course.")
    sys.exit(any(plan.doubt for plan in plans))


def _apply(workspace: Workspace, plan: Upgrade) -> None:
    from tito.workspace.files import release_record
    from tito.workspace.upgrade import apply_upgrade

    lesson = plan.lesson
    if plan.doubt:
        reset = f"`tito reset {lesson.number}` brings the new notebook, and keeps a copy of yours."
        show_line(False, f"{lesson.id} stays as it is", f"{plan.doubt}\n{reset}")
        return
    kept = apply_upgrade(workspace, plan)
    if kept is None:
        show_line(True, f"{lesson.id}: nothing of yours to change", "")
        return
    lines = [f"The notebook before is kept in {kept.relative_to(workspace.root)}."]
    if plan.changed:
        released = release_record(workspace, lesson).relative_to(workspace.root)
        names = ", ".join(plan.changed)
        lines.append(f"Yours is kept where the lesson has a new text, see {released}: {names}.")
    show_line(True, f"{lesson.id}: new text around your answers", "\n".join(lines))
