"""The course's glossary in a workspace, beside the notebooks that link to it."""

from __future__ import annotations

from pathlib import Path

from recsys_edu.workspace import Workspace
from tito.course.lessons import GLOSSARY, glossary
from tito.workspace.files import backup_file, copy_file


def place_glossary(workspace: Workspace) -> Path | None:
    """Put the glossary beside the notebooks; return None if nothing had to be written."""
    source, target = glossary(), workspace.notebooks / GLOSSARY
    if source is None or target.exists():
        return None
    copy_file(source, target)
    return target


def renew_glossary(workspace: Workspace) -> Path | None:
    """Replace a glossary of other text by the installed one.

    Returns:
        Path of a copy of the file before, which may have notes of the learner in it; None if
        nothing was replaced.
    """
    source, target = glossary(), workspace.notebooks / GLOSSARY
    if place_glossary(workspace) or source is None or source.read_bytes() == target.read_bytes():
        return None
    kept = backup_file(workspace, target)
    copy_file(source, target)
    return kept
