"""Contents of the gradebook about a submission, as pages need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tito.grading.marks.marks import CellPoints, points_of_cells


@dataclass(frozen=True)
class Entered:
    """Contents of the gradebook about a submission."""

    cells: tuple[CellPoints, ...]
    comments: Mapping[str, str]
    """Comments by cell; empty ones are left out."""
    penalty: float
    seconds_late: float


def entered_of(submission: Any) -> Entered:
    """Return the contents about a submission of nbgrader's gradebook, which is open."""
    return Entered(
        cells=points_of_cells(submission),
        comments={
            comment.name: comment.comment
            for book in submission.notebooks
            for comment in book.comments
            if comment.comment
        },
        penalty=float(submission.late_submission_penalty or 0.0),
        seconds_late=float(submission.total_seconds_late),
    )
