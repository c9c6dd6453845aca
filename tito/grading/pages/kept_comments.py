"""Comments that graders keep, to give them again: a table in the course's folder."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recsys_edu.atomic import atomic_path
from tito.grading.course import GradingCourse, GradingError
from tito.grading.pages.sanitize import plain_text

NAME: Final = "comments.csv"
MAX_COMMENTS: Final = 1000
"""Largest number of comments in the table."""
_COLUMNS: Final = ["lesson", "question", "comment"]


@dataclass(frozen=True)
class KeptComment:
    """One comment, as plain text on one line."""

    lesson: str
    question: str
    """Name of the question; empty for all questions of the lesson."""
    comment: str


def read_comments(course: GradingCourse) -> list[KeptComment]:
    """Return the comments that are kept; none if there is no table.

    Raises:
        GradingError: the table cannot be read.
    """
    path = _path(course)
    if not path.is_file():
        return []
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise GradingError(f"{path} cannot be read: {error}.") from None
    if rows[:1] != [_COLUMNS]:
        raise GradingError(f"{path} has to begin with the line {','.join(_COLUMNS)}.")
    kept = []
    for number, row in enumerate(rows[1:], start=2):
        if row and len(row) != len(_COLUMNS):
            raise GradingError(f"{path}, row {number}: three columns are expected, not {len(row)}.")
        if row and row[2].strip():
            kept.append(KeptComment(row[0].strip(), row[1].strip(), plain_text(row[2])))
    return kept


def comments_for(kept: list[KeptComment], lesson: str, question: str) -> list[str]:
    """Return the comments that are offered at a question."""
    return [
        each.comment for each in kept if each.lesson == lesson and each.question in ("", question)
    ]


def keep_comment(course: GradingCourse, lesson: str, question: str, text: str) -> list[str]:
    """Add a comment to the table, once; return all that are offered at the question.

    Raises:
        GradingError: the comment is empty, the table is full, or it cannot be read.
    """
    comment = KeptComment(lesson, question, plain_text(text))
    if not comment.comment:
        raise GradingError("write a comment first: an empty one is not kept.")
    kept = read_comments(course)
    if comment.comment not in comments_for(kept, lesson, question):
        if len(kept) >= MAX_COMMENTS:
            raise GradingError(f"{_path(course)} is full: it has {MAX_COMMENTS} comments.")
        kept.append(comment)
        _write(course, kept)
    return comments_for(kept, lesson, question)


def _write(course: GradingCourse, kept: list[KeptComment]) -> None:
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([each.lesson, each.question, each.comment] for each in kept)
    with atomic_path(_path(course)) as unfinished:
        unfinished.write_text(table.getvalue(), encoding="utf-8")


def _path(course: GradingCourse) -> Path:
    return course.root / NAME
