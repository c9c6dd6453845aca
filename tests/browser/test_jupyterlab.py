"""A learner in JupyterLab: open a lesson, write a function, run all, export it in the terminal."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.artefacts.compilers import needs_compiler
from tests.browser.page import NotebookPage, eventually, open_browser
from tests.course.learner import solutions_of
from tests.workspace.conftest import start_tito
from tito.course.lessons import Lesson, lessons_in

ROOT = Path(__file__).resolve().parents[2]
LESSONS = lessons_in(ROOT / "modules", ROOT / "notebooks" / "release")
BPR, KERNELS = [lesson for lesson in LESSONS if lesson.name in ("bpr", "kernels")]
LOOP = "        total += <double>a[f] * b[f]"
"""Line of the loop in the solution of lesson 08's ``dot``."""
MISSING = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"{' and '.join(MISSING)} not installed"),
]


def tito(*arguments: object, cwd: Path) -> str:
    """What tito prints in a terminal; AssertionError where it fails."""
    process = start_tito(*arguments, cwd=cwd)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    return out


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A new workspace."""
    tito("init", "mine", cwd=tmp_path)
    return tmp_path / "mine"


@pytest.fixture(params=[BPR])
def notebook(
    request: pytest.FixtureRequest,
    workspace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[NotebookPage]:
    """A lesson as `tito start 5` opens it, in a browser; lesson 05 where a test names no other."""
    lesson: Lesson = request.param
    for name in ("CONFIG", "DATA", "RUNTIME"):
        monkeypatch.setenv(f"JUPYTER_{name}_DIR", str(tmp_path / "jupyter" / name))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.delenv("TERM_PROGRAM", raising=False)
    write_settings(tmp_path / "jupyter" / "CONFIG")
    with (tmp_path / "jupyterlab.log").open("w") as log:
        server = start_tito("start", lesson.number, "--open", cwd=workspace, output=log)
    runtime = tmp_path / "jupyter" / "RUNTIME"
    try:
        (page,) = eventually(lambda: list(runtime.glob("*file-to-run-*.html")), "server")
        browser = open_browser(tmp_path / "profile")
        try:
            browser.get(page.as_uri())
            yield NotebookPage(browser, f"Lesson {lesson.number:02}")
        finally:
            browser.quit()
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()
        eventually(lambda: not list(runtime.glob("jpserver-*")), "end of the server")


def write_settings(folder: Path) -> None:
    """What has to be different for a test: no window, root may do it, and no tools of authors."""
    (folder / "labconfig").mkdir(parents=True)
    quiet = {"open_browser": False}
    settings = {
        "jupyter_server_config.json": {
            "ServerApp": {**quiet, "allow_root": True},
            "ExtensionApp": quiet,
        },
        "labconfig/page_config.json": {
            "disabledExtensions": {"@jupyter/nbgrader": True, "jupyterlab-jupytext": True}
        },
    }
    for name, content in settings.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")


def test_a_function_written_in_jupyterlab_is_run_and_exported(
    notebook: NotebookPage, workspace: Path, tmp_path: Path
) -> None:
    notebook.screenshot(tmp_path / "1_opened.png")
    assert notebook.equation_after("So ask for that directly").text == "u"
    solution = solutions_of(BPR)["sigmoid"]
    notebook.write("def sigmoid(x: float)", solution)
    notebook.screenshot(tmp_path / "2_written.png")
    notebook.choose("Run", "Run All Cells")
    said = notebook.output_of("assert sigmoid(0.0) == 0.5")
    assert said == "Part 1 works: scores have become probabilities."
    notebook.screenshot(tmp_path / "3_run.png")
    assert "NotImplementedError" in notebook.output_of("triple_loss(p, q")
    notebook.screenshot(tmp_path / "4_not_yet.png")

    notebook.save()
    saved = workspace / "notebooks" / BPR.notebook
    eventually(lambda: source_of(saved, "sigmoid") == solution, "solution in the saved notebook")
    told = tito("export", BPR.number, cwd=workspace)
    assert "my_recsys/bpr.py: written." in told
    assert "triple_loss" in told.partition("Still to be written:")[2]
    assert "sigmoid" not in told
    assert solution in (workspace / "my_recsys" / "bpr.py").read_text(encoding="utf-8")


@needs_compiler
@pytest.mark.parametrize("notebook", [KERNELS], indirect=True, ids=["08"])
def test_a_cell_in_cython_shows_what_is_left_of_python(
    notebook: NotebookPage, tmp_path: Path
) -> None:
    solutions = solutions_of(KERNELS)
    notebook.write("def row_offset(int row, int d)", solutions["row_offset"])
    dot = solutions["dot"]
    assert dot.startswith("%%cython\n")
    notebook.write("def dot(x, y)", dot.replace("%%cython", "%%cython -a", 1))
    notebook.choose("Run", "Run All Cells")
    said = notebook.output_of("assert dot(x, y) is not None")
    assert said == "Part 2 works: a sum at the speed of C."
    yellow = notebook.annotated_lines("def dot(x, y)")
    (head,) = [shade for text, shade in yellow.items() if "def dot(x, y)" in text]
    (loop,) = [shade for text, shade in yellow.items() if LOOP in text]
    assert head > 50
    assert loop == 0
    notebook.screenshot(tmp_path / "1_annotated.png")
    assert "__pyx_v_total" in notebook.c_of_line(LOOP)
    notebook.screenshot(tmp_path / "2_c_of_the_loop.png")


def source_of(notebook: Path, grade_id: str) -> str:
    """The text of a cell in a notebook's file."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    (found,) = [
        cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    ]
    return "".join(found["source"])
