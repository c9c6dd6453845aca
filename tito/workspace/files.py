"""Put files into a workspace, and never over a learner's work without keeping a copy."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Final

from recsys_edu._version import __version__
from recsys_edu.artefacts.cell import headers_in
from recsys_edu.atomic import atomic_path
from recsys_edu.errors import WorkspaceError
from recsys_edu.workspace import MARKER, Workspace
from tito.course.exchange import COURSE_ID, DEFAULT_COURSE, Exchange
from tito.course.export import PACKAGE_TEXT
from tito.course.lessons import Lesson

ENVIRONMENT_VARIABLE: Final = "RECSYS_EDU_EXCHANGE"
"""Name of the variable with the exchange's folder, which goes before ``tito.toml``."""
_GITIGNORE: Final = ".tito/\n.ipynb_checkpoints/\n__pycache__/\nmy_recsys/.previous/\n"
_TOML: Final = """\
# A workspace of recsys_edu: tito works here and in every folder below.
[workspace]
version = "{version}"
"""
_README: Final = """\
# My recommender system

`tito status` shows how far I am, `tito start 1` opens a lesson, `tito complete 1` tests, exports
and judges it. What I have exported is in `my_recsys/`; `set_backend("student")` computes with it.
"""


def create_workspace(
    folder: Path,
    lessons: list[Lesson],
    exchange: Exchange | None = None,
    *,
    pinned: bool = False,
) -> tuple[Workspace, list[Path]]:
    """Make a folder a workspace, or add the notebooks that a workspace lacks.

    Existing files are not changed, except that ``tito.toml`` gets the exchange if it has none.

    Args:
        folder: path of the folder.
        lessons: lessons whose notebooks it gets.
        exchange: exchange to which the learner hands in, if it is known.
        pinned: True if a new workspace is to stay with this version of the course.

    Returns:
        The workspace, and the files that were written.

    Raises:
        WorkspaceError: the folder lies inside another workspace or inside a file, or is a file; or
            it has another exchange already.
    """
    folder = folder.absolute()
    for above in folder.parents:
        if (above / MARKER).is_file():
            raise WorkspaceError(f"{folder} lies inside {above}, which is a workspace already.")
    for path in (folder, *folder.parents):
        if path.exists() and not path.is_dir():
            raise WorkspaceError(f"{path} is not a folder: name another one.")
    workspace = Workspace(folder)
    workspace.notebooks.mkdir(parents=True, exist_ok=True)
    workspace.package.mkdir(exist_ok=True)
    workspace.state.mkdir(exist_ok=True)
    texts = {
        folder / ".gitignore": _GITIGNORE,
        folder / "README.md": _README,
        workspace.package / "__init__.py": PACKAGE_TEXT,
    }
    written = [path for path, text in texts.items() if _write_new(path, text)]
    placed = [place_notebook(workspace, lesson) for lesson in lessons]
    written += [path for path in placed if path is not None]
    # Last: only a complete folder counts as a workspace.
    if _write_new(folder / MARKER, _toml(pinned) + _course_table(exchange)):
        written.append(folder / MARKER)
    elif exchange is not None and exchange_in(workspace) != exchange:
        _add_exchange(workspace, exchange)
        written.append(folder / MARKER)
    return workspace, written


def exchange_in(workspace: Workspace) -> Exchange | None:
    """Return the exchange that ``tito.toml`` names; None if it names none.

    Raises:
        WorkspaceError: the file cannot be understood.
    """
    path = workspace.root / MARKER
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("course", {})
        root, course = table.get("exchange", ""), table.get("id", DEFAULT_COURSE)
        if not (isinstance(root, str) and isinstance(course, str) and COURSE_ID.fullmatch(course)):
            raise WorkspaceError(f"{path}, [course]: exchange and id must be text.")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError) as error:
        raise WorkspaceError(f"{path} cannot be read: {error}.") from None
    return Exchange(workspace.root / Path(root).expanduser(), course) if root else None


