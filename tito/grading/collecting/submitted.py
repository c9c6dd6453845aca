"""The folder ``submitted/``: each student's notebook, its time and a receipt.

A submission is replaced whole or not at all.
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

from tito.course.exchange import SECRET, STAMP, time_text
from tito.grading.collecting.swap import ASIDE, put_back, swap
from tito.grading.course import GradingCourse, GradingError, Submission
from tito.grading.timestamps import parse_time
from tito.jail.plain_files import SubmissionError, read_below

RECEIPT: Final = "received.json"


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
    """Return a submission's receipt; None if nbgrader collected it.

    Raises:
        GradingError: the receipt cannot be understood.
    """
    path = submission.submitted.with_name(RECEIPT)
    try:
        return Receipt(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise GradingError(f"{path} cannot be read: {error}.") from None


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
    staged = _staging(submission.course) / secrets.token_hex(8)
    staged.mkdir(parents=True)
    stamp = time_text(datetime.fromisoformat(receipt.submitted))
    files: dict[str, bytes | None] = {
        submission.lesson.notebook: content,
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
        _keep(submission, staged)
    else:
        staged.rename(place)


def tidy(course: GradingCourse) -> None:
    """Clear up after a collection that was killed; the caller holds the lock."""
    shutil.rmtree(_staging(course), ignore_errors=True)
    for aside in (course.root / "submitted").glob(f"*/.*{ASIDE}"):
        put_back(aside)


def _staging(course: GradingCourse) -> Path:
    return course.state / "incoming"


def _keep(submission: Submission, replaced: Path) -> None:
    kept = submission.course.state / "earlier" / submission.lesson.id / submission.student
    kept.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    replaced.rename(kept / now)


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
