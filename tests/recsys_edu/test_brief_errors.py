"""Errors without a line of code to blame: one sentence in a notebook, not a page of frames."""

from __future__ import annotations

from pathlib import Path

import pytest

from tito.course.kernel_run import run_notebook

pytest.importorskip("nbclient")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("from recsys_edu import set_backend\nset_backend('student')", "no tito.toml"),
        ("from recsys_edu import set_backend\nset_backend('studnet')", "studnet"),
        ("from recsys_edu.workspace import find_workspace\nfind_workspace()", "no tito.toml"),
    ],
)
def test_one_line_in_a_kernel(tmp_path: Path, code: str, said: str) -> None:
    import nbformat
    from nbclient import NotebookClient

    cell = nbformat.v4.new_code_cell(code)  # type: ignore[no-untyped-call]
    notebook = nbformat.v4.new_notebook(cells=[cell])  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook, allow_errors=True, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    (error,) = notebook.cells[0].outputs
    assert len(error.traceback) == 1
    assert said in error.traceback[0]
    (run,) = run_notebook(tmp_path / "n.ipynb", notebook, tmp_path)
    assert said in run.message
