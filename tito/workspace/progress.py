"""A learner's progress, in ``.tito/progress.json``, which is replaced whole, never edited."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from recsys_edu.atomic import atomic_path
from recsys_edu.errors import WorkspaceError
from recsys_edu.workspace import Workspace
from tito.workspace.lock import writing

VERSION: Final = 2
_READABLE: Final = (1, VERSION)
"""Versions that can be read; the first had no digests of exported files."""
_PATIENCE: Final = 10.0
"""Seconds to wait while another tito writes, which takes milliseconds."""


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
    path = workspace.state / "progress.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = content["version"]
        lessons = {name: LessonProgress(**entry) for name, entry in content["lessons"].items()}
    except FileNotFoundError:
        return Progress()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise WorkspaceError(
            f"{path} is damaged. Your notebooks and exports are not affected: move it away and run "
            "`tito checkpoint --all`, which writes it anew."
        ) from None
    if version not in _READABLE:
        raise WorkspaceError(f"{path} is of another version of tito: update recsys_edu.")
    return Progress(lessons)


@contextmanager
def recording(workspace: Workspace, *, locked: bool = False) -> Iterator[Progress]:
    """Run a block that changes the progress, which is written when the block ends well.

    Args:
        workspace: the workspace.
        locked: True if the caller holds the workspace's lock already.
    """
    if not locked:
        with writing(workspace, _PATIENCE), recording(workspace, locked=True) as progress:
            yield progress
        return
    progress = load_progress(workspace)
    yield progress
    _write(workspace, progress)


def _write(workspace: Workspace, progress: Progress) -> None:
    content: dict[str, Any] = {"version": VERSION, **asdict(progress)}
    with atomic_path(workspace.state / "progress.json") as unfinished:
        unfinished.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
