"""The three steps of a lesson: test the notebook, export it, judge the export. Each is recorded."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from recsys_edu.artefacts.cell import CythonCellError, headers_in
from recsys_edu.artefacts.errors import BuildToolsError
from recsys_edu.artefacts.local import build_here
from recsys_edu.exported import copy_exported
from recsys_edu.workspace import Workspace
from tito.course.cython_cells import Builder, python_of, write_module
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
    from tito.course.mistakes import Mistake
    from tito.judging.clauses import Verdict


@dataclass(frozen=True)
class TestedNotebook:
    """Outcome of a run of a notebook's visible tests."""

    runs: tuple[CellRun, ...]
    problem: str
    """Reason why a notebook that passes its tests cannot be exported; empty if it can."""
    left_out: int
    """Number of experiments that were not run."""

    @property
    def graded(self) -> list[CellRun]:
        """Runs of the cells that earn points."""
        return [run for run in self.runs if run.cell.is_graded]

    @property
    def passed(self) -> bool:
        """Every test passed, there was one, and the notebook can be exported."""
        graded = self.graded
        return bool(graded) and all(run.passed for run in graded) and not self.problem


def run_tests(
    workspace: Workspace,
    lesson: Lesson,
    *,
    seconds: int,
    experiments: bool = False,
    locked: bool = False,
    on_cell: Callable[[Cell], None] = lambda cell: None,
) -> TestedNotebook:
    """Run the learner's notebook in a kernel, with the tests as released.

    Args:
        workspace: the workspace.
        lesson: the lesson.
        seconds: time limit of one cell.
        experiments: True to run the cells tagged ``experiment`` as well.
        locked: True if the caller holds the workspace's lock already.
        on_cell: function that is called with each code cell before it runs.

    Returns:
        The outcome. The notebook itself is only read.
    """
    from tito.course.kernel_run import run_notebook

    path = learners_notebook(workspace, lesson)
    cells = read_cells(path)  # raises an error that says what is wrong with the file
    content = with_released_tests(
        json.loads(path.read_text(encoding="utf-8")),
        json.loads(lesson.release.read_text(encoding="utf-8")),
    )
    runs = run_notebook(
        path,
        content,
        workspace.notebooks,
        seconds=seconds,
        experiments=experiments,
        on_cell=on_cell,
    )
    passed = all(run.passed for run in runs if run.cell.is_graded)
    tested = TestedNotebook(
        tuple(runs),
        _export_problem(path, lesson) if passed else "",
        0 if experiments else sum(cell.is_experiment for cell in cells),
    )
    with recording(workspace, locked=locked) as progress:
        progress.of(lesson.id).tested = now() if tested.passed else ""
    record_tests(workspace, lesson, runs, locked=locked)
    return tested


def _export_problem(path: Path, lesson: Lesson) -> str:
    """Return the reason why a notebook cannot be exported, empty if it can; nothing is built."""
    try:
        _exported(path, lesson, builder=_build_nothing)
    except NotebookError as error:
        return str(error)
    return ""


def _build_nothing(*_: object) -> NoReturn:
    """Stand in for the builder of cells in Cython, where they are only checked."""
    raise BuildToolsError("nothing is built for a check.")


def mistakes_in_notebook(
    workspace: Workspace, lesson: Lesson, runs: Sequence[CellRun]
) -> list[Mistake]:
    """Return what can be said of the parts of a learner's notebook whose visible tests failed.

    Args:
        workspace: the workspace.
        lesson: the lesson.
        runs: result of each code cell.
    """
    from tito.course.mistakes import find_mistakes

    failed = [run.cell.grade_id for run in runs if run.cell.is_graded and not run.passed]
    if not failed:
        return []
    cells = [cell for cell in exported_cells(learners_notebook(workspace, lesson)) if _loads(cell)]
    with tempfile.TemporaryDirectory(prefix="recsys-mistakes-") as folder:
        module = Path(folder, f"{lesson.name}.py")
        try:
            write_module(cells, module, headers_in(lesson.folder))
        except (NotebookError, BuildToolsError):  # told by the cell's own line
            return []
        return find_mistakes(lesson, module, failed)


def _loads(cell: Cell) -> bool:
    """Return False for a cell that is no Python: the others can be looked at without it."""
    try:
        compile(python_of(cell), "cell", "exec")
    except (SyntaxError, ValueError, CythonCellError):
        return False
    return True


def export_lesson(workspace: Workspace, lesson: Lesson) -> tuple[Export, bool]:
    """Export the learner's notebook; the caller holds the workspace's lock.

    Returns:
        The export, and True if it is different from before.
    """
    path = learners_notebook(workspace, lesson)
    export = _exported(path, lesson)
    target = export_of(workspace, lesson)
    changed = write_export(export, target)
    with recording(workspace, locked=True) as progress:
        entry = progress.of(lesson.id)
        entry.exported, entry.digest = now(), digest_of(path)
        entry.export_digest = digest_of_file(target)
    return export, changed


def _exported(path: Path, lesson: Lesson, builder: Builder = build_here) -> Export:
    released = exported_cells(lesson.release)
    return export_notebook(
        path,
        f"Lesson {lesson.number:02}, {lesson.about().title}",
        functions_of(released),
        lesson=lesson.number,
        headers=headers_in(lesson.folder),
        released=released,
        builder=builder,
    )


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
        export_digest = digest_of_file(judged)
        result = run_checkpoint(lesson, judged, on_verdict)
    if not export_digest:
        return result  # nothing was judged
    with recording(workspace, locked=locked) as progress:
        entry = progress.of(lesson.id)
        entry.judged, entry.passed = now(), result.passed
        if result.passed:
            entry.passed_digest, entry.passed_export = digest, export_digest
            entry.first_passed = entry.first_passed or entry.judged
    return result


def learners_notebook(workspace: Workspace, lesson: Lesson) -> Path:
    """Return the path of the learner's notebook; raise NotebookError if there is none."""
    path = notebook_of(workspace, lesson)
    if not path.is_file():
        raise NotebookError(f"there is no {path}: run `tito start {lesson.number}` first.")
    return path


def digest_of_file(path: Path) -> str:
    """Return a digest of an exported file; empty if there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except FileNotFoundError:
        return ""


def digest_of(notebook: Path) -> str:
    """Return a digest of the cells that would be exported; empty if there are none."""
    try:
        sources = [cell.source for cell in exported_cells(notebook)]
    except NotebookError:
        return ""
    return hashlib.sha256("\0".join(sources).encode()).hexdigest()[:16]
