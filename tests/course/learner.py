"""A learner who knows the answers: types the solutions into the cells of a released notebook."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tito.authoring.source import solution_cells
from tito.course.lessons import Lesson

MARKS = ("### BEGIN SOLUTION", "### END SOLUTION")


def solutions_of(lesson: Lesson) -> dict[str, str]:
    """What belongs into each cell that a learner writes, by grade_id."""
    return {
        cell.grade_id: _without_marks(cell.source)
        for cell in solution_cells(lesson)
        if cell.is_solution and cell.kind == "code"
    }


def _without_marks(source: str) -> str:
    return "\n".join(line for line in source.splitlines() if line.strip() not in MARKS)


def type_in(notebook: Path, solutions: Mapping[str, str]) -> None:
    """Replace the text of these cells, as somebody at a keyboard does; nothing else changes."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in solutions:
            cell["source"] = solutions[name].splitlines(keepends=True)
    notebook.write_text(json.dumps(content, indent=1), encoding="utf-8")
