"""The module of a rebuilt submission: its exported cells, without those that cannot be loaded."""

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
    """For the instructor: it quotes the student's code."""
    said: str = "cannot be loaded"
    """The same for the student, as the end of a sentence: it quotes no more than a name."""


def exported_from(notebook: dict[str, Any]) -> list[Cell]:
    """The cells of a notebook that make up its module."""
    cells = cells_of(notebook, Path("the submission"))
    return [cell for cell in cells if cell.is_exported]


def salvaged(
    written: Sequence[Cell], released: Sequence[Cell], load: Callable[[Sequence[Cell]], None]
) -> tuple[list[Cell], list[LeftOut]]:
    """Return the cells of a module that can be loaded, as many of the student's as possible.

    Args:
        written: the exported cells, as the student wrote them: together they cannot be loaded.
        released: the same, as they were released: nothing is written in them yet.
        load: tries the module of some cells; raises LearnerError where it cannot be loaded.
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
