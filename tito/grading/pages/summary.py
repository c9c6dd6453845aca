"""Summary of a graded submission, as a student reads it: one row for each part with points."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from tito.course.notebook import Cell
from tito.grading.autograding.marking import CellMark
from tito.grading.autograding.outcome import Outcome
from tito.grading.autograding.shown import ADDED
from tito.grading.marks.marks import CellPoints
from tito.grading.pages.entered import Entered
from tito.grading.pages.render import format_count, format_points

_HEADING: Final = re.compile(r"^##[ \t]+(.+)$", re.MULTILINE)
_QUESTION: Final = re.compile(r"^\*\*(.+?)\*\*", re.MULTILINE)


class State(Enum):
    """State of a part; the value names its style."""

    FULL = "full"
    SOME = "some"
    NONE = "none"
    WAITING = "waiting"

    @property
    def label(self) -> str:
        """Words for the state, so that colour says nothing alone."""
        return _LABELS[self]


_LABELS: Final = {
    State.FULL: "✓ All points",
    State.SOME: "◐ Some points",
    State.NONE: "✗ No points",
    State.WAITING: "… A person still marks this",
}


@dataclass(frozen=True)
class Row:
    """One part of the lesson with points."""

    anchor: str
    """Id of its cell in the page."""
    name: str
    """Function or question."""
    part: str
    """Heading above it; empty if there is none."""
    points: float | None
    """Points earned; None while a person has to give them."""
    maximum: float
    state: State
    sentences: tuple[str, ...]
    """Reasons, and what the tests ask."""
    commented: bool


@dataclass(frozen=True)
class Summary:
    """Points of a submission, with their reasons."""

    rows: tuple[Row, ...]
    score: float
    """Points that count, after the penalty."""
    maximum: float
    penalty: float
    late: str
    """Sentence about a late hand-in; empty for one in time."""
    notes: tuple[str, ...]
    """Sentences about the whole submission: what was irregular, and what was not graded."""

    @property
    def waiting(self) -> int:
        """Number of parts that a person still marks."""
        return sum(row.state is State.WAITING for row in self.rows)


def summarize(cells: Sequence[Cell], entered: Entered, outcome: Outcome | None) -> Summary:
    """Return the summary of a submission.

    Args:
        cells: cells of the autograded notebook.
        entered: contents of the gradebook.
        outcome: outcome of the tests; None if it was not kept. Only what students may read is used.
    """
    marks = {mark.grade_id: mark for mark in outcome.marks} if outcome else {}
    points = {each.cell: each for each in entered.cells}
    titles = dict(titles_of(cells))
    rows = tuple(
        _row(cell, titles[cell.grade_id], points[cell.grade_id], marks.get(cell.grade_id), entered)
        for cell in cells
        if cell.grade_id in points
    )
    return Summary(
        rows,
        score=max(sum(each.score for each in entered.cells) - entered.penalty, 0.0),
        maximum=sum(each.maximum for each in entered.cells),
        penalty=entered.penalty,
        late=_late(entered),
        notes=tuple(outcome.remarks) if outcome else (),
    )


def titles_of(cells: Sequence[Cell]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the name of each cell that nbgrader knows, with its title and the heading above it."""
    heading = question = ""
    for cell in cells:
        if cell.grade_id:
            words = cell.grade_id.removeprefix("test_")
            asked = cell.kind == "markdown" and cell.is_graded
            title = question or words.replace("_", " ") if asked else words
            yield cell.grade_id, (title, heading)
        elif cell.kind == "markdown" and ADDED not in cell.tags:
            found = _HEADING.findall(cell.source)
            heading = found[-1].strip() if found else heading
            bold = _QUESTION.findall(cell.source)
            question = bold[0].rstrip(".: ") if bold else ""


def _row(
    cell: Cell, title: tuple[str, str], points: CellPoints, mark: CellMark | None, entered: Entered
) -> Row:
    name, part = title
    return Row(
        anchor=cell.grade_id,
        name=name,
        part=part,
        points=None if points.needs_manual else points.score,
        maximum=points.maximum,
        state=_state(points),
        sentences=tuple(_reasons(cell, points, mark)),
        commented=bool(entered.comments.get(cell.grade_id)) and cell.is_solution,
    )


def _state(points: CellPoints) -> State:
    if points.needs_manual:
        return State.WAITING
    if points.score >= points.maximum:
        return State.FULL
    return State.SOME if points.score > 0 else State.NONE


def _reasons(cell: Cell, points: CellPoints, mark: CellMark | None) -> Iterator[str]:
    """Yield sentences about points: first a person's decision, then what the tests found."""
    if points.manual is not None and not cell.is_solution:
        yield f"A person gave {format_points(points.score)} points, which count."
    elif cell.is_solution and points.auto is not None and points.manual is None:
        yield "Nothing was written here."
    if points.extra:
        yield f"{format_points(points.extra)} of the points are extra credit."
    if mark is None:
        return
    if mark.message:
        yield _sentence("" if mark.passed else "Tests: ", mark.message)
    if mark.criterion:
        yield _sentence("Passed: " if mark.passed else "Required: ", mark.criterion)


def _sentence(start: str, text: str) -> str:
    return f"{start}{text}" if start else text[:1].upper() + text[1:]


def _late(entered: Entered) -> str:
    if entered.seconds_late <= 0:
        return ""
    cost = (
        f"{format_points(entered.penalty)} points are taken off"
        if entered.penalty
        else "no points are taken off"
    )
    return f"Handed in {_duration(entered.seconds_late)} after the due date: {cost}."


def _duration(seconds: float) -> str:
    minutes = max(round(seconds / 60), 1)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    shown = [(days, "day"), (hours, "hour")] if days else [(hours, "hour"), (rest, "minute")]
    return " ".join(format_count(number, noun) for number, noun in shown if number)
