"""The course on Google Colab: a workspace on the learner's Drive, and ``%tito``.

Colab keeps the open notebook in the browser, where no file of the machine shows it. ``%tito`` asks
Colab for the notebook and saves it into the workspace before a command reads it there. So it does
not matter from where the notebook was opened.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from recsys_edu.atomic import atomic_path
from recsys_edu.errors import WorkspaceError
from recsys_edu.workspace import Workspace, find_workspace
from tito.course.lessons import Lesson, all_lessons
from tito.course.notebook import Cell, cells_of, read_cells
from tito.workspace.files import (
    backup_notebook,
    create_workspace,
    notebook_of,
    place_notebook,
    sync_file,
)
from tito.workspace.glossary import place_glossary
from tito.workspace.lock import writing

_FOLDER: Final = Path("drive", "MyDrive", "my-recsys")
"""Workspace below the folder in which Colab starts, /content."""
_SECONDS: Final = 60
_saved: set[str] = set()
"""Lessons of which this kernel has saved the open notebook; the first time, a copy is kept."""


def open_workspace() -> Workspace:
    """Mount the Drive, make or find the workspace on it, and go there; define ``%tito``."""
    try:
        workspace = find_workspace()
    except WorkspaceError:
        start = Path.cwd()
        import_module("google.colab.drive").mount(str(start / _FOLDER.parts[0]))
        workspace, _ = create_workspace(start / _FOLDER, all_lessons())
        place_glossary(workspace)
        os.chdir(workspace.notebooks)
    _define_magic()
    print(f"Your workspace is {workspace.root}: notebooks, exports and progress are kept there.")
    print("`%tito test 1` in a cell saves the notebook that is open here, and tests it.")
    return workspace


def save_notebook() -> Path:
    """Save the notebook that is open in Colab into the workspace; return its path there.

    Raises:
        WorkspaceError: Colab does not hand the notebook over, it is no lesson's, or it is as
            released while the workspace has one with work in it.
    """
    workspace, content = find_workspace(), _open_notebook()
    cells = cells_of(content, Path("the notebook open in Colab"))
    lesson = _lesson_of(cells)
    target = notebook_of(workspace, lesson)
    with writing(workspace, 10.0):
        place_notebook(workspace, lesson)
        _require_newer(cells, lesson, target)
        if lesson.id not in _saved:
            backup_notebook(workspace, lesson)
        with atomic_path(target) as unfinished:
            unfinished.write_text(json.dumps(content, indent=1), encoding="utf-8")
            sync_file(unfinished)
    _saved.add(lesson.id)
    return target


def run_tito(line: str) -> None:
    """Save the open notebook, and run a command of tito; its status is not an error of the cell."""
    save_notebook()
    code = "from tito.main import main; main()"
    command = [sys.executable, "-c", code, *shlex.split(line)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        try:
            for text in process.stdout:
                print(text, end="", flush=True)
        except KeyboardInterrupt:
            with suppress(ProcessLookupError):
                process.terminate()
            raise


def _define_magic() -> None:
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None:
        shell.register_magic_function(run_tito, "line", "tito")


def _open_notebook() -> Any:
    """Return the notebook that is open in the browser, as Colab has it."""
    try:
        answer = import_module("google.colab._message").blocking_request(
            "get_ipynb", request="", timeout_sec=_SECONDS
        )
    except (ImportError, AttributeError, TypeError):
        answer = None
    if not isinstance(answer, Mapping) or not isinstance(answer.get("ipynb"), dict):
        raise WorkspaceError(
            "Colab did not hand over the notebook that is open. Save it (Ctrl-S), open the one in "
            "my-recsys/notebooks on your Drive instead, and run `!tito` in place of `%tito`."
        )
    return answer["ipynb"]


def _lesson_of(cells: list[Cell]) -> Lesson:
    """Return the lesson most of whose named cells a notebook has."""
    names = {cell.grade_id for cell in cells if cell.grade_id}
    found = {lesson: len(names & _names_in(lesson)) for lesson in all_lessons()}
    best = max(found, key=lambda lesson: found[lesson])
    if not found[best]:
        raise WorkspaceError(
            "the notebook that is open is not one of a lesson, or lost its cells' metadata: open "
            "one of my-recsys/notebooks on your Drive."
        )
    return best


def _names_in(lesson: Lesson) -> set[str]:
    return {cell.grade_id for cell in read_cells(lesson.release) if cell.grade_id}


def _require_newer(cells: list[Cell], lesson: Lesson, target: Path) -> None:
    """Raise WorkspaceError if an untouched notebook would replace one with work in it."""
    released, opened, kept = (
        {cell.grade_id: cell.source for cell in each if cell.is_solution}
        for each in (read_cells(lesson.release), cells, read_cells(target))
    )
    if opened == released != kept:
        raise WorkspaceError(
            f"nothing is written into the notebook that is open, and {target} has work of yours: "
            "open that one from your Drive."
        )
