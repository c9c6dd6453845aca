"""Names that a student's functions need, and that stand in cells which the student added.

``tito export`` asks to move them. Grading takes them along, and says so: an answer is right or
wrong, wherever its helper stands.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Collection, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

from recsys_edu.artefacts.cell import is_cython
from tito.course.notebook import EXPORT, Cell
from tito.grading.autograding.added import AddedCell
from tito.grading.autograding.builds import Builds
from tito.grading.autograding.statements import Splitter, Statement, with_statements

_BINDING: Final = re.compile(
    r"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^[ \t]*(?:from|import)[ \t](.+)"
    r"|^([\w, ]+)[:=]",
    re.MULTILINE,
)
_EVERYTHING: Final = re.compile(r"^[ \t]*from[ \t][^#\n]*\*", re.MULTILINE)
_WORD: Final = re.compile(r"\w+")
_BUILT_IN: Final = frozenset(dir(builtins))
_MOST_NAMED: Final = 5
_LONGEST: Final = 60
"""Characters of a name that are shown."""


@dataclass(frozen=True)
class Helper:
    """Statements of an added cell that define what graded functions need."""

    number: int
    """Place of the cell in the submission, counted from 1."""
    source: str
    names: tuple[str, ...]
    made: frozenset[str] = frozenset()
    """Names of `names` that it makes or changes, and does not only import."""
    changed: str = ""
    """Name of the released cell that was changed; empty for a cell that was added."""

    def cell(self) -> Cell:
        """Return the statements as a cell of the module."""
        name = {"grade_id": f"number {self.number}"}
        return Cell(self.number, "code", self.source, frozenset({EXPORT}), name)

    @property
    def remark(self) -> str:
        """Sentence for the student."""
        named = self.names[:_MOST_NAMED]
        listed = ", ".join("what `import *` brings" if x == "*" else x[:_LONGEST] for x in named)
        if self.changed:
            return (
                f"Your functions use {listed} from the cell '{self.changed}', which you have "
                "changed: that was taken along for grading."
            )
        return (
            f"Your functions use {listed} from cell number {self.number} of your notebook, which "
            "is not exported: it was taken along for grading. `tito export` needs it in the "
            "function's own cell."
        )


def find_helpers(
    added: Sequence[AddedCell],
    written: Sequence[Cell],
    split: Splitter,
    wanted: Collection[str] = (),
) -> list[Helper]:
    """Return the statements of added cells that the exported cells need.

    Nothing is parsed here, and no jail is started where no name of an added cell occurs.

    Args:
        added: the added cells, and the lines of released cells that were changed.
        written: the exported cells.
        split: finds the statements of cells.
        wanted: functions of the lesson, of which those that no exported cell has are needed too.
    """
    python = [cell.source for cell in written if not is_cython(cell.source)]
    words = {word for source in python for word in _WORD.findall(source)}.union(wanted)
    code = [cell for cell in added if cell.kind == "code"]
    if not any(_may_bind(cell.source, words) for cell in code):
        return []
    found = split([*python, *(cell.source for cell in code)])
    own = [statement for cell in found[: len(python)] for statement in cell]
    known = frozenset().union(_BUILT_IN, *(statement.binds for statement in own))
    needed = frozenset(wanted).union(*(statement.reads for statement in own)) - known
    return list(_helpers(code, found[len(python) :], needed, known))


def with_helpers(builds: Builds, helpers: Sequence[Helper]) -> Builds:
    """Return the cells of a module with helpers behind the first one, which has the imports."""
    if not helpers:
        return builds
    cells = [helper.cell() for helper in helpers]
    empty = [replace(cell, source="") for cell in cells]
    return replace(
        builds,
        cells=(*builds.cells[:1], *cells, *builds.cells[1:]),
        released=(*builds.released[:1], *empty, *builds.released[1:]),
    )


def _may_bind(source: str, words: Set[str]) -> bool:
    """Return True if a cell may bind one of these names; an import of everything may bind all."""
    if _EVERYTHING.search(source):
        return True
    found = (text for groups in _BINDING.findall(source) for text in groups)
    return any(not words.isdisjoint(_WORD.findall(text)) for text in found)


def _helpers(
    cells: Sequence[AddedCell],
    statements: Sequence[Sequence[Statement]],
    needed: frozenset[str],
    known: frozenset[str],
) -> Iterator[Helper]:
    every = [each for cell in statements for each in cell]
    needed = _closure(needed, every, known)
    if not needed <= frozenset().union(*(each.binds for each in every)):
        needed |= {"*"}  # what nobody binds may come from an import of everything
    for cell, own in zip(cells, statements, strict=True):

        def is_needed(each: Statement) -> bool:
            rebinds = each.kind != "import" and bool(each.binds & known)
            return bool(each.binds & needed) and not rebinds

        taken = [each for each in own if is_needed(each)]
        names = sorted({name for each in taken for name in each.binds & needed})
        if names:
            made = {x for each in taken if each.kind != "import" for x in each.binds & needed}
            kept = with_statements(cell.source, own, is_kept=is_needed)
            yield Helper(cell.number, kept, tuple(names), frozenset(made), cell.changed)


def _closure(
    needed: frozenset[str], statements: Sequence[Statement], known: frozenset[str]
) -> frozenset[str]:
    """Return names with all that their own statements need; each statement is read once."""
    by_name: dict[str, list[Statement]] = {}
    for each in statements:
        for name in each.binds:
            by_name.setdefault(name, []).append(each)
    found, waiting, read = set(needed), list(needed), set[int]()
    while waiting:
        for each in by_name.get(waiting.pop(), ()):
            if id(each) not in read:
                read.add(id(each))
                more = each.reads - known - found
                found |= more
                waiting += more
    return frozenset(found)
