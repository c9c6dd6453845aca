"""Contents of the gradebook about a submission, as pages need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tito.grading.marks.marks import CellPoints


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
    cells = [
        CellPoints(
            cell=grade.name,
            auto=grade.auto_score,
            manual=grade.manual_score,
            extra=grade.extra_credit,
            score=float(grade.score),
            maximum=float(grade.max_score),
            needs_manual=bool(grade.needs_manual_grade),
        )
        for book in submission.notebooks
        for grade in book.grades
    ]
    return Entered(
        cells=tuple(sorted(cells, key=lambda cell: cell.cell)),
        comments={
            comment.name: comment.comment
            for book in submission.notebooks
            for comment in book.comments
            if comment.comment
        },
        penalty=float(submission.late_submission_penalty or 0.0),
        seconds_late=float(submission.total_seconds_late),
    )
