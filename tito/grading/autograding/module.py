"""The module of a rebuilt submission: its exported cells but those that cannot be loaded."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from recsys_edu.artefacts.cell import is_cython
from recsys_edu.exported import names_defined
from tito.course.notebook import Cell, cells_of
from tito.grading.autograding.statements import (
    KINDS,
    Splitter,
    with_imports_if_there,
    with_statements,
)
from tito.judging.failures import LearnerError

SECONDS_FOR_PARTS: Final = 60.0
"""Seconds after which no more helpers and parts are tried: each may take long to fail."""
NOT_TRIED: Final = "it was not tried, since loading the cells before it took too long"
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

    A cell that cannot be loaded as it was written is tried without its loose lines. A helper, which
    has nothing in its place as released, is tried behind all others then, where it finds the
    functions that it calls.

    Args:
        written: the exported cells as the student wrote them; together they cannot be loaded.
        released: the same cells as released.
        load: load the module of some cells; raises LearnerError if that cannot be done.
        split: finds the statements of cells.

    Returns:
        The cells of the module, and the student's cells that are not, or not wholly, among them.
    """
    trials = _Trials(list(released), load)
    changed = [(n, cell) for n, cell in enumerate(written) if cell.source != released[n].source]
    late = []
    for number, cell in changed:
        is_helper = not released[number].source
        if is_helper and trials.are_over():
            continue
        parts = iter([cell]) if is_helper else _parts(cell, released[number], split)
        if not trials.took(number, parts, number) and is_helper:
            late.append((number, cell))
    for number, cell in late:
        if not trials.are_over():
            trials.took(number, _parts(cell, released[number], split))
    return trials.kept, [
        LeftOut(cell.grade_id, trials.problems.get(number, NOT_TRIED), *trials.in_part(number))
        for number, cell in changed
        if trials.taken.get(number) != cell
    ]


@dataclass
class _Trials:
    """Cells whose module can be loaded, and those that were tried in it."""

    kept: list[Cell]
    load: Callable[[Sequence[Cell]], None]
    taken: dict[int, Cell] = field(default_factory=dict)
    """The part of a cell that was taken, by the cell's place among those written."""
    problems: dict[int, str] = field(default_factory=dict)
    """Reason why a cell could not be loaded at first, by its place."""
    end: float = field(default_factory=lambda: time.monotonic() + SECONDS_FOR_PARTS)

    def are_over(self) -> bool:
        """Return True where no more may be tried but each of the lesson's cells as it is."""
        return time.monotonic() > self.end

    def took(self, number: int, parts: Iterator[Cell], place: int | None = None) -> bool:
        """Take the first part that can be loaded, in its place or behind all others."""
        for tried, part in enumerate(parts):
            if tried and self.are_over():
                return False
            if place is None:
                trial = [*self.kept, part]
            else:
                trial = [*self.kept[:place], part, *self.kept[place + 1 :]]
            try:
                self.load(trial)
            except LearnerError as error:
                self.problems.setdefault(number, str(error))
            else:
                self.kept, self.taken[number] = trial, part
                return True
        return False

    def in_part(self, number: int) -> tuple[str, ...]:
        """Return the message about a cell of which a part was taken; none for another."""
        return (IN_PART,) if number in self.taken else ()


def _parts(cell: Cell, released: Cell, split: Splitter) -> Iterator[Cell]:
    """Yield a cell, and then parts of it, each smaller than the one before.

    In the parts, an import of what is not there does nothing. Parts without any function of the
    released cell are not worth loading.
    """
    yield cell
    if is_cython(cell.source):
        return
    (statements,) = split([cell.source])
    wanted = set(names_defined(released.source))
    if wanted and not any(each.binds & wanted for each in statements):
        return
    before = cell.source
    tolerant = with_imports_if_there(cell.source, statements)
    for n_kinds in range(len(KINDS), 0, -1):
        source = with_statements(tolerant, statements, kinds=KINDS[:n_kinds])
        if source != before and source.strip():
            yield replace(cell, source=source)
        before = source
