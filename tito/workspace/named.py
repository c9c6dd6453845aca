"""The lesson that an argument names: by number, by name, or by the file of its notebook."""

from __future__ import annotations

import os
from pathlib import Path

from recsys_edu.errors import WorkspaceError
from recsys_edu.workspace import find_workspace
from tito.course.lessons import Lesson, LessonError, find_lesson
from tito.workspace.files import notebook_of


def lesson_named(text: str) -> Lesson:
    """Return the lesson that an argument names.

    Args:
        text: number, name, or a notebook's file name, with a folder or without.

    Raises:
        LessonError: there is no such lesson or file, or the file is another than the notebook of
            the workspace, on which tito would work instead.
    """
    path = Path(text.strip())
    has_folder = any(separator in text for separator in (os.sep, os.altsep) if separator)
    if path.suffix != ".ipynb" and not has_folder:
        return find_lesson(text)
    if has_folder and not path.is_file():
        raise LessonError(f"there is no file {text}: name a lesson by its number, such as `1`.")
    try:
        lesson = find_lesson(path.name)
    except LessonError:
        if path.is_file():
            raise LessonError(_not_a_lesson(path)) from None
        raise
    if path.is_file():
        _require_own(path, lesson)
    return lesson


def _require_own(path: Path, lesson: Lesson) -> None:
    """Raise LessonError if a workspace is at hand and the file is not its notebook."""
    try:
        own = notebook_of(find_workspace(), lesson)
    except WorkspaceError:
        return  # the command says that there is none, where it needs one
    if not own.is_file() or not own.samefile(path):
        raise LessonError(
            f"{path} is not the notebook that tito works on, which is {own}: copy your work there, "
            f"and name the lesson by its number, {lesson.number}."
        )


def _not_a_lesson(path: Path) -> str:
    return (
        f"{path} is not named like the notebook of a lesson: tito works on the notebooks in the "
        "folder notebooks/ of your workspace; copy your work there, and name the lesson by its "
        "number."
    )
