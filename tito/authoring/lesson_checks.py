"""Check a lesson: its solutions have to pass everything, and its release nothing."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recsys_edu.artefacts.cell import headers_in
from tito.authoring.mutants import hidden_verdicts
from tito.authoring.release import notebook_bytes, released
from tito.authoring.source import solution_notebook
from tito.course.checkpoint import run_checkpoint
from tito.course.export import export_notebook, write_export
from tito.course.kernel_run import run_notebook
from tito.course.lessons import Lesson
from tito.course.notebook import cells_of


@dataclass(frozen=True)
class LessonCheck:
    """Result of one check of a lesson."""

    ok: bool
    description: str


def check_lesson(lesson: Lesson, seed: int = 0) -> Iterator[LessonCheck]:
    """Run and judge a lesson with its solutions and as released."""
    solved = solution_notebook(lesson)
    yield from _check_in_kernel(lesson, json.loads(notebook_bytes(solved)), solved=True)
    yield from _check_judges(lesson, json.loads(notebook_bytes(solved)), seed, solved=True)
    bare = json.loads(notebook_bytes(released(solution_notebook(lesson))))
    yield from _check_in_kernel(lesson, bare, solved=False)
    yield from _check_judges(lesson, bare, seed, solved=False)


def _check_in_kernel(lesson: Lesson, content: Any, *, solved: bool) -> Iterator[LessonCheck]:
    name = "with solutions" if solved else "as released"
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        runs = run_notebook(Path(lesson.notebook), content, Path(folder))
        seconds = time.perf_counter() - start
    yield LessonCheck(seconds < 60 or not solved, f"{name}: it runs in {seconds:.0f} s")
    for run in runs:
        if run.cell.is_graded or (solved and not run.passed):
            outcome = run.message or "passes"
            yield LessonCheck(run.passed == solved, f"{name}: {run.cell.label} {outcome}")


def _check_judges(
    lesson: Lesson, content: Any, seed: int, *, solved: bool
) -> Iterator[LessonCheck]:
    name = "with solutions" if solved else "as released"
    for verdict in hidden_verdicts(lesson, cells_of(content, lesson.source), seed):
        outcome = verdict.message or "passes"
        yield LessonCheck(verdict.passed == solved, f"{name}: hidden {verdict.name} {outcome}")
    with tempfile.TemporaryDirectory() as folder:
        notebook = Path(folder, lesson.notebook)
        notebook.write_text(json.dumps(content), encoding="utf-8")
        exported = Path(folder, "my_recsys", f"{lesson.name}.py")
        export = export_notebook(
            notebook,
            lesson.about().title,
            lesson=lesson.number,
            headers=headers_in(lesson.folder),
        )
        write_export(export, exported)
        result = run_checkpoint(lesson, exported)
    yield LessonCheck(
        result.passed == solved, f"{name}: the checkpoint {['fails', 'passes'][result.passed]}"
    )
    if solved:
        for verdict in result.verdicts:
            if not verdict.passed:
                yield LessonCheck(False, f"{name}: checkpoint {verdict.name}: {verdict.message}")
