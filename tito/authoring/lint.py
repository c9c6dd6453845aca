"""Find mistakes in a lesson's source that nbgrader and jupytext would not report."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Final

from recsys_edu.artefacts.cell import CythonCellError
from tito.authoring.lint_cython import cython_problems
from tito.authoring.source import (
    BEGIN_SOLUTION,
    END_SOLUTION,
    AuthoringError,
    solution_cells,
)
from tito.course.cython_cells import imports_of, python_of
from tito.course.lessons import Lesson, LessonError
from tito.course.names import defined_at_top, undefined_names
from tito.course.notebook import EXPERIMENT, EXPORT, OP, Cell
from tito.judging.clauses import functions_of, load_clauses
from tito.judging.remote import OWN_NAMES
from tito.wire.masking import ALWAYS

KEYS: Final = {"grade", "grade_id", "locked", "points", "schema_version", "solution"}
_HEADER: Final = re.compile(r"# %%(?: \[(?P<kind>\w+)\])?(?P<rest>(?: .*)?)")
_FILES: Final = ("ABOUT.md", "hidden.py", "checkpoint.py", "mutants.py")


def problems(lesson: Lesson) -> list[str]:
    """Return the mistakes in a lesson's folder, one sentence each."""
    missing = [
        f"{lesson.id} has no {name}" for name in _FILES if not (lesson.folder / name).is_file()
    ]
    if missing:
        return missing
    try:
        lesson.about()
        cells = solution_cells(lesson)
        text = lesson.source.read_text(encoding="utf-8")
    except (LessonError, AuthoringError, OSError) as error:
        return [str(error)]
    first = [f"{lesson.source.name}, line {n}: {what}" for n, what in _header_problems(text)]
    first += [f"{lesson.source.name}, {what}" for what in cython_problems(lesson, cells)]
    try:
        if unreadable := list(_syntax_problems(lesson, cells)):
            return [*first, *unreadable]
        return [
            *first,
            *(f"{lesson.source.name}, {what}" for what in _cell_problems(cells)),
            *(f"{lesson.source.name}, {what}" for what in _experiment_problems(cells)),
            *(f"{lesson.source.name}, {what}" for what in _borrowing_problems(cells)),
            *_clause_problems(lesson, cells),
        ]
    except CythonCellError:  # of a cell that is among the problems already
        return first
    except AuthoringError as error:
        return [*first, str(error)]


def _syntax_problems(lesson: Lesson, cells: list[Cell]) -> Iterator[str]:
    for cell in cells:
        try:
            if cell.kind == "code":
                ast.parse(python_of(cell))
        except SyntaxError as error:
            line = f", line {error.lineno}" if error.lineno else ""
            yield f"{lesson.source.name}, {cell.label}{line}: it is not Python: {error.msg}."


