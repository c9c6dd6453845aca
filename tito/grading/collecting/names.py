"""Authors of files, from paths as LMSs and nbgrader make them, or by a pattern."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Final

from tito.course.lessons import Lesson
from tito.grading.course import STUDENT_ID, GradingError
from tito.grading.timestamps import is_plausible
from tito.jail.plain_files import SubmissionError

_MOODLE: Final = re.compile(
    r"(?P<name>.+?)_(?P<participant>\d+)_assignsubmission_(?P<kind>file|onlinetext)(?:_.*)?"
)
_CANVAS: Final = re.compile(
    r"(?P<name>[^_/]+)(?P<late>_LATE)?_(?P<user>\d+)_(?P<submission>\d+)_(?P<file>.+)"
)
_BLACKBOARD: Final = re.compile(
    r"(?P<prefix>gradebook_.+?)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)"
)
_BRIGHTSPACE: Final = re.compile(
    r"(?P<user>\d+)-(?P<submission>\d+) - (?P<name>.+?) - "
    r"(?P<time>[A-Z][a-z]+ \d{1,2}, \d{4} \d{1,2}[-.:]?\d\d [AP]M)(?: - (?P<file>.+))?"
)
_IN_FOLDER: Final = {_MOODLE: "participant", _BRIGHTSPACE: "time"}
"""Patterns of folders that hold a student's files, and the group that ends the student's part."""
_IN_FILE: Final = {**_IN_FOLDER, _CANVAS: "submission", _BLACKBOARD: "time"}
"""The same of files."""
_MISNAMED: Final = (".ipynb.txt", ".ipynb.json", ".ipynb.html", ".ipynb.download")
_COPY: Final = re.compile(r"(?:[-_ ]\d+| ?\(\d+\))$")
"""Suffix that a browser or Canvas adds to the name of a file that exists already."""


@dataclass(frozen=True)
class Author:
    """A student, as named by a path."""

    id: str
    """Id in the gradebook and in the names of folders."""
    name: str
    """Name in the path."""
    lms: dict[str, str] = field(default_factory=dict)
    """``kind`` ("moodle", "canvas", "blackboard", "brightspace", "nbgrader", "exchange"), and ids
    of that system."""
    late: bool | None = None
    """True or False if the LMS says that the file was late or in time; None if it does not say."""
    time: datetime | None = None
    """Time of the hand-in, if the path has it."""

    @property
    def told_apart_by(self) -> str:
        """Part of the path that differs between students of one name."""
        return self.lms.get("participant") or self.lms.get("prefix") or self.name


def author_of(path: str, lesson: Lesson, pattern: re.Pattern[str] | None, *, alone: bool) -> Author:
    """Find the author of a file.

    Args:
        path: path in the export, with ``/``; or a path as typed.
        lesson: lesson of the notebook.
        pattern: pattern with a group ``student``, searched for in the path; None for known forms.
        alone: the file was named by itself, so that folders above it need not be a student's.

    Raises:
        SubmissionError: the path does not tell; the message does not have the path.
    """
    parts = tuple(x for x in PurePosixPath(path).parts if x not in ("/", ".", ".."))
    by_lms = _by_lms(parts, alone=alone)
    if pattern is not None:
        found = pattern.search(path)
        if found is None or not found["student"]:
            raise SubmissionError("the pattern finds no student in its path.")
        author = by_lms or Author("", found["student"])
        return replace(author, id=as_id(found["student"]))
    if by_lms:
        return by_lms
    if not alone and len(parts) > 2 and parts[1] == lesson.id:
        return Author(as_id(parts[0]), parts[0], {"kind": "nbgrader"})
    name = _typed(parts, lesson) if alone else _found(parts, lesson)
    if not name:
        raise SubmissionError(
            "its path does not name a student: name the folder that has one folder per student, or "
            "give --pattern."
        )
    return Author(as_id(name), name)


def _by_lms(parts: tuple[str, ...], *, alone: bool) -> Author | None:
    """Find the author in a path as an LMS makes it; None for any other path.

    Raises:
        SubmissionError: two LMSs may have made the path.
    """
    # Only the outermost name is the LMS's: below it, students call things as they like.
    for number, part in enumerate(parts if alone else parts[:1], start=1):
        is_file = number == len(parts)
        found = _match_by_lms(part, _IN_FILE if is_file else _IN_FOLDER)
        if found is not None:
            return _MAKERS[found.re](found, "" if is_file else part)
    return None


def _match_by_lms(name: str, patterns: Mapping[re.Pattern[str], str]) -> re.Match[str] | None:
    """Match a name as an LMS makes it.

    An LMS writes the student first, and the student's own name of the file behind that. A student
    may call a file as another LMS would, so the pattern counts whose part about the student ends
    first.
    """
    found = [(match.end(end), match) for x, end in patterns.items() if (match := x.fullmatch(name))]
    if {match.re for _, match in found} >= {_BLACKBOARD, _CANVAS}:
        raise SubmissionError(
            "Canvas and Blackboard may both have named it so, for different students: give "
            "--pattern."
        )
    return min(found, key=lambda each: each[0])[1] if found else None


def _of_moodle(found: re.Match[str], folder: str) -> Author:
    """Return the author in a name such as ``Ada Lovelace_77_assignsubmission_file_x.ipynb``."""
    own = {"folder": folder} if folder and found["kind"] == "file" else {}
    lms = {"kind": "moodle", "participant": found["participant"], **own}
    return Author(as_id(found["name"]), found["name"], lms)


def _of_canvas(found: re.Match[str], folder: str) -> Author:
    """Return the author in a name such as ``lovelaceada_LATE_501_9001_x.ipynb``."""
    lms = {"kind": "canvas", **{key: found[key] for key in ("user", "submission", "file")}}
    late = found["late"] is not None
    lms |= {"late": "yes"} if late else {}
    return Author(as_id(f"{found['name']}-{found['user']}"), found["name"], lms, late)


def _of_blackboard(found: re.Match[str], folder: str) -> Author:
    """Return the author in a name such as ``gradebook_CS1_lab_ada_attempt_2026-11-30-…_x.ipynb``.

    Names of assignments and of users may both have underscores: only the last word is taken for
    the user's, unless the roster knows better.
    """
    user = found["prefix"].rpartition("_")[2] or found["prefix"]
    lms = {"kind": "blackboard", "user": user, "prefix": found["prefix"]}
    return Author(as_id(user), user, lms, time=_local_time(found["time"], "%Y-%m-%d-%H-%M-%S"))


def _of_brightspace(found: re.Match[str], folder: str) -> Author:
    """Return the author in a name such as ``17-42 - Ada Lovelace - Nov 30, 2026 905 AM``."""
    lms = {"kind": "brightspace", "user": found["user"], "submission": found["submission"]}
    month, day, year, clock, half = found["time"].replace(",", "").split()
    digits = re.sub(r"\D", "", clock).zfill(4)
    time = _local_time(f"{month[:3]} {day} {year} {digits} {half}", "%b %d %Y %I%M %p")
    return Author(as_id(f"{found['name']}-{found['user']}"), found["name"], lms, time=time)


_MAKERS: Final = {
    _MOODLE: _of_moodle,
    _CANVAS: _of_canvas,
    _BLACKBOARD: _of_blackboard,
    _BRIGHTSPACE: _of_brightspace,
}


def _local_time(text: str, form: str) -> datetime | None:
    """Read a time of this machine's zone; return None if it is none, or not plausible."""
    try:
        time = datetime.strptime(text, form).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return time if is_plausible(time) else None


