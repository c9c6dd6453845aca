"""Version of the course that a workspace is of, as its ``tito.toml`` says."""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

from recsys_edu._version import __version__
from recsys_edu.atomic import atomic_path
from recsys_edu.errors import WorkspaceError
from recsys_edu.workspace import MARKER, Workspace

_LINE: Final = re.compile(r"^([ \t]*(?:version|made_with)[ \t]*=[ \t]*)([\"']).*?\2", re.MULTILINE)


def version_of(workspace: Workspace) -> str:
    """Return the version of the course that a workspace is of; empty where none is written."""
    table = _table(workspace)
    return str(table.get("version", table.get("made_with", "")))


def is_pinned(workspace: Workspace) -> bool:
    """Return True if the workspace is to stay with its version, as a class wants it."""
    return _table(workspace).get("pinned") is True


def version_concern(workspace: Workspace) -> str:
    """Return a sentence if another version is installed than the workspace is of; else nothing."""
    version = version_of(workspace)
    if version in ("", __version__):
        return ""
    back = f"`pip install 'recsys_edu=={version}'`"
    concern = f"this workspace is of version {version} of the course; {__version__} is installed"
    if is_pinned(workspace):
        return f"{concern}. Your class stays with {version}: {back}."
    return f"{concern}: `tito upgrade` brings the workspace to it, or {back} goes back."


def write_version(workspace: Workspace) -> None:
    """Write the installed version into ``tito.toml``, and change nothing else in it."""
    path = workspace.root / MARKER
    with path.open(encoding="utf-8", newline="") as stream:
        text = stream.read()
    changed, times = _LINE.subn(lambda line: f'{line[1]}"{__version__}"', text, count=1)
    table = tomllib.loads(changed).get("workspace", {}) if times else {}
    if __version__ not in (table.get("version"), table.get("made_with")):
        raise WorkspaceError(f'write `version = "{__version__}"` below [workspace] in {path}.')
    with atomic_path(path) as unfinished:
        unfinished.write_text(changed, encoding="utf-8", newline="")


def _table(workspace: Workspace) -> dict[str, Any]:
    path = workspace.root / MARKER
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("workspace", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WorkspaceError(f"{path} cannot be read: {error}.") from None
    if not isinstance(table, dict):
        raise WorkspaceError(f"{path}: [workspace] has to be a table.")
    return table
