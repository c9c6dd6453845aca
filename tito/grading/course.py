"""The instructor's folder: where things are in it. Its layout is nbgrader's, with a little more."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from recsys_edu.atomic import atomic_path
from recsys_edu.errors import RecsysError
from tito.course.exchange import Exchange
from tito.course.lessons import Lesson
from tito.grading.settings import TEMPLATE, Settings, read_settings

MARKER: Final = "grading.toml"
STUDENT_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
"""What a student may be called: it becomes a folder's name, and is matched by nbgrader."""


class GradingError(RecsysError, ValueError):
    """Something that keeps an instructor from going on; the message says what to do."""


@dataclass(frozen=True)
class GradingCourse:
    """An instructor's folder by its path."""

    root: Path

    @cached_property
    def settings(self) -> Settings:
        """What ``grading.toml`` says."""
        return read_settings(self.root / MARKER)

    @property
    def gradebook(self) -> Path:
        """nbgrader's database."""
        return self.root / "gradebook.db"

    @property
    def exchange(self) -> Exchange | None:
        """The course in its exchange; None where there is none."""
        table = self.settings.course
        if not table.exchange:
            return None
        return Exchange(self.root / Path(table.exchange).expanduser(), table.id)

    @property
    def state(self) -> Path:
        """What tito remembers of its runs. Hidden inputs may occur in it: for instructors only."""
        return self.root / ".tito"

    @property
    def temporary(self) -> Path:
        """What a run needs while it lasts."""
        return self.state / "tmp"

    def source(self, lesson: Lesson) -> Path:
        """The notebook with its solutions."""
        return self.root / "source" / lesson.id / lesson.notebook

    def release(self, lesson: Lesson) -> Path:
        """The notebook that students get, and the template of every submission."""
        return self.root / "release" / lesson.id / lesson.notebook

    def submitted(self, lesson: Lesson, student: str) -> Path:
        """What a student handed in; ``timestamp.txt`` beside it says when."""
        return self.root / "submitted" / student / lesson.id / lesson.notebook

    def autograded(self, lesson: Lesson, student: str) -> Path:
        """The submission as it was run and judged: what graders see."""
        return self.root / "autograded" / student / lesson.id / lesson.notebook

    def feedback(self, lesson: Lesson, student: str) -> Path:
        """What the student gets back."""
        return (self.root / "feedback" / student / lesson.id / lesson.id).with_suffix(".html")

    def outcome(self, lesson: Lesson, student: str) -> Path:
        """What grading found, in full: for instructors only."""
        return self.state / "outcomes" / lesson.id / f"{student}.json"

    def students(self, lesson: Lesson) -> list[str]:
        """Those who have handed in, sorted; whatever is no student's folder is left out."""
        folder = self.root / "submitted"
        found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        return [
            name
            for name in found
            if STUDENT_ID.fullmatch(name) and os.path.lexists(self.submitted(lesson, name).parent)
        ]

    def inputs_seed(self, lesson: Lesson, grade_id: str) -> int:
        """The seed of a cell's hidden inputs: the same for every student, known to this folder.

        An HMAC of lesson and cell, so that no seed tells anything about another.
        """
        message = f"{lesson.id}/{grade_id}".encode()
        return int.from_bytes(hmac.digest(self._secret, message, hashlib.sha256), "big")

    @cached_property
    def _secret(self) -> bytes:
        try:
            found = (self.root / ".secret").read_bytes()
        except FileNotFoundError:
            raise GradingError(
                f"{self.root / '.secret'} is missing, from which the hidden inputs are drawn: put "
                "it back from a copy, or have another made by `tito grade init`."
            ) from None
        return found


def create_grading_course(folder: Path) -> tuple[GradingCourse, list[Path]]:
    """Make a folder an instructor's, or give it what it lacks; returns what was written."""
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)  # marks are nobody else's business
    secret, marker = folder / ".secret", folder / MARKER
    written = []
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        written.append(secret)
    if not marker.exists():  # last: only a folder in which everything is there counts
        with atomic_path(marker) as unfinished:
            unfinished.write_text(TEMPLATE, encoding="utf-8")
        written.append(marker)
    return GradingCourse(folder), written


def find_grading_course() -> GradingCourse:
    """The instructor's folder that this process works in, or in one below it.

    Raises:
        GradingError: there is none.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / MARKER).is_file():
            return GradingCourse(folder)
    raise GradingError(
        f"there is no {MARKER} in this folder or above it: go to the folder of your course, or "
        "make one with `tito grade init FOLDER`."
    )
