"""Whose a file is, by its path: as Moodle, Canvas and nbgrader name them, or by a pattern."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Final

from tito.course.lessons import Lesson
from tito.grading.course import STUDENT_ID, GradingError
from tito.jail.plain_files import SubmissionError

_MOODLE: Final = re.compile(r"(?P<name>.+?)_(?P<participant>\d+)_assignsubmission_file(?:_.*)?")
_CANVAS: Final = re.compile(
    r"(?P<name>[^_/]+)(?P<late>_LATE)?_(?P<user>\d+)_(?P<submission>\d+)_(?P<file>.+)"
)
_COPY: Final = re.compile(r"(?:[-_ ]\d+| ?\(\d+\))$")
"""What a browser or Canvas puts behind the name of a file that is there already."""


@dataclass(frozen=True)
class Who:
    """A student, as a path tells."""

    id: str
    """By what the gradebook and the folders know them."""
    name: str
    """As it stood in the path."""
    lms: dict[str, str] = field(default_factory=dict)
    """``kind`` ("moodle", "canvas", "nbgrader", "exchange"), and how it calls them."""
    late: bool | None = None
    """Whether the LMS says that it came late, where it says anything."""


def student_of(path: str, lesson: Lesson, pattern: re.Pattern[str] | None, *, alone: bool) -> Who:
    """Whose a file is.

    Args:
        path: in what was exported, with ``/``; or as it was typed.
        lesson: whose notebook it should be.
        pattern: with a group ``student``, searched for in the path; None for the known forms.
        alone: the file was named by itself, so that folders above it need not be a student's.

    Raises:
        SubmissionError: it cannot be told; the message has no path.
    """
    parts = tuple(x for x in PurePosixPath(path).parts if x not in ("/", ".", ".."))
    by_lms = _by_lms(parts, alone=alone)
    if pattern is not None:
        found = pattern.search(path)
        if found is None or not found["student"]:
            raise SubmissionError("the pattern finds no student in its path")
        who = by_lms or Who("", found["student"])
        return replace(who, id=as_id(found["student"]))
    if by_lms:
        return by_lms
    if not alone and len(parts) > 2 and parts[1] == lesson.id:
        return Who(as_id(parts[0]), parts[0], {"kind": "nbgrader"})
    name = _typed(parts, lesson) if alone else _found(parts, lesson)
    if not name:
        raise SubmissionError(
            "whose it is cannot be told from its path: name the folder that has one for each "
            "student, or give --pattern"
        )
    return Who(as_id(name), name)


def _by_lms(parts: tuple[str, ...], *, alone: bool) -> Who | None:
    """As Moodle or Canvas name things; None for any other name."""
    # Only the outermost name is the LMS's: below it, students call things as they like.
    for part in parts if alone else parts[:1]:
        moodle = _MOODLE.fullmatch(part)
        if moodle:
            folder = {"folder": part} if part != parts[-1] else {}
            lms = {"kind": "moodle", "participant": moodle["participant"], **folder}
            return Who(as_id(moodle["name"]), moodle["name"], lms)
    canvas = _CANVAS.fullmatch(parts[-1]) if parts and (alone or len(parts) == 1) else None
    if canvas:
        lms = {"kind": "canvas", **{key: canvas[key] for key in ("user", "submission", "file")}}
        late = canvas["late"] is not None
        lms |= {"late": "yes"} if late else {}
        return Who(as_id(f"{canvas['name']}-{canvas['user']}"), canvas["name"], lms, late)
    return None


def as_id(name: str) -> str:
    """What a name becomes in the gradebook.

    A name of letters, digits and ``._@-`` stays. Of any other, accents and what is not of these are
    taken out, and six digits of its SHA-256 are put behind, which keep apart what becomes the same.
    """
    if STUDENT_ID.fullmatch(name):
        return name
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Za-z0-9.@]+", plain)
    digest = hashlib.sha256(unicodedata.normalize("NFC", name).encode()).hexdigest()[:6]
    stem = "-".join(words)[:48].strip(".@-") or "student"
    return f"{stem}-{digest}"


def is_named_after(path: str, lesson: Lesson) -> bool:
    """Whether a file is called as the lesson's notebook is, perhaps with what a copy gets."""
    stem = PurePosixPath(path).stem
    canvas = _CANVAS.fullmatch(PurePosixPath(path).name)
    if canvas:
        stem = PurePosixPath(canvas["file"]).stem
    wanted = lesson.id.lower()
    return wanted in (stem.lower(), _COPY.sub("", stem).lower())


def compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern of the settings or of ``--pattern``; None where it is empty.

    Raises:
        GradingError: it is no regular expression, or has no group ``student``.
    """
    if not pattern:
        return None
    try:
        found = re.compile(pattern)
    except re.error as error:
        raise GradingError(f"the pattern {pattern!r} is no regular expression: {error}.") from None
    if "student" not in found.groupindex:
        raise GradingError(f"the pattern {pattern!r} does not say who it is: (?P<student>…).")
    return found


def _found(parts: tuple[str, ...], lesson: Lesson) -> str:
    """STUDENT/any.ipynb or STUDENT.ipynb; empty where it is neither."""
    if len(parts) == 2:
        return "" if parts[0] == lesson.id else parts[0]
    stem = PurePosixPath(parts[0]).stem
    return "" if len(parts) > 2 or stem == lesson.id else stem


def _typed(parts: tuple[str, ...], lesson: Lesson) -> str:
    """The same of a path whose folders somebody has typed, who knows what they are."""
    above = parts[:-2] if parts[-2:-1] == (lesson.id,) else parts[:-1]
    if len(above) == len(parts) - 1 and not is_named_after(parts[-1], lesson):
        return PurePosixPath(parts[-1]).stem
    return above[-1] if above else ""
