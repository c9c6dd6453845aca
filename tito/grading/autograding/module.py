"""The module of a rebuilt submission: its exported cells but those that cannot be loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tito.course.export import module_text
from tito.course.notebook import Cell, cells_of
from tito.judging.failures import LearnerError


@dataclass(frozen=True)
class LeftOut:
    """A cell that is not in the module."""

    grade_id: str
    why: str
    """Reason, for the instructor only: it quotes the student's code."""


def exported_cells_of(notebook: dict[str, Any]) -> list[Cell]:
    """Return the cells of a notebook that make up its module."""
    cells = cells_of(notebook, Path("the submission"))
    return [cell for cell in cells if cell.is_exported]


def salvage_cells(
    written: Sequence[Cell], released: Sequence[Cell], load: Callable[[str], None]
) -> tuple[str, list[LeftOut]]:
    """Make a module that can be loaded, with as many of the student's cells as possible.

    Args:
        written: the exported cells as the student wrote them; together they cannot be loaded.
        released: the same cells as released.
        load: load the text of a module; raises LearnerError if that cannot be done.

    Returns:
        The text of the module, and the cells that are not in it.
    """
    kept, left_out = list(released), []
    for number, cell in enumerate(written):
        if cell.source == released[number].source:
            continue
        trial = [*kept[:number], cell, *kept[number + 1 :]]
        try:
            load(module_text(trial))
            kept = trial
        except LearnerError as error:
            left_out.append(LeftOut(cell.grade_id, str(error)))
    return module_text(kept), left_out
