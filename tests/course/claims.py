"""Data, seeds and functions by which sentences of the lessons are computed."""

from __future__ import annotations

import ast
from functools import cache
from typing import Any

import numpy as np
import pytest

from recsys_edu import Interactions, Split, load_dataset, load_split
from recsys_edu.datasets import load_titles
from recsys_edu.errors import DatasetNotFoundError

pytest.importorskip("jupytext")

from tito.authoring.source import solution_cells
from tito.course.lessons import find_lesson

SEEDS = (0, 1, 2)
SYNTHETIC = "synthetic-100k"
NAMES = (SYNTHETIC, "ml-100k")
BOTH = [(name, seed) for name in NAMES for seed in SEEDS]


def split_of(name: str, seed: int) -> Split:
    """A split of a dataset; a test is skipped where MovieLens is not on this computer."""
    _require_here(name)
    return load_split(name, seed=seed).fold_valid()


def dataset_of(name: str) -> Interactions:
    """A dataset; a test is skipped where MovieLens is not on this computer."""
    _require_here(name)
    return load_dataset(name)


def _require_here(name: str) -> None:
    try:
        load_titles(name)  # never downloads
    except DatasetNotFoundError as error:
        pytest.skip(str(error))


def code_of(number: int) -> list[ast.stmt]:
    """The statements of a lesson's cells, with its solutions."""
    cells = solution_cells(find_lesson(str(number)))
    return [node for cell in cells if cell.kind == "code" for node in ast.parse(cell.source).body]


@cache
def names_of(number: int) -> dict[str, Any]:
    """What a lesson imports from elsewhere, defines as a function, or writes in its exported cells.

    Nothing else of its notebook is run.
    """
    names: dict[str, Any] = {"np": np}
    wanted = ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom | ast.AnnAssign
    for node in code_of(number):
        if isinstance(node, wanted):
            exec(compile(ast.Module([node], []), f"lesson {number}", "exec"), names)
    return names
