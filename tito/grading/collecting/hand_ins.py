"""Hand-ins: one student's files for one lesson, and the choice of the notebook that counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Final

from tito.course.exchange import STAMP
from tito.course.lessons import Lesson, all_lessons
from tito.grading.collecting.archives import CROWDED, UnreadFile
from tito.grading.collecting.candidates import best_of, candidates_in, why_none_is_best
from tito.grading.collecting.names import (
    Author,
    author_of,
    is_misnamed,
    is_named_after,
    is_named_by_lms,
)
from tito.grading.course import GradingCourse
from tito.grading.failures import describe_failure
from tito.grading.timestamps import parse_time
from tito.jail.plain_files import SubmissionError

MAX_FILES: Final = 2_000
"""Number of files in one hand-in."""


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
    problem: str = ""
    """Reason why it is refused, whatever its files are; empty without one."""
    on_roster: bool = False
    """True if the roster says whose it is."""


@dataclass(frozen=True)
class Chosen:
    """The notebook of a hand-in that counts."""

    hand_in: HandIn
    file: UnreadFile
    content: bytes
    stamp: datetime
    time_from: str
    others: tuple[str, ...] = ()
    """Paths of other notebooks in which something is written, or that cannot be read."""
    is_empty: bool = False
    """True if nothing is written in any of the lesson's cells for answers."""
    passed_over: tuple[tuple[str, str], ...] = ()
    """Paths in other hand-ins of the student that might have counted, each with the reason."""


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
    found: dict[tuple[str, str, str], HandIn] = {}
    refused = []
    for file in files:
        if not alone and is_of_another_lesson(file.path, lesson):
            continue  # of somebody's whole folder
        loose = "/" not in file.path and not file.is_notebook
        try:
            author = author_of(file.path, lesson, pattern, alone=alone)
        except Exception as error:  # one path never stops the others
            if file.is_notebook or (loose and file.problem):
                reason = f"it {file.problem}." if file.problem else describe_failure(error)
                refused.append((file.path, reason))
            continue
        if loose and not author.lms:  # a list of names, say; but an archive could hold notebooks
            if file.problem:
                refused.append((file.path, f"it {file.problem}."))
            continue
        attempt = author.time.isoformat() if author.time else ""
        hand_in = found.setdefault(
            (author.id, author.told_apart_by, attempt), HandIn(author, str(source))
        )
        if "folder" in author.lms:  # Moodle's folder of files, not that of its online text
            hand_in.author = author
        hand_in.files.append(file)
    return list(found.values()), refused


def is_of_another_lesson(path: str, lesson: Lesson) -> bool:
    """Return True for a file in a folder of another lesson.

    It is never so below a student's folder that Moodle or Brightspace has named: a download is of
    one assignment, and students call folders as they like.
    """
    others = {other.id for other in all_lessons()} - {lesson.id}
    parts = PurePosixPath(path).parts
    if not others & set(parts[:-1]):
        return False
    return not (is_named_after(path, lesson) or is_named_by_lms(parts[0]))


def choose(course: GradingCourse, lesson: Lesson, hand_in: HandIn) -> Chosen:
    """Choose the notebook of a hand-in that counts.

    It is one in which something is written: the one with the name of the lesson's notebook, or else
    the only one with cells of the lesson.

    Raises:
        SubmissionError: there is none, or several, or it belongs to another lesson.
    """
    if len(hand_in.files) > MAX_FILES:
        raise SubmissionError(f"it has more than {MAX_FILES:,} files: ask for the notebook alone.")
    for file in hand_in.files:
        if file.problem == CROWDED:
            raise SubmissionError(f"{file.path} {CROWDED}: ask for the notebook alone.")
    notebooks = [file for file in hand_in.files if file.is_notebook and not file.problem]
    if not notebooks:
        raise SubmissionError(_why_none(hand_in.files))
    found, problems = candidates_in(notebooks, lesson)
    best = best_of(found, lesson)
    if best is None:
        raise SubmissionError(why_none_is_best(notebooks, found, problems))
    stamp, time_from = _time_of(course, lesson, hand_in, best.file)
    others = [each.file.path for each in found if each is not best and each.written]
    lessons = [other for other in all_lessons() if other.id != lesson.id]
    others += [
        path for path in problems if not any(is_named_after(path, other) for other in lessons)
    ]
    return Chosen(
        hand_in,
        best.file,
        best.content,
        stamp,
        time_from,
        tuple(others),
        is_empty=not best.written,
    )


def choose_latest(course: GradingCourse, lesson: Lesson, hand_ins: list[HandIn]) -> Chosen:
    """Choose the latest notebook among one student's hand-ins in which something is written.

    Those that cannot be used, and those that are not older, are among its ``passed_over``.
    """
    chosen: list[Chosen] = []
    problems: list[tuple[HandIn, Exception]] = []
    for hand_in in hand_ins:
        try:
            chosen.append(choose(course, lesson, hand_in))
        except Exception as error:  # another hand-in may be usable
            problems.append((hand_in, error))
    if not chosen:
        raise problems[0][1]
    best = max(chosen, key=lambda each: (not each.is_empty, each.stamp))
    bad = [(hand_in.files[0].path, describe_failure(error)) for hand_in, error in problems]
    return replace(best, passed_over=(*bad, *_not_older(chosen, best)))


def _not_older(chosen: list[Chosen], best: Chosen) -> Iterator[tuple[str, str]]:
    """Yield the hand-ins beside the best one that are as late as it or later, with the reason."""
    for each in chosen:
        if each.content == best.content or each.stamp < best.stamp:
            continue
        if each.stamp > best.stamp:
            yield each.file.path, "it is later, and nothing is written in it."
        else:
            yield each.file.path, "it is of the same time, so it is unclear which one counts."


def _why_none(files: list[UnreadFile]) -> str:
    for file in files:
        if is_misnamed(file.path):
            return f"{file.path} has another ending than .ipynb: rename it, and collect it again."
    problems = [f"{file.path} {file.problem}." for file in files if file.problem]
    if problems:
        return problems[0]
    listed = ", ".join(file.path for file in files[:3])
    return f"there is no notebook among its files ({listed}{', …' if len(files) > 3 else ''})."


def _time_of(
    course: GradingCourse, lesson: Lesson, hand_in: HandIn, file: UnreadFile
) -> tuple[datetime, str]:
    """Return the time of a hand-in, and the origin of that time."""
    if hand_in.stamp is not None:
        return hand_in.stamp, "the exchange"
    if hand_in.author.time is not None:
        return hand_in.author.time, "the file's name"
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
