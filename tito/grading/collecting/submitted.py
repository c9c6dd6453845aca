"""The folder ``submitted/``: each student's notebook and its time; and receipts of both.

A submission is replaced whole or not at all. Receipts lie in a folder of ours, where no hand-in
can put one: who collects by nbgrader copies all that students handed in.
"""

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

from recsys_edu.atomic import atomic_path
from tito.course.exchange import SECRET, STAMP, time_text
from tito.grading.collecting.swap import ASIDE, put_back, swap
from tito.grading.course import GradingCourse, GradingError, Submission
from tito.grading.timestamps import parse_time
from tito.jail.plain_files import SubmissionError, read_below

_MAX_BYTES: Final = 1_000_000
_KINDS: Final = ("moodle", "canvas", "blackboard", "brightspace", "nbgrader", "exchange")


@dataclass(frozen=True)
class Receipt:
    """Origin of a submission. Times are ISO 8601 in UTC."""

    original: str
    """Path in the ZIP or folder that was collected."""
    source: str
    """The ZIP or folder that was collected, or the folder in the exchange."""
    sha256: str
    submitted: str
    time_from: str
    """Origin of the time: "timestamp.txt", "the exchange", "the ZIP", "the file" or "Canvas"."""
    received: str
    name: str
    """Name of the student in the origin."""
    lms: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    """Paths of other notebooks of the lesson in the same hand-in."""


def receipt_path(submission: Submission, sha256: str) -> Path:
    """Return the path of the receipt of a notebook, by its digest."""
    folder = submission.course.state / "receipts" / submission.lesson.id / submission.student
    return folder / f"{sha256}.json"


def existing(submission: Submission) -> tuple[str, datetime] | None:
    """Return SHA-256 and time of what was collected before; None if that is no submission."""
    folder = submission.submitted.parent
    try:
        content = read_below(folder, submission.lesson.notebook)
        stamp = parse_time(read_below(folder, STAMP, 1000).decode())
    except (OSError, SubmissionError, ValueError):
        return None
    return hashlib.sha256(content).hexdigest(), stamp


def read_receipt(submission: Submission) -> Receipt | None:
    """Return the receipt of the present notebook; None if nbgrader collected it.

    Raises:
        GradingError: the receipt cannot be understood.
    """
    there = existing(submission)
    if there is None:
        return None
    path = receipt_path(submission, there[0])
    try:
        receipt = Receipt(**json.loads(read_below(path.parent, path.name, _MAX_BYTES)))
        _check(receipt, there[0])
    except FileNotFoundError:
        return None
    except (OSError, SubmissionError, ValueError, TypeError) as error:
        raise GradingError(
            f"{path} cannot be read ({error}): collect that submission again."
        ) from None
    return receipt


def _check(receipt: Receipt, sha256: str) -> None:
    """Raise ValueError or TypeError unless a receipt is of the form in which it is written."""
    texts = [value for name, value in asdict(receipt).items() if name not in ("lms", "others")]
    texts += [*receipt.lms, *receipt.lms.values(), *receipt.others]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a value is not text")
    if receipt.sha256 != sha256:
        raise ValueError("it is of another notebook")
    if receipt.lms and receipt.lms.get("kind") not in _KINDS:
        raise ValueError("it is of no known system")


def store(
    submission: Submission, content: bytes, receipt: Receipt, secret: bytes | None = None
) -> None:
    """Put a submission into its place, and keep the earlier one in ``.tito/earlier``.

    The folder is complete under another name before it takes its place in one step.

    Args:
        submission: the submission.
        content: the notebook.
        receipt: its origin.
        secret: the key to its feedback in the exchange, if it came from there.
    """
    place = submission.submitted.parent
    kept = _earlier(submission.course) / submission.lesson.id / submission.student
    kept.mkdir(parents=True, exist_ok=True)  # while nothing has changed yet
    name = f"{submission.lesson.id}+{submission.student}+{secrets.token_hex(8)}"
    staged = _staging(submission.course) / name
    staged.mkdir(parents=True)
    stamp = time_text(datetime.fromisoformat(receipt.submitted))
    files: dict[str, bytes | None] = {
        submission.lesson.notebook: content,
        STAMP: stamp.encode(),
        SECRET: secret,
    }
    for name, data in files.items():
        if data is not None:
            _write(staged / name, data)
    _write_receipt(submission, receipt)  # nobody looks for it until the notebook is there
    place.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(place):
        swap(staged, place)
        staged.rename(kept / _now())
    else:
        staged.rename(place)


def _write_receipt(submission: Submission, receipt: Receipt) -> None:
    path = receipt_path(submission, receipt.sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as unfinished:
        unfinished.write_text(json.dumps(asdict(receipt), indent=1) + "\n", encoding="utf-8")


def tidy(course: GradingCourse) -> None:
    """Clear up after a collection that was killed; the caller holds the lock.

    A whole hand-in that it left is kept: it may be one that was just replaced.
    """
    for left in _staging(course).glob("*+*+*"):
        if (left / STAMP).is_file():
            lesson, student, _ = left.name.split("+")
            kept = _earlier(course) / lesson / student
            kept.mkdir(parents=True, exist_ok=True)
            left.rename(kept / _now())
    shutil.rmtree(_staging(course), ignore_errors=True)
    for aside in (course.root / "submitted").glob(f"*/.*{ASIDE}"):
        put_back(aside)


def _staging(course: GradingCourse) -> Path:
    return course.state / "incoming"


def _earlier(course: GradingCourse) -> Path:
    return course.state / "earlier"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
