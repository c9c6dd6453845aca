"""The module of a rebuilt submission: its exported cells but those that cannot be loaded."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from recsys_edu.artefacts.cell import is_cython
from recsys_edu.exported import names_defined
from tito.course.notebook import Cell, cells_of
from tito.grading.autograding.statements import KINDS, Splitter, with_statements
from tito.judging.failures import LearnerError

SECONDS_FOR_PARTS: Final = 60.0
"""Seconds after which no more parts of cells are tried: each may take long to fail."""
IN_PART: Final = (
    "was loaded in part (definitions only): the rest, such as a loose line or a command that works "
    "in the notebook alone, was left out"
)


@dataclass(frozen=True)
class LeftOut:
    """A cell that is not in the module, or not all of it."""

    grade_id: str
    why: str
    """Reason, for the instructor only: it quotes the student's code."""
    message: str = "cannot be loaded"
    """Reason for the student, the end of a sentence: it quotes no more than a name."""

    @property
    def in_part(self) -> bool:
        """True if the definitions of the cell are in the module."""
        return self.message == IN_PART


def exported_cells_of(notebook: dict[str, Any]) -> list[Cell]:
    """Return the cells of a notebook that make up its module."""
    cells = cells_of(notebook, Path("the submission"))
    return [cell for cell in cells if cell.is_exported]


def salvage_cells(
    written: Sequence[Cell],
    released: Sequence[Cell],
    load: Callable[[Sequence[Cell]], None],
    split: Splitter,
) -> tuple[list[Cell], list[LeftOut]]:
    """Return cells whose module can be loaded, with as much of the student's as possible.

    A cell that cannot be loaded as it was written is tried without its loose lines.

    Args:
        written: the exported cells as the student wrote them; together they cannot be loaded.
        released: the same cells as released.
        load: load the module of some cells; raises LearnerError if that cannot be done.
        split: finds the statements of cells.

    Returns:
        The cells of the module, and the student's cells that are not, or not wholly, among them.
    """
    kept, left_out = list(released), []
    end = time.monotonic() + SECONDS_FOR_PARTS
    for number, cell in enumerate(written):
        if cell.source == released[number].source:
            continue
        why = ""
        for tried, part in enumerate(_parts(cell, released[number], split)):
            if tried and time.monotonic() > end:
                break
            trial = [*kept[:number], part, *kept[number + 1 :]]
            try:
                load(trial)
            except LearnerError as error:
                why = why or str(error)
            else:
                kept = trial
                break
        if why:
            left_out.append(_left_out(cell, why, is_absent=kept[number] == released[number]))
    return kept, left_out


def _left_out(cell: Cell, why: str, *, is_absent: bool) -> LeftOut:
    if is_absent:
        return LeftOut(cell.grade_id, why)
    return LeftOut(cell.grade_id, why, IN_PART)


def _parts(cell: Cell, released: Cell, split: Splitter) -> Iterator[Cell]:
    """Yield a cell, and then parts of it, each smaller than the one before.

    Parts without any function of the released cell are not worth loading.
    """
    yield cell
    if is_cython(cell.source):
        return
    (statements,) = split([cell.source])
    wanted = set(names_defined(released.source))
    if not any(each.kind == "definition" and each.binds & wanted for each in statements):
        return
    before = cell.source
    for kinds in (KINDS[:4], KINDS[:3], KINDS[:2], KINDS[:1]):
        source = with_statements(cell.source, statements, kinds=kinds)
        if source != before and source.strip():
            yield replace(cell, source=source)
        before = source
