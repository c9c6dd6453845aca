"""Rebuild a submission: put the student's answers into the released notebook.

Only cells for answers are taken over, by their ``grade_id``, so that cells deleted, copied, edited,
reordered or added beside them change nothing.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tito.course.notebook import Cell, cells_of
from tito.grading.pages.sanitize import safe_attachments, safe_markdown
from tito.grading.submitted_notebook import SubmittedNotebook, UngradableError

MAX_CHARACTERS: Final = 200_000
"""Length of the longest answer that is read in full."""


@dataclass(frozen=True)
class Rebuilt:
    """The released notebook with a student's answers."""

    notebook: dict[str, Any]
    remarks: tuple[str, ...]
    """Irregularities, in sentences that students may read."""


def rebuild(template: dict[str, Any], submission: bytes) -> Rebuilt:
    """Put a student's answers into the released notebook.

    Raises:
        UngradableError: the submission is no notebook, or has no cell of this lesson.
    """
    submitted = SubmittedNotebook(submission)
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
            "none of its cells belongs to this lesson: it is another notebook, or its metadata was "
            "removed. Ask the student for the notebook of the lesson."
        )
    return Rebuilt(notebook, tuple(remarks))


def _take_over(cell: dict[str, Any], found: Cell, raw: dict[str, Any], remarks: list[str]) -> None:
    """Put one answer into the rebuilt notebook.

    A cell that is as released stays so to the letter: nbgrader compares it by a checksum.
    """
    if found.source.strip() == cell["source"].strip():
        return
    text = found.source.encode("utf-8", "replace").decode()  # lone surrogates cannot be written
    if len(text) > MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS]
        remarks.append(
            f"Cell '{cell['metadata']['nbgrader']['grade_id']}' is longer than "
            f"{MAX_CHARACTERS:,} characters: the rest was cut off."
        )
    if cell["cell_type"] == "markdown":
        attachments = safe_attachments(raw.get("attachments"))
        text = safe_markdown(text, attachments)
        if attachments:
            cell["attachments"] = attachments
    cell["source"] = text
