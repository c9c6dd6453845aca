"""Bring a workspace to the installed version of the course, and keep all that was written."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recsys_edu._version import __version__
from recsys_edu.atomic import atomic_path
from recsys_edu.errors import WorkspaceError
from recsys_edu.workspace import MARKER, Workspace
from tito.course.lessons import Lesson
from tito.course.merge import MergeDoubtError, merge_notebooks
from tito.course.notebook import read_cells
from tito.workspace.files import (
    backup_notebook,
    notebook_of,
    place_headers,
    place_notebook,
    record_release,
    release_record,
    sync_file,
)
from tito.workspace.version import is_pinned, version_of


@dataclass(frozen=True)
class Upgrade:
    """Change that brings one lesson to the installed version; nothing is written yet."""

    lesson: Lesson
    content: bytes | None = None
    """The merged notebook; None where the notebook needs no change."""
    doubt: str = ""
    """Reason why the lesson has to stay as it is, in sentences; empty if there is none."""
    changed: tuple[str, ...] = ()
    """Names of written cells of which the new release has another text."""


def require_upgradable(workspace: Workspace) -> None:
    """Raise WorkspaceError if the workspace is to stay with its version, or is of a newer one."""
    version = version_of(workspace)
    if is_pinned(workspace) and version != __version__:
        raise WorkspaceError(
            f"your class stays with version {version} of the course (pinned in "
            f"{workspace.root / MARKER}): run `pip install 'recsys_edu=={version}'`."
        )
    if _numbers(version) > _numbers(__version__):
        raise WorkspaceError(
            f"this workspace is of version {version} of the course, which is newer than the "
            f"{__version__} installed: run `pip install --upgrade recsys_edu`."
        )


def plan_upgrade(workspace: Workspace, lesson: Lesson) -> Upgrade:
    """Return the change that a lesson needs, or the doubt because of which it stays as it is."""
    path, record = notebook_of(workspace, lesson), release_record(workspace, lesson)
    if not path.is_file():
        return Upgrade(lesson)
    read_cells(path)  # raises an error that says what is wrong with the file
    mine, release = path.read_bytes(), lesson.release.read_bytes()
    if mine == release or (record.is_file() and record.read_bytes() == release):
        return Upgrade(lesson)
    if not record.is_file():
        return Upgrade(lesson, doubt="It is not known which release you began with.")
    try:
        merged = merge_notebooks(path, _read(record), json.loads(mine), json.loads(release))
    except MergeDoubtError as error:
        return Upgrade(lesson, doubt=str(error))
    return Upgrade(lesson, _as_bytes(merged.content), changed=merged.changed)


def apply_upgrade(workspace: Workspace, upgrade: Upgrade) -> Path | None:
    """Write one change; return the path of the copy of the notebook before, if it was changed.

    An upgrade that ends in the middle can be done again: the record of the release is written last.
    """
    lesson, kept = upgrade.lesson, None
    if upgrade.doubt:
        raise ValueError(f"{lesson.id} cannot be upgraded: {upgrade.doubt}")
    if upgrade.content is not None:
        kept = backup_notebook(workspace, lesson)
        with atomic_path(notebook_of(workspace, lesson)) as unfinished:
            unfinished.write_bytes(upgrade.content)
            sync_file(unfinished)
    elif place_notebook(workspace, lesson) is not None:
        return None
    place_headers(workspace, lesson)
    record_release(workspace, lesson)
    return kept


def is_current(workspace: Workspace, lessons: Sequence[Lesson]) -> bool:
    """Return True if each of these lessons is of the installed version in the workspace."""
    return all(
        release_record(workspace, lesson).is_file()
        and release_record(workspace, lesson).read_bytes() == lesson.release.read_bytes()
        for lesson in lessons
    )


def _read(path: Path) -> Any:
    read_cells(path)
    return json.loads(path.read_text(encoding="utf-8"))


def _as_bytes(content: dict[str, Any]) -> bytes:
    """Return a notebook as Jupyter writes it; half characters, which UTF-8 lacks, as escapes."""
    try:
        return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()
    except UnicodeEncodeError:
        return (json.dumps(content, indent=1) + "\n").encode()


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with: 1.2.3rc1 is (1, 2, 3)."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()
