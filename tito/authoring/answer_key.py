"""The op cells of a lesson as a file of ``recsys_backends/naive``."""

from __future__ import annotations

from recsys_edu.artefacts.cell import is_cython
from tito.authoring.source import BEGIN_SOLUTION, END_SOLUTION, solution_cells
from tito.course.lessons import Lesson
from tito.course.notebook import OP


def answer_key(lesson: Lesson) -> str:
    """What a perfect learner would have exported of the op cells; empty where there are none.

    Cells in Cython are left out: ``naive`` is plain Python, to be read.
    """
    cells = [cell for cell in solution_cells(lesson) if OP in cell.tags]
    sources = [cell.source for cell in cells if not is_cython(cell.source)]
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
