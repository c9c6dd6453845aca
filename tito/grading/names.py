"""Whose a file is, by its path: as Moodle, Canvas and nbgrader name them, or by a pattern."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
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
    """What the LMS calls them: ``kind`` ("moodle", "canvas") and what it needs to give feedback."""
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
    if pattern is not None:
        found = pattern.search(path)
        if found is None or not found["student"]:
            raise SubmissionError("the pattern finds no student in its path")
        return Who(as_id(found["student"]), found["student"])
    parts = PurePosixPath(path).parts
    for part in reversed(parts):
        moodle = _MOODLE.fullmatch(part)
        if moodle:
            folder = {"folder": part} if part != parts[-1] else {}
            lms = {"kind": "moodle", "participant": moodle["participant"], **folder}
            return Who(as_id(moodle["name"]), moodle["name"], lms)
    canvas = _CANVAS.fullmatch(parts[-1])
    if canvas:
        lms = {"kind": "canvas", **{key: canvas[key] for key in ("user", "submission", "file")}}
        late = canvas["late"] is not None
        return Who(as_id(f"{canvas['name']}-{canvas['user']}"), canvas["name"], lms, late)
    name = _by_folders(parts, lesson, alone=alone)
    return Who(as_id(name), name)


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


def _by_folders(parts: tuple[str, ...], lesson: Lesson, *, alone: bool) -> str:
    """STUDENT/NN/NN.ipynb, STUDENT/NN.ipynb, STUDENT/any.ipynb or STUDENT.ipynb."""
    above = [part for part in parts[:-1] if part not in ("/", ".", "..")]
    if above and above[-1] == lesson.id:
        above = above[:-1]
        if above:
            return above[-1]
    elif is_named_after(parts[-1], lesson):
        if above:
            return above[-1]
    elif alone or not above:
        return PurePosixPath(parts[-1]).stem
    elif len(above) == 1:
        return above[0]
    raise SubmissionError("whose it is cannot be told from its path: give --pattern")
