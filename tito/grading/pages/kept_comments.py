"""Comments that graders keep, to give them again: a table in the course's folder."""

from __future__ import annotations

import csv
import fcntl
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise GradingError(f"{path} cannot be read: {error.strerror}.") from None
    return _parsed(path, content) if content else []


def _parsed(path: Path, content: bytes) -> list[KeptComment]:
    try:
        text = content.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
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
    with _path(course).open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # several graders may keep comments at a time
        file.seek(0)
        content = file.read()
        if not content:
            content = _line(_COLUMNS).encode()
            file.write(content)
        kept = _parsed(_path(course), content)
        if comment.comment not in comments_for(kept, lesson, question):
            if len(kept) >= MAX_COMMENTS:
                raise GradingError(f"{_path(course)} is full: it has {MAX_COMMENTS} comments.")
            line = _line([comment.lesson, comment.question, comment.comment])
            file.write(line.encode() if content.endswith(b"\n") else f"\n{line}".encode())
            kept.append(comment)
    return comments_for(kept, lesson, question)


def _line(values: list[str]) -> str:
    table = io.StringIO(newline="")
    csv.writer(table, lineterminator="\n").writerow(values)
    return table.getvalue()


def _path(course: GradingCourse) -> Path:
    return course.root / NAME
