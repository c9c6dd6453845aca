"""Hints of a lesson: two or three steps for each function, from a question to the first line.

A lesson's ``hints.py`` is data: one dictionary ``HINTS``, by function. It is read, never run.
"""

from __future__ import annotations

import ast
from typing import Any, Final

from tito.course.lessons import Lesson, LessonError

FILE: Final = "hints.py"


def hints_of(lesson: Lesson) -> dict[str, tuple[str, ...]]:
    """Return the steps of each function's hints.

    Raises:
        LessonError: the lesson has no hints, or its file is not as it should be.
    """
    path = lesson.folder / FILE
    try:
        found = _dictionary(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LessonError(f"lesson {lesson.id} has no hints.") from None
    except (OSError, UnicodeError, ValueError, SyntaxError) as error:
        raise LessonError(f"{path} cannot be read: {error}.") from None
    for name, steps in found.items():
        if not (isinstance(steps, tuple) and steps and all(isinstance(x, str) for x in steps)):
            raise LessonError(f"{path}: the hints of {name!r} must be a tuple of texts.")
    return found


def _dictionary(text: str) -> dict[str, Any]:
    """Return the literal that the file binds to HINTS."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "HINTS":
            found = ast.literal_eval(node.value)
            if isinstance(found, dict):
                return found
    raise ValueError("there is no dictionary HINTS in it")
