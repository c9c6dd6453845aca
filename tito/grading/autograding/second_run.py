"""One mistake costs once: a function that fails because of others is judged with their answers.

The second run of a test has a jail of its own, with the student's functions that it is about, and
the answer key of their prerequisites, and of nothing else. It gives points for that test alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from recsys_edu.artefacts.cell import is_cython
from recsys_edu.exported import names_defined
from tito.course.notebook import Cell
from tito.course.parts import Part
from tito.grading.autograding.added import AddedCell
from tito.grading.autograding.builds import Builds
from tito.grading.autograding.dependents import Prerequisites
from tito.grading.autograding.helpers import find_helpers
from tito.grading.autograding.marking import CellMark, Judge, Judgement
from tito.grading.autograding.statements import Splitter, Statement, with_statements

Builder = Callable[[Sequence[Cell], Sequence[Cell]], Builds]
"""Function that builds the cells of a module, given them as they are and as released."""


def with_second_runs(
    judge: Judge,
    prerequisites: Prerequisites,
    judgement: Judgement,
    build: Builder,
    split: Splitter,
) -> tuple[CellMark, ...]:
    """Judge tests again that failed together with a prerequisite; return the better marks.

    Args:
        judge: judge of the lesson.
        prerequisites: the lesson's answer key, and which of its cells call which.
        judgement: marks of the first run, and the student's cells as they were loaded.
        build: builds the cells of a second run.
        split: finds the statements of cells.
    """
    found = {mark.grade_id: mark for mark in judgement.marks}
    module = _Module.of(judgement.cells, prerequisites)
    failed: dict[str, Part] = {}
    for part in prerequisites.parts:
        mark = found.get(part.test)
        if mark is None or mark.passed:
            continue
        own = [cell for cell in module.exported if cell.grade_id in part.cells]
        needed = prerequisites.of(part, [*own, *module.front, *module.back])
        causes = {name: failed[name] for name in needed if name in failed}
        if causes and _is_written(own, prerequisites.released):
            key = frozenset(prerequisites.functions_of(needed))
            own = [_without(cell, key, split) for cell in own]
            back = tuple(_without(cell, key, split) for cell in module.back)
            cells = replace(module, back=back).with_key(prerequisites, own, needed, split)
            with judge.opened(build(*cells)) as remote:
                again = judge.mark(part.test, remote)
            mark = found[part.test] = _better(mark, again, list(causes.values()))
        if not mark.passed:
            failed |= dict.fromkeys(part.cells, part)
    return tuple(found[mark.grade_id] for mark in judgement.marks)


def _is_written(own: Sequence[Cell], released: Sequence[Cell]) -> bool:
    texts = {cell.source.strip() for cell in released}
    return any(cell.source.strip() not in texts for cell in own)


def _without(cell: Cell, functions: frozenset[str], split: Splitter) -> Cell:
    """Return a cell without its own versions of functions that the answer key provides.

    Those who wrote several functions into one cell would else lose points for one of them twice.
    """
    if is_cython(cell.source) or functions.isdisjoint(names_defined(cell.source)):
        return cell
    (statements,) = split([cell.source])

    def is_kept(statement: Statement) -> bool:
        return statement.kind != "definition" or not statement.binds <= functions

    return replace(cell, source=with_statements(cell.source, statements, is_kept=is_kept))


@dataclass(frozen=True)
class _Module:
    """A student's cells as they were loaded."""

    exported: tuple[Cell, ...]
    """Cells of the lesson."""
    front: tuple[Cell, ...]
    """Helpers that stand before the functions."""
    back: tuple[Cell, ...]
    """Helpers that stand behind them."""

    @classmethod
    def of(cls, cells: Sequence[Cell], prerequisites: Prerequisites) -> _Module:
        """Tell the lesson's cells from helpers, which have other names."""
        names = {cell.grade_id for cell in prerequisites.released}
        last = max(number for number, cell in enumerate(cells) if cell.grade_id in names)
        others = [(n, cell) for n, cell in enumerate(cells) if cell.grade_id not in names]
        return cls(
            tuple(cell for cell in cells if cell.grade_id in names),
            tuple(cell for n, cell in others if n < last),
            tuple(cell for n, cell in others if n > last),
        )

    def with_key(
        self,
        prerequisites: Prerequisites,
        own: Sequence[Cell],
        needed: frozenset[str],
        split: Splitter,
    ) -> tuple[list[Cell], list[Cell]]:
        """Return the cells of a second run, and the same as they were released.

        Helpers in the student's cells that the answer key replaces are taken along.
        """
        mine = {cell.grade_id: cell for cell in own}
        released = list(prerequisites.released)
        cells = [mine.get(stub.grade_id, stub) for stub in released]
        for number, stub in enumerate(released):
            if stub.is_solution and stub.grade_id in needed and stub.grade_id not in mine:
                cells[number] = prerequisites.solutions[stub.grade_id]
        left = [cell for cell in self.exported if cell.is_solution and cell.grade_id not in mine]
        beside = [
            AddedCell(cell.number, 0, "code", cell.source)
            for cell in left
            if not is_cython(cell.source)
        ]
        more = find_helpers(beside, [*cells, *self.front, *self.back], split)
        front = [*self.front, *(helper.cell() for helper in more)]
        empty = [[replace(cell, source="") for cell in each] for each in (front, self.back)]
        return (
            [*cells[:1], *front, *cells[1:], *self.back],
            [*released[:1], *empty[0], *released[1:], *empty[1]],
        )


def _better(mark: CellMark, again: CellMark, causes: Sequence[Part]) -> CellMark:
    """Return the mark of a second run where it is better, or else the first with a word on it."""
    labels = tuple(dict.fromkeys(part.label for part in causes))
    listed = " and ".join(labels)
    if again.passed:
        message = f"Mend {listed} first: with the answer key of that, this function is right."
        return replace(again, message=message, mend_first=labels)
    if again.earned > mark.earned:
        message = f"Mend {listed} first: with the answer key of that, {again.message}"
        return replace(again, message=message, mend_first=labels)
    told = again if again.misconception else mark
    message = f"{told.message} Mend {listed} first; with the answer key of that, it fails as well."
    details = f"{mark.details} Second run: {again.details}"
    return replace(mark, message=message, details=details, misconception=told.misconception)
