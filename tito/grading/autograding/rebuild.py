"""The submission rebuilt: the released notebook, with the student's answers put into it.

Only cells that the student was to write are taken over, by their ``grade_id``: it does not matter
what was deleted, copied, edited, reordered or added beside them. Nothing here parses code: what
strangers wrote can bring Python's parser down, and this process with it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from recsys_edu.errors import RecsysError
from recsys_edu.exported import names_defined
from tito.course.notebook import Cell, cells_of
from tito.grading.pages.sanitize import safe_attachments, safe_markdown

MAX_CHARACTERS: Final = 200_000
"""Of one answer."""
MAX_CELLS: Final = 10_000


class UngradableError(RecsysError, ValueError):
    """Nothing of the submission can be graded; the message says why."""


@dataclass(frozen=True)
class Rebuilt:
    """The released notebook with a student's answers."""

    notebook: dict[str, Any]
    remarks: tuple[str, ...]
    """What was not as it should be, in sentences that students may read."""


def rebuild(template: dict[str, Any], submission: bytes) -> Rebuilt:
    """Put a student's answers into the released notebook.

    Raises:
        UngradableError: it is no notebook, or has no cell of this lesson.
    """
    submitted = _Submitted(_parsed(submission))
    notebook = copy.deepcopy(template)
    remarks: list[str] = []
    n_found = 0
    for cell, view in zip(notebook["cells"], cells_of(template, Path("release")), strict=True):
        cell["source"] = view.source
        if not view.is_solution:
            continue
        found = submitted.find(view, cell.get("id"))
        if found is None:
            remarks.append(f"There is no cell '{view.grade_id}': it counts as not written.")
            continue
        n_found += 1
        remarks += found.remarks
        _take_over(cell, found.cell, submitted.raw[found.cell.number - 1], remarks)
    if not n_found:
        raise UngradableError(
            "none of its cells belongs to this lesson: it is another notebook, or all that marks "
            "the lesson's cells was removed. Ask the student for the notebook of the lesson."
        )
    return Rebuilt(notebook, tuple(remarks))


@dataclass(frozen=True)
class _Found:
    cell: Cell
    remarks: list[str]


class _Submitted:
    """The cells that were handed in, and how to find one."""

    def __init__(self, content: dict[str, Any]) -> None:
        cells = content.get("cells")
        if not isinstance(cells, list) or content.get("nbformat") != 4:
            raise UngradableError("it is not a notebook of format 4.")
        if len(cells) > MAX_CELLS:
            raise UngradableError(f"it has more than {MAX_CELLS:,} cells.")
        self.raw = [_mended(cell) for cell in cells if isinstance(cell, dict)]
        self.cells = cells_of({"nbformat": 4, "cells": self.raw}, Path("the submission"))

    def find(self, wanted: Cell, cell_id: Any) -> _Found | None:
        """The cell with the answer to one of the lesson's; None where there is none."""
        ways: list[tuple[Sequence[Cell], str]] = [
            ([c for c in self.cells if c.grade_id == wanted.grade_id], ""),
            (
                [c for c in self.cells if cell_id and self.raw[c.number - 1].get("id") == cell_id],
                "its metadata was lost, and it was recognised by its cell's id",
            ),
            (list(self._by_functions(wanted)), "it was recognised by the functions in it"),
        ]
        for candidates, how in ways:
            if candidates:
                return self._best(wanted, candidates, how)
        return None

    def _by_functions(self, wanted: Cell) -> Iterator[Cell]:
        names = set(names_defined(wanted.source))
        for cell in self.cells:
            if cell.kind == "code" and names and names <= set(names_defined(cell.source)):
                yield cell

    @staticmethod
    def _best(wanted: Cell, candidates: Sequence[Cell], how: str) -> _Found:
        """Of several, the last that is not as it was released."""
        changed = [cell for cell in candidates if cell.source.strip() != wanted.source.strip()]
        best = (changed or list(candidates))[-1]
        remarks = [f"Cell '{wanted.grade_id}': {how}."] if how else []
        if len({cell.source.strip() for cell in changed}) > 1:
            remarks.append(
                f"Cell '{wanted.grade_id}' is there {len(changed)} times, with different answers: "
                "the last one counts."
            )
        if best.kind != wanted.kind:
            kind = best.kind if best.kind in ("code", "markdown", "raw") else "another"
            remarks.append(f"Cell '{wanted.grade_id}' was a cell of type {kind!r}.")
        return _Found(best, remarks)


def _mended(cell: dict[str, Any]) -> dict[str, Any]:
    """A cell that can be read; what is broken in it is empty."""
    source, metadata = cell.get("source"), cell.get("metadata")
    lines = source if isinstance(source, list) else [source]
    return {
        **cell,
        "source": "".join(line for line in lines if isinstance(line, str)),
        "metadata": metadata if isinstance(metadata, dict) else {},
    }


def _parsed(submission: bytes) -> dict[str, Any]:
    try:
        content = json.loads(submission.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise UngradableError(
            "it is not a notebook: it is not JSON. Ask the student to open it in Jupyter, save it "
            "and hand it in again."
        ) from None
    if isinstance(content, dict) and content.get("nbformat") in (1, 2, 3):
        raise UngradableError(
            "it is a notebook of an old format: open it in Jupyter, which converts it, and save it."
        )
    if not isinstance(content, dict):
        raise UngradableError("it is not a notebook.")
    return content


def _take_over(cell: dict[str, Any], found: Cell, raw: dict[str, Any], remarks: list[str]) -> None:
    """Put one answer into the rebuilt notebook.

    One that is as released stays so to the letter: nbgrader knows by a checksum that it is none.
    """
    if found.source.strip() == cell["source"].strip():
        return
    text = found.source.encode("utf-8", "replace").decode()  # lone surrogates cannot be written
    if len(text) > MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS]
        remarks.append(
            f"Cell '{cell['metadata']['nbgrader']['grade_id']}' is longer than "
            f"{MAX_CHARACTERS:,} characters: what comes after them was cut off."
        )
    if cell["cell_type"] == "markdown":
        attachments = safe_attachments(raw.get("attachments"))
        text = safe_markdown(text, attachments)
        if attachments:
            cell["attachments"] = attachments
    cell["source"] = text
