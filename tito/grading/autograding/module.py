"""The module of a rebuilt submission: its exported cells, without those that cannot be loaded."""

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
    """For the instructor: it quotes the student's code."""


def exported_from(notebook: dict[str, Any]) -> list[Cell]:
    """The cells of a notebook that make up its module."""
    cells = cells_of(notebook, Path("the submission"))
    return [cell for cell in cells if cell.is_exported]


def salvaged(
    written: Sequence[Cell], released: Sequence[Cell], load: Callable[[str], None]
) -> tuple[str, list[LeftOut]]:
    """The text of a module that can be loaded, with as many of the student's cells as possible.

    Args:
        written: the exported cells, as the student wrote them: together they cannot be loaded.
        released: the same, as they were released: nothing is written in them yet.
        load: tries a module's text out; raises LearnerError where it cannot be loaded.
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
