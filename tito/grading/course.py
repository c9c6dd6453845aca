"""The instructor's folder and its places. The layout is nbgrader's, with a little more."""

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
LEAST_SECRET: Final = 32
"""Number of bytes of a secret, at least: those of a shorter one could be guessed."""
STUDENT_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
"""Ids of students. An id becomes the name of a folder, and nbgrader finds students by it."""


class GradingError(RecsysError, ValueError):
    """A problem that an instructor has to solve; the message says what to do."""


@dataclass(frozen=True)
class GradingCourse:
    """Path of an instructor's folder, and of everything in it."""

    root: Path

    @cached_property
    def settings(self) -> Settings:
        """Settings in ``grading.toml``."""
        return read_settings(self.root / MARKER)

    @property
    def gradebook(self) -> Path:
        """Path of nbgrader's database."""
        return self.root / "gradebook.db"

    @property
    def exchange(self) -> Exchange | None:
        """The course's part of the exchange; None without an exchange."""
        table = self.settings.course
        if not table.exchange:
            return None
        return Exchange(self.root / Path(table.exchange).expanduser(), table.id)

    @property
    def state(self) -> Path:
        """Folder of tito's own files. Hidden inputs may occur in them: for instructors only."""
        return self.root / ".tito"

    @property
    def temporary(self) -> Path:
        """Folder of temporary files, which lasts as long as a run."""
        return self.state / "tmp"

    def source(self, lesson: Lesson) -> Path:
        """Path of the notebook with its solutions."""
        return self.root / "source" / lesson.id / lesson.notebook

    def release(self, lesson: Lesson) -> Path:
        """Path of the notebook that students get: the template of every submission."""
        return self.root / "release" / lesson.id / lesson.notebook

    def fingerprints(self, lesson: Lesson) -> Path:
        """Path of the answers that known mistakes give to hidden calls; students never see it."""
        return self.state / "fingerprints" / f"{lesson.id}.json"

    def submission(self, lesson: Lesson, student: str) -> Submission:
        """Return one student's submission for a lesson, whether or not it exists yet."""
        return Submission(self, lesson, student)

    def students(self, lesson: Lesson) -> list[str]:
        """Return the ids of those who handed in, sorted. Folders with other names are ignored."""
        folder = self.root / "submitted"
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        return [
            name
            for name in names
            if STUDENT_ID.fullmatch(name)
            and os.path.lexists(self.submission(lesson, name).submitted.parent)
        ]

    def inputs_seed(self, lesson: Lesson, grade_id: str) -> int:
        """Return the seed of a cell's hidden inputs, which is the same for every student.

        It is an HMAC of lesson and cell under this folder's secret: no seed reveals another.
        """
        message = f"{lesson.id}/{grade_id}".encode()
        return int.from_bytes(hmac.digest(self._secret, message, hashlib.sha256), "big")

    @cached_property
    def _secret(self) -> bytes:
        path = self.root / ".secret"
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise GradingError(
                f"{path} is missing, and hidden inputs are drawn from it: restore it from a copy, "
                "or make a new one with `tito grade init`."
            ) from None
        if len(content.strip()) < LEAST_SECRET:
            raise GradingError(
                f"{path} is empty or cut off, and hidden inputs are drawn from it: restore it from "
                "a copy, or delete it and make a new one with `tito grade init`."
            )
        return content


@dataclass(frozen=True)
class Submission:
    """One student's work for one lesson, and the path of each file that belongs to it."""

    course: GradingCourse
    lesson: Lesson
    student: str

    @property
    def submitted(self) -> Path:
        """Path of the notebook that was handed in; ``timestamp.txt`` beside it has the time."""
        return self._folder("submitted") / self.lesson.notebook

    @property
    def autograded(self) -> Path:
        """Path of the notebook that was run and judged, which graders look at."""
        return self._folder("autograded") / self.lesson.notebook

    @property
    def feedback(self) -> Path:
        """Path of the page that the student gets back."""
        return self._folder("feedback") / f"{self.lesson.id}.html"

    def _folder(self, stage: str) -> Path:
        return self.course.root / stage / self.student / self.lesson.id


def create_grading_course(folder: Path) -> tuple[GradingCourse, list[Path]]:
    """Make a folder an instructor's, or add what it lacks; return it and the files written."""
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)  # marks are nobody else's business
    secret, marker = folder / ".secret", folder / MARKER
    written = []
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(LEAST_SECRET))
        except OSError:  # a disk that is full
            secret.unlink()
            raise
        written.append(secret)
    if not marker.exists():  # last: only a folder in which everything is there counts
        with atomic_path(marker) as unfinished:
            unfinished.write_text(TEMPLATE, encoding="utf-8")
        written.append(marker)
    return GradingCourse(folder), written


def find_grading_course() -> GradingCourse:
    """Return the instructor's folder that holds the current folder.

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
