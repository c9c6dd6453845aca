"""Google Colab's way, in a real kernel in an empty folder, with a stand-in for Colab itself."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.course.learner import solutions_of, type_in
from tests.workspace.conftest import ROOT
from tito.authoring.colab_cell import REQUIREMENT
from tito.course.lessons import Lesson

pytest.importorskip("nbclient")
DRIVE = """\
from pathlib import Path
def mount(place):
    Path(place, "MyDrive").mkdir(parents=True, exist_ok=True)
"""
MESSAGE = """\
import json
def blocking_request(kind, request="", timeout_sec=None):
    assert kind == "get_ipynb"
    with open({path!r}, encoding="utf-8") as file:
        return {{"ipynb": json.load(file)}}
"""
Run = Callable[..., str]


def in_browser(path: Path) -> None:
    """Change a notebook's file as Colab does: no ids, an older format, its own metadata."""
    content = json.loads(path.read_text())
    for cell in content["cells"]:
        cell["metadata"]["id"] = cell.pop("id", "new")
    path.write_text(json.dumps({**content, "nbformat_minor": 0}))


@pytest.fixture
def opened(toy: Lesson, tmp_path: Path) -> Path:
    """The notebook that is open in the browser."""
    path = tmp_path / "browser" / "Copy of 42_toy.ipynb"
    path.parent.mkdir()
    path.write_bytes(toy.release.read_bytes())
    in_browser(path)
    return path


@pytest.fixture
def kernel(toy: Lesson, opened: Path, tmp_path: Path) -> Iterator[Run]:
    """Run cells in one kernel in an empty folder, with Colab's modules; return what they print."""
    from nbclient import NotebookClient
    from nbformat import v4

    colab = tmp_path / "colab" / "google" / "colab"
    colab.mkdir(parents=True)
    (colab / "__init__.py").write_text("")
    (colab / "drive.py").write_text(DRIVE)
    (colab / "_message.py").write_text(MESSAGE.format(path=str(opened)))
    (tmp_path / "content").mkdir()
    path = os.pathsep.join(map(str, (tmp_path / "colab", ROOT, ROOT / "backends")))
    environment = {
        **os.environ,
        "PYTHONPATH": path,
        "RECSYS_EDU_COURSE": str(toy.folder.parents[1]),
    }
    notebook: Any = v4.new_notebook()  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook, allow_errors=True, resources={"metadata": {"path": str(tmp_path / "content")}}
    )

    def run(code: str) -> str:
        notebook.cells.append(v4.new_code_cell(code))  # type: ignore[no-untyped-call]
        client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
        outputs = notebook.cells[-1].outputs
        return "".join(o.get("text") or "\n".join(o.get("traceback", ())) for o in outputs)

    with client.setup_kernel(env=environment):
        run("import google.colab")
        yield run


def first_cell(toy: Lesson) -> str:
    """The cell that installs, as if that were done."""
    source = "".join(json.loads(toy.release.read_text())["cells"][0]["source"])
    install = f'%pip install --quiet "{REQUIREMENT}"'
    assert source.count(install) == 1
    return source.replace(install, "pass")


def test_from_an_empty_folder_to_the_checkpoint(
    kernel: Run, toy: Lesson, opened: Path, tmp_path: Path
) -> None:
    said = kernel(first_cell(toy))
    root = tmp_path / "content" / "drive" / "MyDrive" / "my-recsys"
    assert f"Your workspace is {root}" in said
    assert "not written yet (cell 'double'" in kernel("%tito test 42")
    type_in(opened, solutions_of(toy))
    done = kernel("%tito complete 42")
    assert "Lesson 42 is complete." in done
    assert "\x1b" not in done
    assert (root / "my_recsys" / "toy.py").is_file()
    kept = (root / "notebooks" / toy.notebook).read_text()
    assert json.loads(kept) == json.loads(opened.read_text())
    used = "from recsys_edu import set_backend; print(set_backend('student').name)"
    assert kernel(used) == "student\n"
    assert "1 of 1 checkpoints passed" in kernel("%tito status")
    assert f"Your workspace is {root}" in kernel(first_cell(toy)), "again, after a restart"


def test_work_on_the_drive_is_not_replaced_by_an_untouched_notebook(
    kernel: Run, toy: Lesson, opened: Path, tmp_path: Path
) -> None:
    kernel(first_cell(toy))
    path = tmp_path / "content" / "drive" / "MyDrive" / "my-recsys" / "notebooks" / toy.notebook
    type_in(path, solutions_of(toy))
    before = path.read_bytes()
    said = kernel("%tito test 42")
    assert "has work of yours: open that one from your Drive" in said
    assert said.count("\n") == 0
    assert path.read_bytes() == before
    type_in(opened, {"double": "def double(x):\n    return 3 * x\n"})
    assert "✗ test double" in kernel("%tito test 42")
    backups = path.parents[1] / ".tito" / "backups" / toy.id
    assert [each.read_bytes() for each in backups.iterdir()] == [before]


def test_other_notebooks_and_a_silent_colab_are_named(
    kernel: Run, toy: Lesson, opened: Path
) -> None:
    kernel(first_cell(toy))
    opened.write_text(json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 0}))
    assert "is not one of a lesson" in kernel("%tito test 42")
    kernel("import google.colab._message as m\nm.blocking_request = lambda *a, **k: None")
    assert "Colab did not hand over the notebook" in kernel("%tito test 42")


def test_elsewhere_the_cell_does_nothing(toy: Lesson, tmp_path: Path) -> None:
    """VS Code's way: the kernel stands in the folder of the notebook."""
    source = "".join(json.loads(toy.release.read_text())["cells"][0]["source"])
    from tito.course.kernel_run import run_notebook

    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": source}
    content = {"cells": [{**cell, "execution_count": None}], "metadata": {}, "nbformat": 4}
    (run,) = run_notebook(tmp_path / "n.ipynb", {**content, "nbformat_minor": 4}, tmp_path)
    assert run.passed, run.message
    assert not list(tmp_path.glob("drive"))