def exchange_of(workspace: Workspace) -> Exchange | None:
    """Return the exchange of ``RECSYS_EDU_EXCHANGE`` or of ``tito.toml``; None without one."""
    named, written = os.environ.get(ENVIRONMENT_VARIABLE), exchange_in(workspace)
    if not named:
        return written
    root = Path(named).expanduser().absolute()
    return Exchange(root, written.course) if written is not None else Exchange(root)


def notebook_of(workspace: Workspace, lesson: Lesson) -> Path:
    """Return the path of the learner's notebook of a lesson."""
    return workspace.notebooks / lesson.notebook


def export_of(workspace: Workspace, lesson: Lesson) -> Path:
    """Return the path of the module to which a lesson is exported."""
    return workspace.package / f"{lesson.name}.py"


def place_notebook(workspace: Workspace, lesson: Lesson) -> Path | None:
    """Put the released notebook into the workspace; return None if the learner has one."""
    target = notebook_of(workspace, lesson)
    place_headers(workspace, lesson)
    if target.exists():
        return None
    record_release(workspace, lesson)
    copy_file(lesson.release, target)
    return target


def reset_notebook(workspace: Workspace, lesson: Lesson) -> Path | None:
    """Replace the learner's notebook by the released one; return the path of the copy."""
    target = notebook_of(workspace, lesson)
    kept = backup_notebook(workspace, lesson) if target.exists() else None
    copy_file(lesson.release, target)
    place_headers(workspace, lesson)
    record_release(workspace, lesson)
    return kept


def backup_notebook(workspace: Workspace, lesson: Lesson) -> Path:
    """Copy the learner's notebook as it is to ``.tito/backups``; return the path of the copy."""
    return backup_file(workspace, notebook_of(workspace, lesson))


def backup_file(workspace: Workspace, path: Path) -> Path:
    """Copy a file as it is to ``.tito/backups``; return the path of the copy."""
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S-%f")
    kept = workspace.state / "backups" / path.stem / f"{stamp}{path.suffix}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    copy_file(path, kept)
    return kept


def release_record(workspace: Workspace, lesson: Lesson) -> Path:
    """Return the path of a copy of the release that the learner's notebook began with."""
    return workspace.state / "released" / lesson.notebook


def record_release(workspace: Workspace, lesson: Lesson) -> None:
    """Keep a copy of the release that the learner's notebook is of from now on."""
    record = release_record(workspace, lesson)
    record.parent.mkdir(parents=True, exist_ok=True)
    copy_file(lesson.release, record)


def place_headers(workspace: Workspace, lesson: Lesson) -> None:
    """Put the lesson's declarations for cells in Cython where the notebook finds them."""
    for name, content in headers_in(lesson.folder).items():
        path = workspace.notebooks / name
        if not path.is_file() or path.read_bytes() != content:
            copy_file(lesson.folder / name, path)


def _toml(pinned: bool) -> str:
    return _TOML.format(version=__version__) + ("pinned = true\n" if pinned else "")


def _course_table(exchange: Exchange | None) -> str:
    if exchange is None:
        return ""
    root = json.dumps(str(exchange.root), ensure_ascii=False)  # TOML's text is written as JSON's
    return f'\n[course]\nexchange = {root}\nid = "{exchange.course}"\n'


def _add_exchange(workspace: Workspace, exchange: Exchange) -> None:
    path = workspace.root / MARKER
    text = path.read_text(encoding="utf-8")
    if "course" in tomllib.loads(text):
        raise WorkspaceError(f"{path} has a [course] already: change it there.")
    with atomic_path(path) as unfinished:
        unfinished.write_text(text + _course_table(exchange), encoding="utf-8")


def _write_new(path: Path, text: str) -> bool:
    if path.exists():
        return False
    with atomic_path(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
    return True


def copy_file(source: Path, target: Path) -> None:
    """Copy a file, so that there is never a part of it under the target's name."""
    with atomic_path(target) as unfinished:
        shutil.copyfile(source, unfinished)
        sync_file(unfinished)


def sync_file(path: Path) -> None:
    """Wait until a file is on the disk, so that a full disk shows before anything is replaced."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
