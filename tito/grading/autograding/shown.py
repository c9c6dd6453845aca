"""The rebuilt notebook with all that the student wrote beside its answers, each in its place."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import Any, Final

from tito.grading.autograding.added import AddedCell
from tito.grading.autograding.rebuild import Rebuilt
from tito.grading.pages.sanitize import literal_markdown, safe_attachments, safe_markdown

ADDED: Final = "added"
"""Tag of cells that students added."""
USED: Final = "used"
"""Tag of added cells from which names were taken for grading; they are run as well."""


def shown_notebook(rebuilt: Rebuilt, used: Collection[int] = ()) -> dict[str, Any]:
    """Return the rebuilt notebook with the added cells.

    Args:
        rebuilt: the submission.
        used: numbers of the added cells from which names were taken for grading.
    """
    notebook = copy.deepcopy(rebuilt.notebook)
    needed = [cell for cell in rebuilt.boxed if cell.number in used]
    for added in sorted((*rebuilt.added, *needed), key=_place_of, reverse=True):
        notebook["cells"].insert(added.place, _cell(added, is_used=added.number in used))
    return notebook


def _place_of(added: AddedCell) -> tuple[int, int]:
    return added.place, added.number


def is_unused(cell: Mapping[str, Any]) -> bool:
    """Return True for a cell that a student added, and that nothing graded uses."""
    tags = cell["metadata"].get("tags", ())
    return ADDED in tags and USED not in tags


def _cell(added: AddedCell, *, is_used: bool) -> dict[str, Any]:
    tags = [ADDED, USED] if is_used else [ADDED]
    cell: dict[str, Any] = {"id": f"added-{added.number}", "metadata": {"tags": tags}}
    text = added.source.encode("utf-8", "replace").decode()
    if added.kind == "code" and (is_used or not added.changed):
        return {**cell, "cell_type": "code", "source": text, "outputs": [], "execution_count": None}
    attachments = safe_attachments(added.attachments)
    words = added.kind == "markdown" and not added.changed
    body = text if words else literal_markdown(text)
    notice = f"*({added.label}; it is not of the lesson:)*"
    source = safe_markdown(f"{notice}\n\n{body}", attachments)
    pictures = {"attachments": attachments} if attachments else {}
    return {**cell, "cell_type": "markdown", "source": source, **pictures}
