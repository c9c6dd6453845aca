"""Parts of a submission that answer none of the lesson's cells: kept, to be shown to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tito.course.notebook import Cell

MAX_CELLS: Final = 100
"""Number of added cells that are shown."""
MAX_CHARACTERS: Final = 400_000
"""Length of all added cells that are shown."""
LONG_TEXT: Final = 40
"""Length from which a released text is recognised though a student has written on below it."""


@dataclass(frozen=True)
class AddedCell:
    """A cell, or the changed lines of a released one, that answers no cell of the lesson."""

    number: int
    """Place in the submission, counted from 1."""
    place: int
    """Number of released cells that stand above it."""
    kind: str
    source: str
    """Text; of a released cell that was changed, the lines that differ."""
    changed: str = ""
    """Name of the released cell that was changed; empty for a cell that was added."""
    attachments: Any = None
    """Pictures as they were handed in."""

    @property
    def label(self) -> str:
        """Name in remarks, the beginning of a sentence."""
        if self.changed:
            return f"Cell '{self.changed}' (number {self.number} of your notebook) was changed"
        return f"Cell number {self.number} of your notebook was added"


def added_cells(
    template: Sequence[Cell],
    ids: Sequence[Any],
    submitted: Sequence[Cell],
    raw: Sequence[dict[str, Any]],
    answers: Mapping[int, int],
) -> list[AddedCell]:
    """Return all that a submission holds beside its answers and the released text.

    Args:
        template: the released cells.
        ids: their cells' ids.
        submitted: the cells that were handed in.
        raw: the same as JSON objects.
        answers: place in the template of each submitted cell that was taken as an answer, by its
            number.
    """
    known = _Template(template, ids)
    taken = {cell.source.strip() for cell in submitted if cell.number in answers}
    found: list[AddedCell] = []
    above = 0
    for cell, json_cell in zip(submitted, raw, strict=True):
        place = answers.get(cell.number)
        if place is None:
            place = known.place_of(cell, json_cell.get("id"), above)
        above = above if place is None else place + 1
        if cell.number in answers or cell.source.strip() in taken or known.has_text(cell.source):
            continue
        own, changed = cell.source.strip(), ""
        if place is not None and not template[place].is_solution:
            own, changed = _own_lines(cell, template[place]), known.name_of(place)
        if own:
            attachments = json_cell.get("attachments")
            found.append(AddedCell(cell.number, above, cell.kind, own, changed, attachments))
    return found


def shortened(added: Sequence[AddedCell]) -> tuple[list[AddedCell], int]:
    """Return the added cells that are shown, and the number of those that are too many.

    A cell that is too long is left out alone; those behind it may still be short enough.
    """
    shown: list[AddedCell] = []
    left = MAX_CHARACTERS
    for cell in added:
        if len(shown) < MAX_CELLS and len(cell.source) <= left:
            left -= len(cell.source)
            shown.append(cell)
    return shown, len(added) - len(shown)


class _Template:
    """The released cells, to be found by name, by id and by their text."""

    def __init__(self, cells: Sequence[Cell], ids: Sequence[Any]) -> None:
        self._cells = cells
        self._names = {cell.grade_id: n for n, cell in enumerate(cells) if cell.grade_id}
        self._ids = {str(name): n for n, name in enumerate(ids) if name}
        self._texts: dict[str, list[int]] = {}
        for n, cell in enumerate(cells):
            self._texts.setdefault(_normalized(cell.source), []).append(n)

    def place_of(self, cell: Cell, cell_id: Any, above: int) -> int | None:
        """Return the place of the released cell that a cell was; None if it was added.

        Without names and ids, which some editors remove, the text decides. Of several released
        cells with the same text, such as empty boxes, it is the next one below ``above`` others.
        """
        by_id = self._ids.get(cell_id) if isinstance(cell_id, str) else None
        by_name = self._names.get(cell.grade_id, by_id)
        if by_name is not None:
            return by_name
        text = _normalized(cell.source)
        places = self._texts.get(text, []) or self._continued(text)
        return next((place for place in places if place >= above), places[-1] if places else None)

    def _continued(self, text: str) -> list[int]:
        """Return the places of the longest released text that a text begins with."""
        begun = [
            known for known in self._texts if len(known) >= LONG_TEXT and text.startswith(known)
        ]
        return self._texts[max(begun, key=len)] if begun else []

    def has_text(self, source: str) -> bool:
        text = _normalized(source)
        return not text or text in self._texts

    def name_of(self, place: int) -> str:
        return self._cells[place].grade_id or f"number {place + 1} of the lesson"


def _normalized(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _own_lines(cell: Cell, released: Cell) -> str:
    """Return the lines of a changed cell that the released one does not have."""
    before = {line.strip() for line in released.source.splitlines()}
    lines = [line.rstrip() for line in cell.source.splitlines()]
    return "\n".join(line for line in lines if line.strip() and line.strip() not in before)
