"""Rebuild a submission: put the student's answers into the released notebook.

Only cells for answers are taken over, by their ``grade_id``, so that cells deleted, copied, edited,
reordered or added beside them change nothing. What else a student wrote is kept beside them, to be
shown.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tito.course.notebook import Cell, cells_of
from tito.grading.autograding.added import AddedCell, added_cells, shortened
from tito.grading.autograding.boxes import box_of, empty_boxes, fill_box
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
    added: tuple[AddedCell, ...] = ()
    """Text that is in none of the notebook's cells."""
    boxed: tuple[AddedCell, ...] = ()
    """Code that was put into empty boxes as text; functions may need its names all the same."""

    @property
    def code(self) -> tuple[AddedCell, ...]:
        """Cells that were added or changed, with the code in boxes, in the student's order."""
        return tuple(sorted((*self.added, *self.boxed), key=lambda cell: cell.number))


def rebuild(template: dict[str, Any], submission: bytes) -> Rebuilt:
    """Put a student's answers into the released notebook.

    Raises:
        UngradableError: the submission is no notebook, or has no cell of this lesson.
    """
    submitted = SubmittedNotebook(submission)
    released = cells_of(template, Path("release"))
    notebook = copy.deepcopy(template)
    remarks: list[str] = []
    missing: dict[int, str] = {}
    answers: dict[int, int] = {}
    known_by: dict[str, list[str]] = {}
    for place, (cell, view) in enumerate(zip(notebook["cells"], released, strict=True)):
        cell["source"] = view.source
        if not view.is_solution:
            continue
        found = submitted.find(view, cell.get("id"))
        if found is None:
            missing[place] = f"There is no cell '{view.grade_id}': it counts as not written."
            continue
        answers[found.cell.number] = place
        remarks += found.remarks
        known_by.setdefault(found.known_by, []).append(view.grade_id)
        _take_over(cell, found.cell, submitted.raw[found.cell.number - 1], remarks)
    if not answers:
        raise UngradableError(
            "none of its cells belongs to this lesson: it is another notebook, or its metadata was "
            "removed. Ask the student for the notebook of the lesson."
        )
    ids = [cell.get("id") for cell in template["cells"]]
    added = added_cells(released, ids, submitted.cells, submitted.raw, answers)
    others, filled = _filled_boxes(notebook, released, added)
    shown, n_more = shortened(others)
    if not others and not any(
        cell["source"] != view.source
        for cell, view in zip(notebook["cells"], released, strict=True)
    ):
        remarks.append("Nothing was written: all answers are as they were released.")
    outside = {cell.number for cell in others}
    code = [cell for cell in added if cell.kind == "code" and cell.number not in outside]
    boxed, _ = shortened(code)
    recognised = _recognised(known_by)
    said = (*recognised, *remarks, *(missing | filled).values(), *_remarks(shown, n_more))
    return Rebuilt(notebook, said, tuple(shown), tuple(boxed))


def _recognised(names: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a sentence for each part of cells by which they were recognised without a name."""
    return [
        f"Cells without their names were recognised by their {known_by}: {', '.join(cells)}."
        for known_by, cells in names.items()
        if known_by
    ]


def _filled_boxes(
    notebook: dict[str, Any], released: Sequence[Cell], added: Sequence[AddedCell]
) -> tuple[list[AddedCell], dict[int, str]]:
    """Write what stands beside an empty box into it; return all other cells, and remarks."""
    empty = empty_boxes(notebook, released)
    by_box: dict[int, list[AddedCell]] = {}
    others = []
    for cell in added:
        box = box_of(cell, released, empty)
        if box is None:
            others.append(cell)
        else:
            by_box.setdefault(box, []).append(cell)
    return others, {box: fill_box(notebook["cells"][box], words) for box, words in by_box.items()}


def _remarks(shown: Sequence[AddedCell], n_more: int) -> list[str]:
    remarks = [
        f"{cell.label}: "
        + (
            "the lesson's own counts, and the lines that differ are shown below it."
            if cell.changed
            else "it is shown in its place."
        )
        for cell in shown
    ]
    if n_more:
        remarks.append(
            f"{n_more:,} more cells of your notebook are not of the lesson, and are not shown: the "
            "file that was handed in has them."
        )
    return remarks


def _take_over(
    cell: dict[str, Any], found: Cell, raw: Mapping[str, Any], remarks: list[str]
) -> None:
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
