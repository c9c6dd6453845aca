"""The plan of the course in INSTRUCTORS.md, made from the lessons."""

from __future__ import annotations

import re
from typing import Final

from tito.authoring.source import AuthoringError, solution_cells
from tito.course.lessons import Lesson
from tito.course.notebook import Cell

BEGIN: Final = "<!-- written by `tito dev build` from the lessons: -->"
END: Final = "<!-- end of what is written -->"
_SCHEME: Final = re.compile(r"=== BEGIN MARK SCHEME ===\n(.*?)\n=== END MARK SCHEME ===", re.DOTALL)


def with_syllabus(text: str, lessons: list[Lesson]) -> str:
    """Return INSTRUCTORS.md with the part between the two comments written anew."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise AuthoringError(f"INSTRUCTORS.md needs the lines {BEGIN} and {END}, once each.")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    parts = [_table(lessons), *(_section(lesson) for lesson in lessons)]
    return f"{before}{BEGIN}\n\n" + "\n\n".join(parts) + f"\n\n{END}{after}"


def _points(cells: list[Cell], kind: str) -> int:
    graded = [cell for cell in cells if cell.is_graded and cell.kind == kind]
    return sum(int(cell.nbgrader["points"]) for cell in graded)


def _table(lessons: list[Lesson]) -> str:
    rows = [
        "| lesson | the question | needs | hours | points by tests | points by a person |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for lesson in lessons:
        about, cells = lesson.about(), solution_cells(lesson)
        needs = ", ".join(name[:2] for name in about.prerequisites) or "–"
        rows.append(
            f"| {lesson.number:02} {about.title} | {about.question} | {needs} | {about.hours:g} "
            f"| {_points(cells, 'code')} | {_points(cells, 'markdown')} |"
        )
    return "\n".join(rows)


def _section(lesson: Lesson) -> str:
    """Return the section of a lesson: its objectives, its points and its mark schemes."""
    about, cells = lesson.about(), solution_cells(lesson)
    graded = [cell for cell in cells if cell.is_graded]
    tests = ", ".join(
        f"`{cell.grade_id.removeprefix('test_')}` {cell.nbgrader['points']}"
        for cell in graded
        if cell.kind == "code"
    )
    lines = [f"### {lesson.number:02} {about.title}", "", "After it, a learner can"]
    lines += [f"- {objective}" + ";" for objective in about.objectives[:-1]]
    lines += [f"- {about.objectives[-1]}.", "", f"Points by tests: {tests}."]
    for cell in graded:
        if cell.kind == "markdown":
            found = _SCHEME.search(cell.source)
            scheme = " ".join(found[1].split()) if found else "no mark scheme"
            lines += ["", f"**{cell.grade_id}** ({cell.nbgrader['points']} points): {scheme}"]
    return "\n".join(lines)