def as_id(name: str) -> str:
    """Turn a name into an id for the gradebook.

    A name of letters, digits and ``._@-`` stays. Any other loses its accents and other characters,
    and gets six digits of its SHA-256, which keep names apart that would become the same.
    """
    if STUDENT_ID.fullmatch(name):
        return name
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Za-z0-9.@]+", plain)
    digest = hashlib.sha256(unicodedata.normalize("NFC", name).encode()).hexdigest()[:6]
    stem = "-".join(words)[:48].strip(".@-") or "student"
    return f"{stem}-{digest}"


def is_named_by_lms(folder: str) -> bool:
    """Return True for a folder of a student's files that an LMS has named."""
    return any(pattern.fullmatch(folder) for pattern in _IN_FOLDER)


def is_misnamed(path: str) -> bool:
    """Return True for a notebook to whose name a browser has added another ending."""
    return path.lower().endswith(_MISNAMED)


def is_named_after(path: str, lesson: Lesson) -> bool:
    """Return True if a file has the name of the lesson's notebook, or of a copy of it."""
    stem = PurePosixPath(path).stem
    for pattern in (_BLACKBOARD, _BRIGHTSPACE, _CANVAS):
        found = pattern.fullmatch(PurePosixPath(path).name)
        if found and found["file"]:
            stem = PurePosixPath(found["file"]).stem
            break
    wanted = lesson.id.lower()
    return wanted in (stem.lower(), _COPY.sub("", stem).lower())


def compile_pattern(pattern: str) -> re.Pattern[str] | None:
    """Compile the pattern of the settings or of ``--pattern``; return None if it is empty.

    Raises:
        GradingError: it is no regular expression, or has no group ``student``.
    """
    if not pattern:
        return None
    try:
        found = re.compile(pattern)
    except re.error as error:
        raise GradingError(f"{pattern!r} is not a regular expression: {error}.") from None
    if "student" not in found.groupindex:
        raise GradingError(f"the pattern {pattern!r} has no group (?P<student>…).")
    return found


def _found(parts: tuple[str, ...], lesson: Lesson) -> str:
    """Find the student in STUDENT/any.ipynb or STUDENT.ipynb; empty for other paths."""
    if len(parts) == 2:
        return "" if parts[0] == lesson.id else parts[0]
    stem = PurePosixPath(parts[0]).stem
    return "" if len(parts) > 2 or stem == lesson.id else stem


def _typed(parts: tuple[str, ...], lesson: Lesson) -> str:
    """Find the student in a path that was typed, whose folders are meant as they are named."""
    above = parts[:-2] if parts[-2:-1] == (lesson.id,) else parts[:-1]
    if len(above) == len(parts) - 1 and not is_named_after(parts[-1], lesson):
        return PurePosixPath(parts[-1]).stem
    return above[-1] if above else ""
