"""Mutants: wrong solutions that a lesson has to catch, with messages that help.

A lesson's ``mutants.py`` has ``MUTANTS``: for each graded cell a dictionary of edits to the
solution, ``{name: (before, after, sentence)}``, where ``before`` occurs once in the exported cells.
The sentence tells a learner what such a function does wrong; it is None for one that differs from
the solution in time or memory only, or by chance. A lesson without a calls.py needs no sentences.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from recsys_edu.artefacts.cell import headers_in, is_cython
from tito.authoring.source import AuthoringError, solution_cells
from tito.course.cython_cells import python_of, write_module
from tito.course.judged import session_of
from tito.course.lessons import Lesson
from tito.course.notebook import Cell
from tito.judging.clauses import Verdict, functions_of, generator_for, load_clauses, run_clause

_SECONDS: Final = 60


@dataclass(frozen=True)
class Mutant:
    """One wrong solution."""

    lesson: Lesson
    grade_id: str
    name: str
    before: str
    after: str
    sentence: str | None
    """Description of the mistake, for a learner; None if only time, memory or chance tell it."""

    def cells(self) -> list[Cell]:
        """Return the lesson's cells with the edit."""
        cells = _solution_cells(self.lesson, self.lesson.source.read_bytes())
        times = sum(cell.source.count(self.before) for cell in cells if cell.is_exported)
        if times != 1:
            raise AuthoringError(
                f"{self.lesson.id}/mutants.py, {self.grade_id}, {self.name!r}: the text to be "
                f"replaced occurs {times} times in the exported cells, not once."
            )
        return [_edited(cell, self.before, self.after) for cell in cells]


@lru_cache(maxsize=2)
def _solution_cells(lesson: Lesson, content: bytes) -> list[Cell]:
    """Return the cells of a lesson, whose source has this content: reading it takes long."""
    return solution_cells(lesson)


def mutants_of(lesson: Lesson) -> Iterator[Mutant]:
    """Yield every mutant of a lesson."""
    for grade_id, edits in load_clauses(lesson.folder, "mutants.py").MUTANTS.items():
        for name, (before, after, *sentence) in edits.items():
            said = sentence[0] if sentence else ""
            yield Mutant(lesson, grade_id, name, before, after, said)


def hidden_verdicts(
    lesson: Lesson, cells: list[Cell], seed: int, only: str | None = None
) -> list[Verdict]:
    """Judge exported cells by the lesson's hidden.py."""
    functions = functions_of(load_clauses(lesson.folder, "hidden.py"))
    with tempfile.TemporaryDirectory() as folder:
        exported = Path(folder, f"{lesson.name}.py")
        learners = [cell for cell in cells if cell.is_exported]
        write_module(learners, exported, headers_in(lesson.folder))
        with session_of(lesson).open(exported) as remote:
            return [
                run_clause(name, function, remote, generator_for(name, seed))
                for name, function in functions.items()
                if only in (None, name.partition("__")[0])
            ]


def visible_message(cells: list[Cell], grade_id: str) -> str:
    """Return the message of a graded cell's visible test; empty if it passes.

    The code cells up to the test run in a plain Python process, without experiments, as
    ``tito test`` leaves them out.
    """
    code = [cell for cell in cells if cell.kind == "code"]
    last = next(n for n, cell in enumerate(code) if cell.grade_id == grade_id)
    needed = [cell for cell in code[:last] if not (cell.is_graded or cell.is_experiment)]
    cells = [*needed, code[last]]
    sources = [_in_plain_python(cell) for cell in cells]
    try:
        done = subprocess.run(
            [sys.executable, "-c", "\n\n".join(sources)],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            env={**os.environ, "MPLBACKEND": "agg"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"(it did not end within {_SECONDS} s)"
    lines = done.stderr.strip().splitlines()
    return lines[-1] if done.returncode and lines else ""


def _in_plain_python(cell: Cell) -> str:
    """A code cell as a plain Python process can run it."""
    if not is_cython(cell.source):
        return python_of(cell)
    return (
        "from recsys_edu.cython_magic import functions_of_cell\n"
        f"globals().update(functions_of_cell({cell.source!r}))"
    )


def _edited(cell: Cell, before: str, after: str) -> Cell:
    if not cell.is_exported:
        return cell
    return Cell(
        cell.number, cell.kind, cell.source.replace(before, after), cell.tags, cell.nbgrader
    )
