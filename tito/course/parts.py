"""Parts of a lesson: cells that a learner writes, with the test and the points of each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from recsys_edu.artefacts.cell import CythonCellError
from tito.course.export import functions_of
from tito.course.notebook import Cell, NotebookError

_HEADING: Final = re.compile(r"^#{1,3} (\d+)\. ", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """Code that a learner writes, and the test that its points depend on."""

    number: int
    """Number of the heading above it; its place among the parts where no heading has one."""
    cells: tuple[str, ...]
    """Names of the cells that a learner writes."""
    functions: tuple[str, ...]
    test: str
    """Name of the test's cell."""
    points: float
    places: range = field(compare=False)
    """Places in the notebook, from 0, that belong to the part."""

    @property
    def title(self) -> str:
        """Name of the part in messages."""
        return f"part {self.number}, {', '.join(self.functions or self.cells)}"

    @property
    def label(self) -> str:
        """Name of the part in messages about its cells."""
        return f"part {self.number} ({', '.join(self.cells)})"


@dataclass(frozen=True)
class Question:
    """Question that is answered in words, and marked by a person."""

    name: str
    points: float
    text: str
    """Markdown of the cell that asks it; empty if there is none above."""


def parts_of(cells: Sequence[Cell]) -> list[Part]:
    """Return the parts of a lesson, in order.

    A second test behind the same cells is a part of its own, with the same cells.

    Args:
        cells: of the released notebook, or of the lesson with its solutions.
    """
    found: list[Part] = []
    heading, start, written, tested = 0, 0, list[Cell](), False
    for place, cell in enumerate(cells):
        if cell.kind == "markdown":
            numbers = () if cell.is_solution else _HEADING.findall(cell.source)
            heading = int(numbers[-1]) if numbers else heading
        elif cell.is_graded:
            if cell.is_solution:
                written = [cell] if tested else [*written, cell]
            names = tuple(each.grade_id for each in written)
            functions = tuple(name for each in written for name in _functions(each))
            number, places = heading or len(found) + 1, range(start, place + 1)
            found.append(Part(number, names, functions, cell.grade_id, points_of(cell), places))
            start, tested = place + 1, True
        elif cell.is_solution:
            written, tested = ([cell] if tested else [*written, cell]), False
    return found


def questions_of(cells: Sequence[Cell]) -> list[Question]:
    """Return the questions of a lesson, in order."""
    found, above = [], ""
    for cell in cells:
        if cell.kind == "markdown" and cell.is_graded:
            found.append(Question(cell.grade_id, points_of(cell), above))
        above = cell.source if cell.kind == "markdown" and not cell.is_graded else ""
    return found


def find_parts(parts: Iterable[Part], wanted: str) -> list[Part]:
    """Return the parts that a number, a function, a cell or a test names.

    Raises:
        NotebookError: there is none; the message names those that there are.
    """
    parts = list(parts)
    text = wanted.strip()
    found = [
        part
        for part in parts
        if text in (*part.functions, *part.cells, part.test)
        or (text.isdecimal() and int(text) == part.number)
    ]
    if not found:
        listed = "; ".join(f"{part.number}: {', '.join(part.functions)}" for part in parts)
        raise NotebookError(f"there is no part {wanted!r}; parts: {listed}.")
    return found


def points_of(cell: Cell) -> float:
    """Return the points of a cell; 0 where its metadata has no number."""
    points = cell.nbgrader.get("points", 0)
    return float(points) if isinstance(points, (int, float)) else 0.0


def _functions(cell: Cell) -> list[str]:
    try:
        return [name for name in functions_of([cell]) if not name.startswith("_")]
    except (SyntaxError, CythonCellError):
        return []


def without_docstrings(source: str) -> str:
    """Return Python code without the docstrings of its functions; other text as it is."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return source
    lines = source.splitlines()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node):
            first, *rest = node.body
            last = first.end_lineno or first.lineno
            if rest and node.lineno < first.lineno and last < rest[0].lineno:
                lines[first.lineno - 1 : last] = ["\0"] * (last - first.lineno + 1)
    return "\n".join(line for line in lines if line != "\0")
