"""What one student handed in for one lesson, wherever it came from: which file of it counts."""

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
from tito.grading.collecting.archives import Found
from tito.grading.collecting.names import Who, is_named_after, student_of
from tito.grading.course import GradingCourse
from tito.grading.timestamps import parse_time
from tito.jail.plain_files import SubmissionError

_ONLINE_TEXT: Final = "_assignsubmission_onlinetext"


@dataclass
class HandIn:
    """One student's files, not read yet."""

    who: Who
    source: str
    """What they were found in: a ZIP, a folder, a drop in the exchange."""
    files: list[Found] = field(default_factory=list)
    stamp: datetime | None = None
    """When it was handed in, where that is known before the files are looked at."""
    secret: bytes | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chosen:
    """The notebook that counts."""

    hand_in: HandIn
    file: Found
    content: bytes
    stamp: datetime
    time_from: str


def sort_by_student(
    files: list[Found],
    source: Path,
    lesson: Lesson,
    pattern: re.Pattern[str] | None,
    *,
    alone: bool,
) -> tuple[list[HandIn], list[tuple[str, str]]]:
    """Whose each file is; and for the paths of which that cannot be told, why not."""
    others = {other.id for other in all_lessons()} - {lesson.id}
    found: dict[tuple[str, str], HandIn] = {}
    refused = []
    for file in files:
        if others & set(PurePosixPath(file.path).parts[:-1]) or _ONLINE_TEXT in file.path:
            continue  # of somebody's whole folder; or what Moodle has beside the files
        loose = "/" not in file.path and not file.is_notebook
        try:
            who = student_of(file.path, lesson, pattern, alone=alone)
        except SubmissionError as error:
            if file.is_notebook or (loose and file.problem):
                refused.append((file.path, file.problem or str(error)))
            continue
        if loose and not who.lms:  # a list of names, say; but an archive could hold notebooks
            if file.problem:
                refused.append((file.path, file.problem))
            continue
        key = who.id, who.lms.get("participant", who.name)
        found.setdefault(key, HandIn(who, str(source))).files.append(file)
    return list(found.values()), refused


def choose(course: GradingCourse, lesson: Lesson, hand_in: HandIn) -> Chosen:
    """The notebook of a hand-in that counts.

    It is the one that is called as the lesson's; else the one with cells of the lesson.

    Raises:
        SubmissionError: there is none, or several, or it is none of this lesson.
    """
    notebooks = [file for file in hand_in.files if file.is_notebook and not file.problem]
    if not notebooks:
        raise SubmissionError(_why_none(hand_in.files))
    named = [file for file in notebooks if is_named_after(file.path, lesson)]
    left = named or notebooks
    if len(left) == 1:
        content = left[0].read()
        problem = _problem(content, lesson)
        if problem:
            raise SubmissionError(f"{left[0].path} {problem}")
    else:
        contents = {file.path: file.read() for file in left}
        left = [file for file in left if not _problem(contents[file.path], lesson)]
        if len({contents[file.path] for file in left}) != 1:
            listed = ", ".join(sorted(contents))
            raise SubmissionError(
                f"several notebooks ({listed}), of which {'more than one' if left else 'none'} has "
                "this lesson's cells"
            )
        content = contents[left[0].path]
    stamp, time_from = _time(course, lesson, hand_in, left[0])
    return Chosen(hand_in, left[0], content, stamp, time_from)


def choose_latest(course: GradingCourse, lesson: Lesson, hand_ins: list[HandIn]) -> Chosen:
    """The same of one student's files from several places: the latest that can be used."""
    chosen, problems = [], []
    for hand_in in hand_ins:
        try:
            chosen.append(choose(course, lesson, hand_in))
        except (SubmissionError, OSError) as error:
            problems.append(error)
    if not chosen:
        raise problems[0]
    return max(chosen, key=lambda each: each.stamp)


def _why_none(files: list[Found]) -> str:
    problems = [f"{file.path} {file.problem}" for file in files if file.problem]
    if problems:
        return problems[0]
    listed = ", ".join(file.path for file in files[:3])
    return f"no notebook; what is there is {listed}{', …' if len(files) > 3 else ''}"


def _problem(content: bytes, lesson: Lesson) -> str:
    """Why the bytes are no notebook of the lesson; empty where they are one."""
    wanted = {cell.grade_id for cell in read_cells(lesson.release) if cell.is_solution}
    try:
        cells = cells_of(json.loads(content.decode()), lesson.release)
    except (ValueError, RecursionError, NotebookError):
        return "is not a notebook, or a damaged one"
    if wanted.isdisjoint(cell.grade_id for cell in cells):
        return f"has no cell of {lesson.id}: it is another notebook"
    return ""


def _time(
    course: GradingCourse, lesson: Lesson, hand_in: HandIn, file: Found
) -> tuple[datetime, str]:
    """When it was handed in, and what says so."""
    if hand_in.stamp is not None:
        return hand_in.stamp, "the exchange"
    if hand_in.who.lms.get("kind") == "nbgrader":  # elsewhere students could have put it there
        beside = str(PurePosixPath(*PurePosixPath(file.path).parts[:2], STAMP))
        for other in hand_in.files:
            if other.path == beside and not other.problem:
                try:
                    return parse_time(other.read().decode()), STAMP
                except ValueError:
                    raise SubmissionError(f"{other.path} says no time") from None
    if file.modified is None:
        return datetime.now(UTC), "the clock, when it was collected"
    due = course.settings.due.get(lesson.id)
    if due is not None and hand_in.who.late is not None:
        late = due + timedelta(minutes=course.settings.late.grace_minutes, seconds=1)
        told = max(file.modified, late) if hand_in.who.late else min(file.modified, due)
        return told, "Canvas"
    return file.modified, "the ZIP" if hand_in.source.lower().endswith(".zip") else "the file"
