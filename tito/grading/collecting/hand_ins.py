"""Hand-ins: one student's files for one lesson, and the choice of the notebook that counts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Final

from tito.course.exchange import STAMP
from tito.course.lessons import Lesson, all_lessons
from tito.course.notebook import NotebookError, cells_of, read_cells
from tito.grading.collecting.archives import UnreadFile
from tito.grading.collecting.names import Author, author_of, is_named_after
from tito.grading.course import GradingCourse
from tito.grading.timestamps import parse_time
from tito.jail.plain_files import SubmissionError

_ONLINE_TEXT: Final = "_assignsubmission_onlinetext"


@dataclass
class HandIn:
    """One student's files, not read yet."""

    author: Author
    source: str
    """The ZIP, folder or drop in the exchange that holds the files."""
    files: list[UnreadFile] = field(default_factory=list)
    stamp: datetime | None = None
    """Time of the hand-in, if it is known before the files are read."""
    secret: bytes | None = None
    """Key to the feedback in the exchange."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chosen:
    """The notebook of a hand-in that counts."""

    hand_in: HandIn
    file: UnreadFile
    content: bytes
    stamp: datetime
    time_from: str


def sort_by_student(
    files: list[UnreadFile],
    source: Path,
    lesson: Lesson,
    pattern: re.Pattern[str] | None,
    *,
    alone: bool,
) -> tuple[list[HandIn], list[tuple[str, str]]]:
    """Group files by their authors.

    Returns:
        The hand-ins, and the paths whose author is not known, each with the reason.
    """
    others = {other.id for other in all_lessons()} - {lesson.id}
    found: dict[tuple[str, str], HandIn] = {}
    refused = []
    for file in files:
        if others & set(PurePosixPath(file.path).parts[:-1]) or _ONLINE_TEXT in file.path:
            continue  # of somebody's whole folder; or what Moodle has beside the files
        loose = "/" not in file.path and not file.is_notebook
        try:
            author = author_of(file.path, lesson, pattern, alone=alone)
        except SubmissionError as error:
            if file.is_notebook or (loose and file.problem):
                refused.append((file.path, f"it {file.problem}." if file.problem else str(error)))
            continue
        if loose and not author.lms:  # a list of names, say; but an archive could hold notebooks
            if file.problem:
                refused.append((file.path, f"it {file.problem}."))
            continue
        key = author.id, author.lms.get("participant", author.name)
        found.setdefault(key, HandIn(author, str(source))).files.append(file)
    return list(found.values()), refused


def choose(course: GradingCourse, lesson: Lesson, hand_in: HandIn) -> Chosen:
    """Choose the notebook of a hand-in that counts.

    It is the one with the name of the lesson's notebook, or else the one with cells of the lesson.

    Raises:
        SubmissionError: there is none, or several, or it belongs to another lesson.
    """
    notebooks = [file for file in hand_in.files if file.is_notebook and not file.problem]
    if not notebooks:
        raise SubmissionError(_why_none(hand_in.files))
    named = [file for file in notebooks if is_named_after(file.path, lesson)]
    left = named or notebooks
    if len(left) == 1:
        content = left[0].read()
        problem = _problem_of(content, lesson)
        if problem:
            raise SubmissionError(f"{left[0].path} {problem}.")
    else:
        contents = {file.path: file.read() for file in left}
        left = [file for file in left if not _problem_of(contents[file.path], lesson)]
        if len({contents[file.path] for file in left}) != 1:
            listed = ", ".join(sorted(contents))
            raise SubmissionError(
                f"there are several notebooks ({listed}), of which "
                f"{'more than one' if left else 'none'} has this lesson's cells."
            )
        content = contents[left[0].path]
    stamp, time_from = _time_of(course, lesson, hand_in, left[0])
    return Chosen(hand_in, left[0], content, stamp, time_from)


def choose_latest(course: GradingCourse, lesson: Lesson, hand_ins: list[HandIn]) -> Chosen:
    """Choose the latest usable notebook among one student's hand-ins from several places."""
    chosen, problems = [], []
    for hand_in in hand_ins:
        try:
            chosen.append(choose(course, lesson, hand_in))
        except (SubmissionError, OSError) as error:
            problems.append(error)
    if not chosen:
        raise problems[0]
    return max(chosen, key=lambda each: each.stamp)


def _why_none(files: list[UnreadFile]) -> str:
    problems = [f"{file.path} {file.problem}." for file in files if file.problem]
    if problems:
        return problems[0]
    listed = ", ".join(file.path for file in files[:3])
    return f"there is no notebook among its files ({listed}{', …' if len(files) > 3 else ''})."


def _problem_of(content: bytes, lesson: Lesson) -> str:
    """Return the reason why bytes are no notebook of the lesson; empty if they are one."""
    wanted = {cell.grade_id for cell in read_cells(lesson.release) if cell.is_solution}
    try:
        cells = cells_of(json.loads(content.decode()), lesson.release)
    except (ValueError, RecursionError, NotebookError):
        return "is not a notebook, or is damaged"
    if wanted.isdisjoint(cell.grade_id for cell in cells):
        return f"has no cell of {lesson.id}, so it is another notebook"
    return ""


def _time_of(
    course: GradingCourse, lesson: Lesson, hand_in: HandIn, file: UnreadFile
) -> tuple[datetime, str]:
    """Return the time of a hand-in, and the origin of that time."""
    if hand_in.stamp is not None:
        return hand_in.stamp, "the exchange"
    if hand_in.author.lms.get("kind") == "nbgrader":  # elsewhere students could have put it there
        beside = str(PurePosixPath(*PurePosixPath(file.path).parts[:2], STAMP))
        for other in hand_in.files:
            if other.path == beside and not other.problem:
                try:
                    return parse_time(other.read().decode()), STAMP
                except ValueError:
                    raise SubmissionError(f"{other.path} has no time in it.") from None
    if file.modified is None:
        return datetime.now(UTC), "the clock, when it was collected"
    due = course.settings.due.get(lesson.id)
    if due is not None and hand_in.author.late is not None:
        late = due + timedelta(minutes=course.settings.late.grace_minutes, seconds=1)
        told = max(file.modified, late) if hand_in.author.late else min(file.modified, due)
        return told, "Canvas"
    return file.modified, "the ZIP" if hand_in.source.lower().endswith(".zip") else "the file"
