"""The module of a rebuilt submission: its exported cells but those that cannot be loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tito.course.notebook import Cell, cells_of
from tito.judging.failures import LearnerError


@dataclass(frozen=True)
class LeftOut:
    """A cell that is not in the module."""

    grade_id: str
    why: str
    """Reason, for the instructor only: it quotes the student's code."""
    message: str = "cannot be loaded"
    """Reason for the student, the end of a sentence: it quotes no more than a name."""


def exported_cells_of(notebook: dict[str, Any]) -> list[Cell]:
    """Return the cells of a notebook that make up its module."""
    cells = cells_of(notebook, Path("the submission"))
    return [cell for cell in cells if cell.is_exported]


def salvage_cells(
    written: Sequence[Cell], released: Sequence[Cell], load: Callable[[Sequence[Cell]], None]
) -> tuple[list[Cell], list[LeftOut]]:
    """Return cells whose module can be loaded, as many of the student's as possible.

    Args:
        written: the exported cells as the student wrote them; together they cannot be loaded.
        released: the same cells as released.
        load: load the module of some cells; raises LearnerError if that cannot be done.

    Returns:
        The cells of the module, and the student's cells that are not among them.
    """
    kept, left_out = list(released), []
    for number, cell in enumerate(written):
        if cell.source == released[number].source:
            continue
        trial = [*kept[:number], cell, *kept[number + 1 :]]
        try:
            load(trial)
            kept = trial
        except LearnerError as error:
            left_out.append(LeftOut(cell.grade_id, str(error)))
    return kept, left_out
