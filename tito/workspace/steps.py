"""The three steps of a lesson: test the notebook, export it, judge the export. Each is recorded."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from recsys_edu.artefacts.cell import headers_in
from recsys_edu.exported import copy_exported
from recsys_edu.workspace import Workspace
from tito.course.export import Export, export_notebook, exported_cells, functions_of, write_export
from tito.course.lessons import Lesson
from tito.course.notebook import Cell, NotebookError, read_cells
from tito.course.tests import with_released_tests
from tito.workspace.files import export_of, notebook_of
from tito.workspace.points import record_tests
from tito.workspace.progress import load_progress, now, recording

if TYPE_CHECKING:  # they import NumPy or Jupyter, and exporting needs neither
    from tito.course.checkpoint import CheckpointResult
    from tito.course.kernel_run import CellRun
    from tito.judging.clauses import Verdict


def run_tests(
    workspace: Workspace,
    lesson: Lesson,
    *,
    seconds: int,
    locked: bool = False,
    on_cell: Callable[[Cell], None] = lambda cell: None,
) -> list[CellRun]:
    """Run the learner's notebook in a kernel, with the tests as released.

    Args:
        workspace: the workspace.
        lesson: the lesson.
        seconds: time limit of one cell.
        locked: True if the caller holds the workspace's lock already.
        on_cell: function that is called with each code cell before it runs.

    Returns:
        The result of each code cell. The notebook itself is only read.
    """
    from tito.course.kernel_run import run_notebook

    path = learners_notebook(workspace, lesson)
    read_cells(path)  # raises an error that says what is wrong with the file
    content = with_released_tests(
        json.loads(path.read_text(encoding="utf-8")),
        json.loads(lesson.release.read_text(encoding="utf-8")),
    )
    runs = run_notebook(path, content, workspace.notebooks, seconds=seconds, on_cell=on_cell)
    passed = all(run.passed for run in runs if run.cell.is_graded)
    with recording(workspace, locked=locked) as progress:
        progress.of(lesson.id).tested = now() if passed else ""
    record_tests(workspace, lesson, runs, locked=locked)
    return runs


def export_lesson(workspace: Workspace, lesson: Lesson) -> tuple[Export, bool]:
    """Export the learner's notebook; the caller holds the workspace's lock.

    Returns:
        The export, and True if it is different from before.
    """
    path = learners_notebook(workspace, lesson)
    title = f"Lesson {lesson.number:02}, {lesson.about().title}"
    released = exported_cells(lesson.release)
    export = export_notebook(
        path,
        title,
        functions_of(released),
        lesson=lesson.number,
        headers=headers_in(lesson.folder),
        released=released,
    )
    changed = write_export(export, export_of(workspace, lesson))
    with recording(workspace, locked=True) as progress:
        entry = progress.of(lesson.id)
        entry.exported, entry.digest = now(), digest_of(path)
    return export, changed


def judge_lesson(
    workspace: Workspace,
    lesson: Lesson,
    *,
    locked: bool = False,
    on_verdict: Callable[[Verdict], None] = lambda verdict: None,
) -> CheckpointResult:
    """Run the checkpoint on the export, as it is at the start.

    Args:
        workspace: the workspace.
        lesson: the lesson.
        locked: True if the caller holds the workspace's lock already.
        on_verdict: function that is called with each verdict.
    """
    from tito.course.checkpoint import run_checkpoint

    digest = load_progress(workspace).of(lesson.id).digest
    with tempfile.TemporaryDirectory(prefix="recsys-checkpoint-") as folder:
        judged = Path(folder, f"{lesson.name}.py")
        if export_of(workspace, lesson).is_file():
            copy_exported(export_of(workspace, lesson), judged)
        result = run_checkpoint(lesson, judged, on_verdict)
    with recording(workspace, locked=locked) as progress:
        entry = progress.of(lesson.id)
        entry.judged, entry.passed = now(), result.passed
        if result.passed:
            entry.passed_digest = digest
            entry.first_passed = entry.first_passed or entry.judged
    return result


def learners_notebook(workspace: Workspace, lesson: Lesson) -> Path:
    """Return the path of the learner's notebook; raise NotebookError if there is none."""
    path = notebook_of(workspace, lesson)
    if not path.is_file():
        raise NotebookError(f"there is no {path}: run `tito start {lesson.number}` first.")
    return path


def digest_of(notebook: Path) -> str:
    """Return a digest of the cells that would be exported; empty if there are none."""
    try:
        sources = [cell.source for cell in exported_cells(notebook)]
    except NotebookError:
        return ""
    return hashlib.sha256("\0".join(sources).encode()).hexdigest()[:16]
