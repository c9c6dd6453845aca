"""Exchange: a folder on a machine where all have accounts; its layout is nbgrader's.

``COURSE/outbound/NN`` holds what students get. Each hand-in is a folder of its own in
``COURSE/inbound``, where students may write but not look. Feedback is in ``COURSE/feedback``,
which nobody can list, under names that only the author of a hand-in can know. ``answers.json``
says from when on students are shown the model answers of each lesson.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

COURSE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
COURSE_ID_RULE: Final = (
    "it becomes a folder's name, so it has letters, digits, '-', '_' and '.' only, and begins with "
    "a letter or a digit"
)
DEFAULT_COURSE: Final = "recsys"
TIME_FORMAT: Final = "%Y-%m-%d %H:%M:%S.%f UTC"
STAMP: Final = "timestamp.txt"
SECRET: Final = "submission_secret.txt"


@dataclass(frozen=True)
class Exchange:
    """Folders of one course in an exchange."""

    root: Path
    course: str = DEFAULT_COURSE

    @property
    def folder(self) -> Path:
        """Folder of the course."""
        return self.root / self.course

    @property
    def outbound(self) -> Path:
        """Folder of released lessons."""
        return self.folder / "outbound"

    @property
    def inbound(self) -> Path:
        """Folder of hand-ins."""
        return self.folder / "inbound"

    @property
    def feedback(self) -> Path:
        """Folder of feedback pages."""
        return self.folder / "feedback"

    @property
    def answers(self) -> Path:
        """Path of the file with the date from which each lesson's model answers are shown."""
        return self.folder / "answers.json"

    def page(self, secret: str, notebook: str) -> Path:
        """Return the path of the feedback on a notebook, by its hand-in's secret.

        Args:
            secret: of the hand-in.
            notebook: name without ``.ipynb``.
        """
        digest = hashlib.md5(f"{secret}{notebook}".encode(), usedforsecurity=False).hexdigest()
        return self.feedback / f"{digest}.html"


def time_text(time: datetime) -> str:
    """Return a time in the form of ``timestamp.txt``."""
    return time.astimezone(UTC).strftime(TIME_FORMAT)


def drop_name(user: str, lesson_id: str, time: datetime) -> str:
    """Return a name for a hand-in's folder; it cannot be guessed."""
    chance = base64.urlsafe_b64encode(os.urandom(9)).decode("ascii")
    return f"{user}+{lesson_id}+{time_text(time)}+{chance}"
