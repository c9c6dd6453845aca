"""``submitted/``: each student's notebook, its time and a receipt; replaced whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tito.course.exchange import SECRET, STAMP, TIME_FORMAT, time_text
from tito.course.lessons import Lesson
from tito.grading.collecting.swap import ASIDE, put_back, swap
from tito.grading.course import GradingCourse, GradingError
from tito.jail.plain_files import SubmissionError, read_below

RECEIPT: Final = "received.json"


@dataclass(frozen=True)
class Receipt:
    """Where a submission came from. Times are ISO 8601 in UTC."""

    original: str
    """Its path in what was collected."""
    source: str
    """What was collected: the ZIP or folder, or the folder in the exchange."""
    sha256: str
    submitted: str
    time_from: str
    """What told the time: "timestamp.txt", "the exchange", "the ZIP", "the file" or "Canvas"."""
    received: str
    name: str
    """The student, as they were called there."""
    lms: dict[str, str] = field(default_factory=dict)


def parse_time(text: str) -> datetime:
    """What ``timestamp.txt`` says, as nbgrader understands it; ValueError where it cannot be."""
    text = text.strip()
    try:
        return datetime.strptime(text, TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        from nbgrader.utils import parse_utc  # knows every format, and takes long to import

        try:
            naive: datetime = parse_utc(text)
            return naive.replace(tzinfo=UTC)
        except (OverflowError, TypeError, AttributeError) as error:
            raise ValueError(str(error)) from None


def existing(course: GradingCourse, lesson: Lesson, student: str) -> tuple[str, datetime] | None:
    """SHA-256 and time of what a student's folder holds; None where that is no submission."""
    folder = course.submitted(lesson, student).parent
    try:
        content = read_below(folder, lesson.notebook)
        stamp = parse_time(read_below(folder, STAMP, 1000).decode())
    except (OSError, SubmissionError, ValueError):
        return None
    return hashlib.sha256(content).hexdigest(), stamp


def read_receipt(course: GradingCourse, lesson: Lesson, student: str) -> Receipt | None:
    """A submission's receipt; None where it was collected by nbgrader.

    Raises:
        GradingError: it cannot be understood.
    """
    path = course.submitted(lesson, student).with_name(RECEIPT)
    try:
        return Receipt(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise GradingError(f"{path} cannot be read: {error}.") from None


def store(
    course: GradingCourse,
    lesson: Lesson,
    student: str,
    content: bytes,
    receipt: Receipt,
    secret: bytes | None = None,
) -> None:
    """Put a submission into its place; the one before is kept in ``.tito/earlier``.

    The folder is complete under another name before it takes its place in one step.
    """
    place = course.submitted(lesson, student).parent
    staged = _staging(course) / secrets.token_hex(8)
    staged.mkdir(parents=True)
    stamp = time_text(datetime.fromisoformat(receipt.submitted))
    files: dict[str, bytes | None] = {
        lesson.notebook: content,
        STAMP: stamp.encode(),
        RECEIPT: (json.dumps(asdict(receipt), indent=1) + "\n").encode(),
        SECRET: secret,
    }
    for name, data in files.items():
        if data is not None:
            _write(staged / name, data)
    place.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(place):
        swap(staged, place)
        _keep(course, lesson, student, staged)
    else:
        staged.rename(place)


def tidy(course: GradingCourse) -> None:
    """Put in order what a collecting that was killed left behind; the caller holds the lock."""
    shutil.rmtree(_staging(course), ignore_errors=True)
    for aside in (course.root / "submitted").glob(f"*/.*{ASIDE}"):
        put_back(aside)


def _staging(course: GradingCourse) -> Path:
    return course.state / "incoming"


def _keep(course: GradingCourse, lesson: Lesson, student: str, replaced: Path) -> None:
    kept = course.state / "earlier" / lesson.id / student
    kept.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    replaced.rename(kept / now)


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
