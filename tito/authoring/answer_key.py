"""The answer key: the op cells of a lesson as a file of ``recsys_backends/naive``."""

from __future__ import annotations

from tito.authoring.source import BEGIN_SOLUTION, END_SOLUTION, solution_cells
from tito.course.lessons import Lesson
from tito.course.notebook import OP


def answer_key(lesson: Lesson) -> str:
    """Return the solutions of a lesson's op cells as a module; empty if there are none."""
    sources = [cell.source for cell in solution_cells(lesson) if OP in cell.tags]
    if not sources:
        return ""
    header = (
        f'"""{lesson.about().title}: the answers of lesson {lesson.number:02}.\n\n'
        f"Written by `tito dev build` from modules/{lesson.id}/{lesson.id}.py; change it there.\n"
        '"""\n'
    )
    imports, *functions = map(_without_markers, sources)
    return header + "\n" + "\n\n\n".join([imports, *functions]) + "\n"


def _without_markers(source: str) -> str:
    lines = [
        line for line in source.splitlines() if line.strip() not in (BEGIN_SOLUTION, END_SOLUTION)
    ]
    return "\n".join(lines).strip("\n")
