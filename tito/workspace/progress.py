"""What the learner has reached, in ``.tito/progress.json``; replaced whole, never edited."""

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

VERSION: Final = 1
_PATIENCE: Final = 10.0
"""Seconds to wait for another tito's writing; it takes milliseconds."""


@dataclass
class LessonProgress:
    """How far one lesson has come. Times are ISO 8601 in UTC; empty where it has not happened."""

    tested: str = ""
    """When all visible tests last passed."""
    exported: str = ""
    digest: str = ""
    """Of the cells that were exported."""
    judged: str = ""
    """When the checkpoint last ran."""
    passed: bool = False
    """Whether it passed then."""
    passed_digest: str = ""
    """Of the export with which it last passed."""
    first_passed: str = ""
    skipped: str = ""
    """When the lesson was skipped; stays, whatever comes after."""


@dataclass
class Progress:
    """The progress of every lesson, by the lesson's id."""

    lessons: dict[str, LessonProgress] = field(default_factory=dict)

    def of(self, lesson_id: str) -> LessonProgress:
        """A lesson's progress, which may be none yet."""
        return self.lessons.setdefault(lesson_id, LessonProgress())


def now() -> str:
    """This second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def load_progress(workspace: Workspace) -> Progress:
    """What has been reached; nothing where nothing was recorded.

    Raises:
        WorkspaceError: the file is damaged, or of a newer tito.
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
            "`tito checkpoint --all` to have it written anew."
        ) from None
    if version != VERSION:
        raise WorkspaceError(f"{path} is of another version of tito: update recsys_edu.")
    return Progress(lessons)


@contextmanager
def recording(workspace: Workspace, *, locked: bool = False) -> Iterator[Progress]:
    """The progress to change in the block; it is written when the block ends well.

    Args:
        workspace: whose.
        locked: the caller holds the workspace's lock already.
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