def _header_problems(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines with metadata that jupytext takes for text, or nbgrader ignores."""
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.fullmatch(line)
        if header is None:
            if line.startswith("# %%"):
                yield number, "this looks like the start of a cell, but is not one."
            continue
        found = re.search(r"nbgrader=(\{.*\})", header["rest"])
        if found is None:
            if "nbgrader" in header["rest"] or "{" in header["rest"]:
                yield number, "the metadata must be JSON on this one line."
            continue
        try:
            keys = json.loads(found[1])
        except json.JSONDecodeError as error:
            yield number, f"the metadata is not JSON: {error}."
            continue
        if set(keys) != KEYS or keys["schema_version"] != 3:
            yield number, f"the metadata needs exactly {', '.join(sorted(KEYS))}; schema_version 3."


def _cell_problems(cells: list[Cell]) -> Iterator[str]:
    seen: set[str] = set()
    for cell in cells:
        if cell.grade_id in seen:
            yield f"{cell.label}: its grade_id is taken already."
        seen |= {cell.grade_id} - {""}
        is_code = cell.kind == "code"
        marked = BEGIN_SOLUTION in cell.source and END_SOLUTION in cell.source
        if is_code and cell.is_solution and not marked:
            markers = f"{BEGIN_SOLUTION} and {END_SOLUTION}"
            yield f"{cell.label}: a solution without {markers} would be taken out whole."
        if not cell.is_solution and BEGIN_SOLUTION in cell.source:
            yield f"{cell.label}: it holds a solution, but its metadata does not say so."
        if cell.is_graded and not cell.nbgrader.get("points"):
            yield f"{cell.label}: it is graded, and worth no points."
        if cell.is_graded and not is_code and "=== BEGIN MARK SCHEME ===" not in cell.source:
            yield f"{cell.label}: a person marks it, and it has no mark scheme."
        if "HIDDEN TESTS" in cell.source:
            yield f"{cell.label}: hidden tests belong into hidden.py."
        if is_code and cell.is_solution and EXPORT not in cell.tags:
            yield f"{cell.label}: what learners write has to be tagged '{EXPORT}'."
        if EXPORT in cell.tags:
            for name in sorted(OWN_NAMES & defined_at_top(ast.parse(python_of(cell))).keys()):
                yield f"{cell.label}: judges could not call {name}, which is a name of their own."
        if OP in cell.tags:
            yield from _op_problems(cell)


def _definitions(cells: list[Cell]) -> Iterator[tuple[Cell, str, ast.Module, set[str]]]:
    """Yield each code cell with its Python, the tree of it, and the names that it defines."""
    for cell in cells:
        if cell.kind == "code":
            text = python_of(cell)
            tree = ast.parse(text)
            yield cell, text, tree, set(defined_at_top(tree))


def _experiment_problems(cells: list[Cell]) -> Iterator[str]:
    """Yield cells that grading runs, and that need experiments, which it does not run."""
    run: set[str] = set()
    left_out: set[str] = set()
    for cell, text, tree, defined in _definitions(cells):
        if EXPERIMENT in cell.tags:
            left_out |= defined - run
            if cell.nbgrader:
                yield f"{cell.label}: what is graded or locked cannot be an experiment."
            continue
        for use in undefined_names(text, tree, run | defined):
            if use.name in left_out:
                yield f"{cell.label}: it needs {use.name}, which only an experiment defines."
        run |= defined


def _borrowing_problems(cells: list[Cell]) -> Iterator[str]:
    """Yield tests that need what another test defines, which may have failed before it does so."""
    known: set[str] = set()
    others: set[str] = set()
    for cell, text, tree, defined in _definitions(cells):
        if not cell.is_graded or cell.is_solution:
            known |= defined
            continue
        for use in undefined_names(text, tree, known | defined):
            if use.name in others:
                yield f"{cell.label}: it needs {use.name}, which only another test defines."
        others |= defined - known


def _op_problems(cell: Cell) -> Iterator[str]:
    if EXPORT not in cell.tags:
        yield f"{cell.label}: a cell tagged '{OP}' has to be tagged '{EXPORT}' as well."
    for node in ast.walk(ast.parse(imports_of(cell))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or "."] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            if name not in ALWAYS and name.split(".")[0] not in ALWAYS:
                yield f"{cell.label}: an op cell may not import {name}."


def _loaded(lesson: Lesson, name: str) -> ModuleType:
    """Import a file beside the lesson; raise AuthoringError if it raises anything."""
    try:
        return load_clauses(lesson.folder, name)
    except (Exception, SystemExit) as error:  # an author's code may raise anything
        raise AuthoringError(
            f"{lesson.id}/{name} cannot be imported: {type(error).__name__}: {error}."
        ) from error


def _clause_problems(lesson: Lesson, cells: list[Cell]) -> Iterator[str]:
    graded = {cell.grade_id for cell in cells if cell.is_graded and cell.kind == "code"}
    clauses = functions_of(_loaded(lesson, "hidden.py"))
    mutants = getattr(_loaded(lesson, "mutants.py"), "MUTANTS", None)
    if not isinstance(mutants, dict):
        yield f"{lesson.id}/mutants.py has no dictionary MUTANTS of wrong solutions."
        return
    for name in sorted(graded - clauses.keys()):
        yield f"{lesson.id}/hidden.py has no function {name}(remote, rng) to judge it by."
    for name, clause in clauses.items():
        if not clause.__doc__:
            yield f"{lesson.id}/hidden.py: {name} has no docstring with its requirement."
    for name in sorted(name for name in clauses if name.partition("__")[0] not in graded):
        yield f"{lesson.id}/hidden.py judges {name}, but no graded cell has this name."
    for name in sorted(graded):
        wrong = mutants.get(name, ())
        if not isinstance(wrong, (list, tuple, dict)):
            yield f"{lesson.id}/mutants.py: the wrong solutions for {name} are no list."
        elif len(wrong) < 3:
            yield f"{lesson.id}/mutants.py has fewer than three wrong solutions for {name}."
    checkpoint = _loaded(lesson, "checkpoint.py")
    if not functions_of(checkpoint) and not getattr(checkpoint, "OPS", ()):
        yield f"{lesson.id}/checkpoint.py has no clauses: every export would pass."
