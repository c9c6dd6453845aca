"""Lint of cells in Cython: mistakes that the notebook's author would find out about late."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Final

from recsys_backends.protocol import OPS, ComputeBackend
from recsys_edu.artefacts.cell import CythonCell, CythonCellError, headers_in, is_cython, read_cell
from recsys_edu.artefacts.pyx_functions import Parameter, functions_in
from tito.authoring.release import released
from tito.authoring.source import solution_notebook
from tito.course.lessons import Lesson
from tito.course.notebook import Cell, cells_of

LOAD: Final = "%load_ext recsys_edu.cython_magic"
_STUB: Final = re.compile(r"^\s*raise NotImplementedError\(\)\s*$", re.MULTILINE)


def cython_problems(lesson: Lesson, cells: list[Cell]) -> Iterator[str]:
    """Return what is wrong with the cells in Cython of a lesson, a sentence each."""
    own = [cell for cell in cells if cell.kind == "code" and is_cython(cell.source)]
    if not own:
        return
    if not lesson.about().compilers:
        yield f"{own[0].label}: ABOUT.md has to say `compilers = true` for cells in Cython."
    before = [cell for cell in cells if cell.number < own[0].number]
    if not any(LOAD in cell.source for cell in before if cell.kind == "code"):
        yield f"{own[0].label}: a cell before it has to say `{LOAD}`."
    headers = headers_in(lesson.folder)
    bare = cells_of(released(solution_notebook(lesson)), lesson.source)
    for cell in own:
        try:
            solved = read_cell(cell.source, headers)
            solved.check()
            stub = read_cell(bare[cell.number - 1].source, headers)
            found = [*_problems(cell, solved), *_release_problems(cell, solved, stub)]
        except CythonCellError as error:
            found = [f"line {error.line}: {error}"]
        yield from (f"{cell.label}: {problem}" for problem in found)


def _problems(cell: Cell, solved: CythonCell) -> Iterator[str]:
    if cell.is_exported and not cell.grade_id.isidentifier():
        yield "its grade_id becomes part of a file's name: use letters, digits and '_' only."
    if cell.is_solution and not solved.functions:
        yield "it has no function that begins with `def`: nothing of it could be exported."
    for name, function in solved.functions.items():
        if name in OPS and signature(function.parameters) != _of_protocol(name):
            expected = ", ".join(part for part, _, _ in _of_protocol(name))
            yield f"the op {name} has other parameters than the protocol says: {expected}."


def _release_problems(cell: Cell, solved: CythonCell, stub: CythonCell) -> Iterator[str]:
    """Solutions whose absence a learner would not be told of."""
    if not cell.is_solution:
        return
    for name, function in solved.functions.items():
        found = stub.functions.get(name)
        if found is None or found.parameters != function.parameters:
            yield f"the head of {name} has to stay in the released notebook."
    n_stubs = sum(function.is_stub for function in functions_in(stub.lines).values())
    if len(_STUB.findall(stub.text)) > n_stubs:
        yield (
            "a solution stands outside of a function `def`: what is raised in its place would not "
            "be seen in a C function, and keep the whole cell from loading elsewhere."
        )


def signature(parameters: tuple[Parameter, ...]) -> list[tuple[str, str, bool]]:
    """Return parameters by name, kind and whether they have a default, as ``inspect`` has them."""
    names = [parameter.name for parameter in parameters]
    kind = "POSITIONAL_ONLY" if "/" in names else "POSITIONAL_OR_KEYWORD"
    found = []
    for parameter in parameters:
        name = parameter.name
        if name == "/":
            kind = "POSITIONAL_OR_KEYWORD"
        elif name == "*":
            kind = "KEYWORD_ONLY"
        elif name.startswith("**"):
            found.append((name[2:], "VAR_KEYWORD", False))
        elif name.startswith("*"):
            found.append((name[1:], "VAR_POSITIONAL", False))
            kind = "KEYWORD_ONLY"
        else:
            found.append((name, kind, parameter.default is not None))
    return found


def _of_protocol(op: str) -> list[tuple[str, str, bool]]:
    parameters = inspect.signature(getattr(ComputeBackend, op)).parameters.values()
    return [
        (p.name, p.kind.name, p.default is not inspect.Parameter.empty)
        for p in parameters
        if p.name != "self"
    ]
