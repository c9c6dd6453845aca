"""A notebook brought to a newer release of its lesson: new text, and all that the learner wrote.

Three notebooks take part: the release that the learner began with, the learner's notebook, and the
new release. Cells are matched by their name for nbgrader, which is also their id, or by their id,
which is a digest of the text. So a released cell of another text is another cell, unless it has a
name.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from recsys_edu.artefacts.cell import CythonCellError
from tito.course.cython_cells import python_of
from tito.course.notebook import Cell, NotebookError, cells_of

_OURS: Final = ("nbgrader", "tags", "deletable", "editable")
"""Metadata of a cell that only a release sets."""


class MergeDoubtError(NotebookError):
    """A release from which it does not follow where the learner's writing belongs."""


@dataclass(frozen=True)
class Merged:
    """Notebook after a merge."""

    content: dict[str, Any]
    changed: tuple[str, ...]
    """Names of cells that the learner has written and whose text the new release changes."""


def merge_notebooks(path: Path, base: Any, mine: Any, new: Any) -> Merged:
    """Return the new release with all that the learner has written.

    Args:
        path: name of the learner's notebook, for messages.
        base: release that the learner began with, as read from JSON.
        mine: the learner's notebook.
        new: the new release.

    Raises:
        NotebookError: one of them is no notebook.
        MergeDoubtError: the learner wrote into a cell that is gone, or whose functions have other
            names or arguments now; the message has a sentence for each.
    """
    merge = _Merge(*(_keyed(path, content) for content in (base, mine, new)))
    doubts = list(merge.doubts())
    if doubts:
        raise MergeDoubtError(" ".join(doubts))
    cells = _with_ids(list(merge.cells()))
    content = {**mine, "nbformat_minor": 5, "cells": cells}
    return Merged(content, tuple(merge.changed_stubs()))


@dataclass(frozen=True)
class _Keyed:
    """Cell as it is in the file, and as it is understood."""

    raw: dict[str, Any]
    cell: Cell

    @property
    def text(self) -> str:
        """Source of the cell."""
        return self.cell.source


@dataclass(frozen=True)
class _Merge:
    base: dict[str, _Keyed]
    mine: dict[str, _Keyed]
    new: dict[str, _Keyed]

    def doubts(self) -> Iterator[str]:
        """Yield a sentence for each cell of the learner's whose place is not certain."""
        for key, mine in self.mine.items():
            base, new = self.base.get(key), self.new.get(key)
            if base is None or mine.text in (base.text, new.text if new else None):
                continue
            if new is None:
                if base.cell.is_solution:
                    yield f"You have written into cell '{key}', which the new lesson has no more."
            elif mine.cell.kind != new.cell.kind:
                yield f"Cell '{key}' is of another kind in your notebook than in the lesson."
            elif new.cell.is_solution:
                yield from _other_functions(key, base.cell, mine.cell, new.cell)
            elif new.text != base.text and not new.cell.is_graded:
                yield f"You have changed cell '{key}', and the new lesson changes it, too."

    def cells(self) -> Iterator[dict[str, Any]]:
        """Yield the cells of the merged notebook, in order."""
        own_before, own_after, own_last = self._own()
        for key, new in self.new.items():
            yield from own_before.get(key, ())
            mine = self.mine.get(key)
            if mine is not None:
                yield self._picked(key, mine, new)
            elif key not in self.base or new.cell.grade_id or new.text != self.base[key].text:
                yield new.raw  # else the learner has deleted it
            yield from own_after.get(key, ())
        yield from own_last

    def changed_stubs(self) -> Iterator[str]:
        """Yield the names of written cells of which the new release has another text."""
        for key, mine in self.mine.items():
            base, new = self.base.get(key), self.new.get(key)
            if base is None or new is None or not new.cell.is_solution:
                continue
            if base.text != new.text and mine.text not in (base.text, new.text):
                yield key

    def _picked(self, key: str, mine: _Keyed, new: _Keyed) -> dict[str, Any]:
        base = self.base.get(key)
        untouched = base is not None and mine.text == base.text != new.text
        test = new.cell.is_graded and not new.cell.is_solution
        if untouched or (test and mine.text != new.text):
            return new.raw
        kept = {name: value for name, value in _metadata(mine.raw).items() if name not in _OURS}
        return {**mine.raw, "metadata": {**kept, **_metadata(new.raw)}}

    def _own(self) -> tuple[dict[str, list[Any]], dict[str, list[Any]], list[Any]]:
        """Return the learner's own cells: those before and after a cell that stays, and the last.

        A cell stands behind its neighbour above, or where that is gone, before the next that stays.
        """
        before: dict[str, list[Any]] = {}
        after: dict[str, list[Any]] = {}
        above, waiting = "", list[Any]()
        for key, mine in self.mine.items():
            if key in self.new:
                before.setdefault(key, []).extend(waiting)
                above, waiting = key, []
            elif key in self.base and mine.text == self.base[key].text:
                above = ""  # a released text that is gone
            elif above:
                after.setdefault(above, []).append(_ordinary(mine.raw))
            else:
                waiting.append(_ordinary(mine.raw))
        return before, after, waiting


def _keyed(path: Path, content: Any) -> dict[str, _Keyed]:
    """Return the cells of a notebook by their names or ids, in order."""
    found: dict[str, _Keyed] = {}
    for raw, cell in zip(content["cells"], cells_of(content, path), strict=True):
        key = cell.grade_id or str(raw.get("id", "")) or _digest(cell.source)
        if key in found and cell.grade_id:
            raise MergeDoubtError(f"Two cells are '{key}', of which one is a copy: delete one.")
        while key in found:  # copies of a cell without a name
            key = f"{key}-copy"
        found[key] = _Keyed(raw, cell)
    return found


def _digest(source: str) -> str:
    """Return the id that a release gives to a cell without a name; editors may have dropped it."""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _other_functions(key: str, base: Cell, mine: Cell, new: Cell) -> Iterator[str]:
    """Yield a sentence for each function that the new release wants and the learner has not."""
    before, wanted, written = _functions(base), _functions(new), _functions(mine)
    for name, arguments in wanted.items():
        if before.get(name) != arguments and written.get(name) != arguments:
            yield (
                f"Cell '{key}' is to define `{name}({', '.join(arguments)})` in the new lesson: "
                "rename yours, or change its arguments, and upgrade again."
            )


def _functions(cell: Cell) -> Mapping[str, tuple[str, ...]]:
    """Return the arguments of each function; nothing where the code cannot be read."""
    try:
        tree = ast.parse(python_of(cell))
    except (SyntaxError, ValueError, CythonCellError):
        return {}
    return {
        node.name: tuple(each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg))
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }


def _ordinary(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a cell of the learner's own, without metadata by which it would count as released."""
    metadata = _metadata(raw)
    if "nbgrader" not in metadata:
        return raw
    kept = {name: value for name, value in metadata.items() if name not in _OURS}
    return {**raw, "metadata": kept}


def _metadata(raw: dict[str, Any]) -> dict[str, Any]:
    found = raw.get("metadata")
    return found if isinstance(found, dict) else {}


def _with_ids(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return cells of which each has an id of its own; those of released cells stay."""
    seen: set[str] = set()
    found = []
    for number, cell in enumerate(cells):
        name = str(cell.get("id", "")) or f"own-{number}"
        while name in seen:
            name = f"own-{number}-{len(seen)}"
        seen.add(name)
        found.append({**cell, "id": name})
    return found
