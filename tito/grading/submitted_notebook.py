"""Read a notebook that a stranger handed in, within limits, and find the answers in it.

Nothing here parses code: a stranger's code can bring Python's parser down, and this process with
it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from recsys_edu.errors import RecsysError
from recsys_edu.exported import names_defined
from tito.course.notebook import Cell, cells_of
from tito.grading.file_kinds import describe_content, describe_json

MAX_CELLS: Final = 10_000
MAX_PARTS: Final = 2_000_000
"""Number of commas and opening brackets in a notebook: each may become an object in memory. A brace
counts as two, since an object with one entry takes as much as three others."""


class UngradableError(RecsysError, ValueError):
    """A submission of which nothing can be graded; the message says why."""


@dataclass(frozen=True)
class Answer:
    """The cell that answers one of the lesson's cells."""

    cell: Cell
    remarks: tuple[str, ...]
    """Irregularities, in sentences that students may read."""
    known_by: str = ""
    """Parts of cells by which it was recognised without its name; empty if it has its name."""


class SubmittedNotebook:
    """The cells that were handed in.

    Args:
        content: the file.

    Attributes:
        raw: the cells as JSON objects, readable in any case: broken parts are empty.
        cells: the same cells.

    Raises:
        UngradableError: the file is not a notebook, or exceeds a limit.
    """

    def __init__(self, content: bytes) -> None:
        notebook = _parse(content)
        cells = notebook.get("cells")
        if not isinstance(cells, list):
            raise UngradableError("it is a notebook without a list of cells.")
        if len(cells) > MAX_CELLS:
            raise UngradableError(f"it has more than {MAX_CELLS:,} cells.")
        self.raw = [_readable(cell) for cell in cells if isinstance(cell, dict)]
        self.cells = cells_of({"nbformat": 4, "cells": self.raw}, Path("the submission"))

    def find(self, wanted: Cell, cell_id: Any) -> Answer | None:
        """Find the answer to one of the lesson's cells; None if there is none.

        Args:
            wanted: the released cell.
            cell_id: its id in the released notebook.
        """
        for candidates, known_by in (
            ([cell for cell in self.cells if cell.grade_id == wanted.grade_id], ""),
            (self._with_id(cell_id), "ids"),
            (self._with_functions_of(wanted, in_part=True), "functions"),
        ):
            if candidates:
                found = _choose(wanted, candidates, known_by)
                return self._elsewhere(wanted, found.cell) or found
        return None

    def _elsewhere(self, wanted: Cell, found: Cell) -> Answer | None:
        """Find an answer that was written into another cell while its own is as released."""
        if found.source.strip() != wanted.source.strip():
            return None
        others = [
            cell
            for cell in self._with_functions_of(wanted)
            if cell.source.strip() != wanted.source.strip()
        ]
        if not others:
            return None
        remark = (
            f"Cell '{wanted.grade_id}' is as it was released, and its functions stand in cell "
            f"number {others[-1].number} of your notebook: that one was graded."
        )
        return Answer(others[-1], (remark,))

    def has_grade_id(self, wanted: Sequence[Cell]) -> bool:
        """Return True if a cell has the grade_id of one of the lesson's cells."""
        present = {cell.grade_id for cell in self.cells}
        return any(cell.grade_id in present for cell in wanted)

    def _with_id(self, cell_id: Any) -> list[Cell]:
        if not cell_id:
            return []
        return [cell for cell in self.cells if self.raw[cell.number - 1].get("id") == cell_id]

    def _with_functions_of(self, wanted: Cell, *, in_part: bool = False) -> list[Cell]:
        """Return the cells with all functions of a cell, or else those with some of them."""
        names = set(names_defined(wanted.source))
        if not names:
            return []
        found = [
            (cell, functions & names)
            for cell, functions in zip(self.cells, self._functions, strict=True)
            if cell.kind == "code" and functions & names
        ]
        return [cell for cell, own in found if own == names] or [
            cell for cell, own in found if in_part
        ]

    @cached_property
    def _functions(self) -> list[set[str]]:
        return [set(names_defined(cell.source)) for cell in self.cells]


def _parse(content: bytes) -> dict[str, Any]:
    if sum(map(content.count, (b",", b"[", b"{", b"{"))) > MAX_PARTS:
        raise UngradableError(
            f"it has more than {MAX_PARTS:,} values. Ask the student to clear its outputs and hand "
            "it in again."
        )
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise UngradableError(describe_content(content)) from None
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
        raise UngradableError(describe_json(notebook))
    return notebook


def _readable(cell: dict[str, Any]) -> dict[str, Any]:
    """Make a cell readable: parts that are broken become empty."""
    source, metadata = cell.get("source"), cell.get("metadata")
    lines = source if isinstance(source, list) else [source]
    return {
        **cell,
        "source": "".join(line for line in lines if isinstance(line, str)),
        "metadata": metadata if isinstance(metadata, dict) else {},
    }


def _choose(wanted: Cell, candidates: Sequence[Cell], known_by: str) -> Answer:
    """Choose the candidate with most of the wanted functions; of equals, the last one.

    A cell that is as released is chosen only if all are, and an empty one if there is no other.
    """
    changed = [cell for cell in candidates if cell.source.strip() != wanted.source.strip()]
    names = set(names_defined(wanted.source))

    def worth(cell: Cell) -> tuple[int, bool, int]:
        n_functions = len(names.intersection(names_defined(cell.source)))
        return n_functions, bool(cell.source.strip()), cell.number

    best = max(changed or candidates, key=worth)
    remarks = []
    if len({cell.source.strip() for cell in changed}) > 1:
        which = "last one" if best is changed[-1] else f"one in cell number {best.number}"
        remarks.append(
            f"Cell '{wanted.grade_id}' occurs {len(changed)} times with different answers: the "
            f"{which} counts."
        )
    if best.kind != wanted.kind:
        kind = best.kind if best.kind in ("code", "markdown", "raw") else "another"
        remarks.append(f"Cell '{wanted.grade_id}' was a cell of type {kind!r}.")
    return Answer(best, tuple(remarks), known_by)
