"""Parts of a lesson: each graded test, with the cells that it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tito.course.notebook import Cell

_HEADING: Final = re.compile(r"^#{1,3} (\d+)\. ", re.MULTILINE)


@dataclass(frozen=True)
class MarkedPart:
    """A graded test and its cells."""

    test: str
    """Name of the test's cell."""
    answers: tuple[str, ...]
    """Names of the exported cells that it is about."""
    number: str
    """Number in the last heading above it; empty where headings have none."""
    places: range
    """Places in the notebook, from 0, that belong to the part."""

    @property
    def label(self) -> str:
        """Name in messages."""
        listed = ", ".join(self.answers)
        return f"part {self.number} ({listed})" if self.number else listed


def parts_of(cells: Sequence[Cell]) -> list[MarkedPart]:
    """Return the parts of a lesson; ``cells`` are those of its released notebook."""
    parts: list[MarkedPart] = []
    answers: list[str] = []
    number, start, written_to = "", 0, True
    for place, cell in enumerate(cells):
        if cell.kind == "markdown" and not cell.is_solution:
            found = _HEADING.findall(cell.source)
            number = found[-1] if found else number
        elif cell.is_exported and cell.is_solution:
            answers = [cell.grade_id] if written_to else [*answers, cell.grade_id]
            written_to = False
        elif cell.is_graded and not cell.is_solution and answers:
            parts.append(MarkedPart(cell.grade_id, tuple(answers), number, range(start, place + 1)))
            start, written_to = place + 1, True
    return parts
