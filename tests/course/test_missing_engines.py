"""The race at the end of lesson 05, in a kernel without PyTorch, and without compiled kernels."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.commands import ROOT
from tests.tito.test_race_missing import without_extension, without_torch

pytest.importorskip("jupytext")
pytest.importorskip("nbclient")

from tito.authoring.source import solution_cells
from tito.course.lessons import find_lesson

LARGE = 'load_split("synthetic-100k").fold_valid()'
SMALL = "random_split(make_synthetic(120, 90, 3600, seed=0), seed=0)"


def cells_of_the_race() -> list[str]:
    """The lesson's imports and functions, the training on little data, the race and its picture."""
    code = [cell for cell in solution_cells(find_lesson("5")) if cell.kind == "code"]
    first = next(n for n, cell in enumerate(code) if cell.is_solution)
    ready = [cell for n, cell in enumerate(code) if n < first or cell.is_solution]
    training, race, picture = (
        next(cell for cell in code if beginning in cell.source)
        for beginning in (LARGE, "raced, missing = ", 'plt.title("Left is fast')
    )
    cells = [cell.source for cell in (*ready, training, race, picture)]
    return [source.replace(LARGE, SMALL) for source in cells]


def outputs_of(cells: list[str], hidden: Path, folder: Path) -> list[str]:
    """Texts that the cells print, or the tracebacks of those that fail, in a real kernel."""
    from nbclient import NotebookClient
    from nbformat import v4

    notebook: Any = v4.new_notebook(cells=[v4.new_code_cell(source) for source in cells])  # type: ignore[no-untyped-call]
    path = os.pathsep.join(map(str, (hidden, ROOT, ROOT / "backends")))
    where = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, allow_errors=True, timeout=120, resources=where)
    client.execute(env={**os.environ, "PYTHONPATH": path})
    return [
        "".join(each.get("text") or "\n".join(each.get("traceback", ())) for each in cell.outputs)
        for cell in notebook.cells
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hide", "rows", "remedy"),
    [
        (without_torch, ("two-tower, PyTorch",), "`pip install 'recsys_edu[torch]'`"),
        (without_extension, ("BPR, Cython", "Cython, 30 epochs"), "compiler"),
    ],
    ids=["torch", "kernels"],
)
def test_the_row_of_a_missing_engine_says_what_to_install(
    tmp_path: Path, hide: Any, rows: tuple[str, ...], remedy: str
) -> None:
    *before, race, picture = outputs_of(cells_of_the_race(), hide(tmp_path), tmp_path)
    assert "Traceback" not in "".join((*before, race, picture))
    missing = [line for line in race.splitlines() if "not run:" in line]
    assert all(line.startswith(row) for line, row in zip(missing, rows, strict=True))
    assert all(remedy in line for line in missing)
    compiled = {"BPR, Cython", "Cython, 30 epochs"}
    there = {"BPR, your loop", "two-tower, PyTorch", "most popular", *compiled} - {*rows}
    shown = [line for line in race.splitlines() if "not run:" not in line]
    assert all(any(line.startswith(name) for line in shown) for name in there)
