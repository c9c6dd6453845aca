"""Answers in words that stand outside of their boxes: put into them, for the person who marks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tito.course.notebook import Cell
from tito.grading.autograding.added import AddedCell
from tito.grading.pages.sanitize import literal_markdown, safe_attachments, safe_markdown

_MOST_NAMED: Final = 5
_PICTURE_NAME: Final = re.compile(r"[^\s()<>]+")
_PICTURE: Final = re.compile(rf"attachment:(?P<name>{_PICTURE_NAME.pattern})")
_NEAR: Final = 2
"""Number of released cells, at most, between words and an empty box below them."""


def empty_boxes(notebook: Mapping[str, Any], template: Sequence[Cell]) -> list[int]:
    """Return the places of the boxes for words in which nothing was written."""
    return [
        place
        for place, cell in enumerate(template)
        if _is_box(cell) and notebook["cells"][place]["source"].strip() == cell.source.strip()
    ]


def unclear_boxes(
    added: Sequence[AddedCell], notebook: Mapping[str, Any], template: Sequence[Cell]
) -> tuple[str, ...]:
    """Return the empty boxes of a notebook in which words stand elsewhere.

    A person has to look at them: the words may be their answers.
    """
    if all(cell.kind == "code" for cell in added):
        return ()
    return tuple(template[place].grade_id for place in empty_boxes(notebook, template))


def box_of(added: AddedCell, template: Sequence[Cell], empty: Sequence[int]) -> int | None:
    """Return the place of the empty box that an added cell may belong to; None if there is none.

    It is the box that begins where the cell stands, or the last one above, or one closely below.
    """
    if added.place in empty:
        return added.place
    above = [n for n, cell in enumerate(template[: added.place]) if _is_box(cell)]
    if above and above[-1] in empty:
        return above[-1]
    below = range(added.place, min(added.place + _NEAR, len(template)))
    return next((place for place in below if place in empty), None)


def fill_box(cell: dict[str, Any], words: Sequence[AddedCell]) -> str:
    """Write words into an empty box; return the remark about it.

    nbgrader asks a person for the points of any box that is not as it was released.
    """
    attachments: dict[str, Any] = {}
    parts = []
    # A long text is cut: code, which is rarely the answer, must not push words out.
    for added in sorted(words, key=lambda each: each.kind == "code"):
        text = literal_markdown(added.source) if added.kind == "code" else added.source
        text, pictures = _with_own_pictures(added, text)
        attachments |= pictures
        place = f"*(Cell number {added.number} of the notebook, outside of the box:)*"
        parts.append(f"{place}\n\n{text}")
    cell["source"] = safe_markdown("\n\n".join(parts), attachments)
    if attachments:
        cell["attachments"] = attachments
    numbers = ", ".join(str(added.number) for added in words[:_MOST_NAMED])
    name = cell["metadata"]["nbgrader"]["grade_id"]
    return (
        f"The box '{name}' is empty, and cell number {numbers} of your notebook stands beside it: "
        "its text was put into the box, and a person decides."
    )


def _with_own_pictures(added: AddedCell, text: str) -> tuple[str, dict[str, Any]]:
    """Return text and pictures of a cell, under names that no other cell's pictures have.

    Jupyter names the first picture of each cell ``image.png``.
    """
    pictures = safe_attachments(added.attachments)

    def renamed(found: re.Match[str]) -> str:
        name = found["name"]
        return f"attachment:{added.number}-{name}" if name in pictures else found[0]

    own = {
        f"{added.number}-{name}" if _PICTURE_NAME.fullmatch(name) else name: picture
        for name, picture in pictures.items()
    }
    return _PICTURE.sub(renamed, text), own


def _is_box(cell: Cell) -> bool:
    return cell.is_solution and cell.kind == "markdown"
