"""One mistake costs once: a function that fails because of others is judged with their answers.

The second run of a test has a jail of its own, with the student's functions that it is about, and
the answer key of their prerequisites, and of nothing else. It gives points for that test alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from recsys_edu.artefacts.cell import is_cython
from recsys_edu.exported import names_defined
from tito.course.notebook import Cell
from tito.course.parts import Part
from tito.grading.autograding.builds import Builds
from tito.grading.autograding.dependents import Prerequisites
from tito.grading.autograding.helpers import Helper
from tito.grading.autograding.marking import CellMark, Judge
from tito.grading.autograding.statements import Splitter, Statement, with_statements

Builder = Callable[[Sequence[Cell], Sequence[Cell]], Builds]
"""Function that builds the cells of a module, given them as they are and as released."""


def with_second_runs(
    judge: Judge,
    prerequisites: Prerequisites,
    marks: Sequence[CellMark],
    written: Sequence[Cell],
    helpers: Sequence[Helper],
    build: Builder,
    split: Splitter,
) -> tuple[CellMark, ...]:
    """Judge tests again that failed together with a prerequisite; return the better marks.

    Args:
        judge: judge of the lesson.
        prerequisites: the lesson's answer key, and which of its cells call which.
        marks: marks of the first run.
        written: exported cells of the student, as they were loaded, without helpers.
        helpers: what the student's functions use of added cells.
        build: builds the cells of a second run.
        split: finds the statements of cells.
    """
    found = {mark.grade_id: mark for mark in marks}
    failed: dict[str, Part] = {}
    for part in prerequisites.parts:
        mark = found.get(part.test)
        if mark is None or mark.passed:
            continue
        own = [cell for cell in written if cell.grade_id in part.cells]
        needed = prerequisites.of(part, [*own, *(helper.cell() for helper in helpers)])
        causes = {name: failed[name] for name in needed if name in failed}
        if causes and _is_written(own, prerequisites.released):
            key = frozenset(prerequisites.functions_of(needed))
            own = [_without(cell, key, split) for cell in own]
            cells = _cells(prerequisites, own, needed, helpers)
            with judge.opened(build(*cells)) as remote:
                again = judge.mark(part.test, remote)
            mark = found[part.test] = _better(mark, again, list(causes.values()))
        if not mark.passed:
            failed |= dict.fromkeys(part.cells, part)
    return tuple(found[mark.grade_id] for mark in marks)


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


def _cells(
    prerequisites: Prerequisites,
    own: Sequence[Cell],
    needed: frozenset[str],
    helpers: Sequence[Helper],
) -> tuple[list[Cell], list[Cell]]:
    """Return the cells of a second run, and the same as they were released."""
    mine = {cell.grade_id: cell for cell in own}
    cells: list[Cell] = []
    released: list[Cell] = []
    for number, stub in enumerate(prerequisites.released):
        name = stub.grade_id
        if not stub.is_solution or name in mine:
            cells.append(mine.get(name, stub))
        elif name in needed:
            cells.append(prerequisites.solutions[name])
        else:
            cells.append(stub)
        released.append(stub)
        if number == 0:
            cells += [helper.cell() for helper in helpers]
            released += [replace(helper.cell(), source="") for helper in helpers]
    return cells, released


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
