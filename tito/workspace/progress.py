"""A learner's progress, in ``.tito/progress.json``, which is replaced whole, never edited."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from recsys_edu.workspace import Workspace
from tito.workspace.lesson_file import LessonFile


@dataclass
class LessonProgress:
    """Progress of one lesson. Times are ISO 8601 in UTC, or empty before the event."""

    tested: str = ""
    """Time of the last run of the visible tests, if all passed."""
    exported: str = ""
    digest: str = ""
    """Digest of the cells that were exported."""
    export_digest: str = ""
    """Digest of the file that the export wrote."""
    judged: str = ""
    """Time of the checkpoint's last run."""
    passed: bool = False
    """True if the checkpoint's last run passed."""
    passed_digest: str = ""
    """Digest of the export with which the checkpoint last passed."""
    passed_export: str = ""
    """Digest of the exported file with which the checkpoint last passed."""
    first_passed: str = ""
    skipped: str = ""
    """Time at which the lesson was skipped, which stays for ever."""


_FILE: Final = LessonFile(
    "progress.json",
    lambda entry: LessonProgress(**entry),
    "Your notebooks and exports are not affected: move it away and run `tito checkpoint --all`, "
    "which writes it anew.",
    version=2,
    readable=(1, 2),  # the first had no digests of exported files
)


@dataclass
class Progress:
    """The progress of every lesson, by the lesson's id."""

    lessons: dict[str, LessonProgress] = field(default_factory=dict)

    def of(self, lesson_id: str) -> LessonProgress:
        """Return a lesson's progress, which may be empty."""
        return self.lessons.setdefault(lesson_id, LessonProgress())


def now() -> str:
    """Return the current time, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def load_progress(workspace: Workspace) -> Progress:
    """Read the progress, which is empty if nothing was recorded.

    Raises:
        WorkspaceError: the file is damaged, or of another version of tito.
    """
    return Progress(_FILE.read(workspace))


@contextmanager
def recording(workspace: Workspace, *, locked: bool = False) -> Iterator[Progress]:
    """Run a block that changes the progress, which is written when the block ends well.

    Args:
        workspace: the workspace.
        locked: True if the caller holds the workspace's lock already.
    """
    with _FILE.changing(workspace, locked=locked) as lessons:
        yield Progress(lessons)
