"""Bad notebooks, full disks, Ctrl-C, two at once: one sentence, and nothing lost."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.course.learner import type_in
from tests.workspace.conftest import Outcome, start_tito
from tito.course.kernel_run import _sentence
from tito.course.lessons import Lesson
from tito.course.notebook import Cell

Tito = Callable[..., Outcome]


def contents(workspace: Path) -> dict[str, bytes]:
    """Every file of the workspace but the lock."""
    return {
        str(path.relative_to(workspace)): path.read_bytes()
        for path in workspace.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def edited(path: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    content = json.loads(path.read_text())
    content["cells"] = change(content["cells"])
    path.write_text(json.dumps(content))


def test_a_loop_without_end_is_interrupted_and_named(
    workspace: Path, tito: Tito, toy: Lesson
) -> None:
    type_in(
        workspace / "notebooks" / toy.notebook,
        {"double": "def double(x):\n    while True:\n        pass\n"},
    )
    tested = tito("test", 42, "--timeout", 3)
    assert tested.status == 1
    assert "had not ended after 3 s: is there a loop that does not end?" in tested.out
    assert "cell 'double', line" in tested.out


def test_a_test_whose_function_did_not_load_points_to_its_cell(
    workspace: Path, tito: Tito, toy: Lesson
) -> None:
    path = workspace / "notebooks" / toy.notebook
    type_in(path, {"double": "def double(x):\n    return (x"})
    said = " ".join(tito("test", 42).out.split())
    assert "there is no double, since its cell 'double' did not run: mend that first" in said


def test_a_forgotten_return_is_asked_for(workspace: Path, tito: Tito, toy: Lesson) -> None:
    path = workspace / "notebooks" / toy.notebook
    type_in(path, {"double": "def double(x):\n    x + x"})
    said = " ".join(tito("test", 42).out.split())
    assert "Has a function no `return`?" in said


def test_it_is_asked_for_where_a_test_unpacks_the_answer_too() -> None:
    cell = Cell(0, "code", "a, b = f()", frozenset(), {"grade_id": "test_f", "grade": True})
    value = "cannot unpack non-iterable NoneType object"
    failure = {"ename": "TypeError", "evalue": value, "traceback": []}
    assert _sentence(cell, failure, {}, 3).endswith("Has a function no `return`?")


def test_code_that_ends_the_kernel_is_named(workspace: Path, tito: Tito, toy: Lesson) -> None:
    type_in(
        workspace / "notebooks" / toy.notebook,
        {"double": "import os\ndef double(x):\n    os._exit(0)\n"},
    )
    tested = tito("complete", 42)
    assert tested.status == 1
    assert "cell 'test_double': its code ended the whole Python process" in tested.err


def test_a_syntax_error_in_a_cell(workspace: Path, tito: Tito, toy: Lesson) -> None:
    type_in(workspace / "notebooks" / toy.notebook, {"double": "def double(x):\n    return (x"})
    said = tito("export", 42)
    assert said.status == 1
    assert "42_toy.ipynb, cell 'double', line 2" in said.err
    assert said.err.count("\n") == 1
    assert not (workspace / "my_recsys" / "toy.py").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda cells: [c for c in cells if c["id"] != "double"], "no function double"),
        (lambda cells: [*cells, next(c for c in cells if c["id"] == "double")], "one is a copy"),
        (lambda cells: [{**c, "metadata": {}} for c in cells], "metadata got lost"),
    ],
)
def test_deleted_copied_and_stripped_cells(
    solved: Path,
    tito: Tito,
    toy: Lesson,
    change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
    said: str,
) -> None:
    edited(solved / "notebooks" / toy.notebook, change)
    before = contents(solved)
    outcome = tito("export", 42)
    assert outcome.status == 1
    assert said in outcome.err
    assert outcome.err.count("\n") == 1
    assert contents(solved) == before


def test_a_notebook_that_is_no_notebook(workspace: Path, tito: Tito, toy: Lesson) -> None:
    (workspace / "notebooks" / toy.notebook).write_text("{ not json")
    for command in ("export", "test", "complete"):
        outcome = tito(command, 42)
        assert outcome.status == 1
        assert "it is not JSON" in outcome.err
        assert outcome.err.count("\n") == 1
    assert tito("status").status == 0


def test_a_damaged_progress_file_is_said_so(solved: Path, tito: Tito) -> None:
    path = solved / ".tito" / "progress.json"
    path.write_text('{"version": 1, "lessons": {"42_toy": {"odd": 1}}}')
    outcome = tito("status")
    assert outcome.status == 1
    assert "is damaged" in outcome.err
    path.write_text('{"version": 9, "lessons": {}}')
    assert "update recsys_edu" in tito("status").err
    path.unlink()
    assert tito("complete", 42).status == 0


def test_a_full_disk_leaves_the_export_as_it_was(solved: Path, tito: Tito, toy: Lesson) -> None:
    """A limit on the size of files fails as a full disk does: in the middle of writing."""
    assert tito("complete", 42).status == 0
    type_in(
        solved / "notebooks" / toy.notebook,
        {"double": "def double(x):\n    return 2 * x\n" + "# long\n" * 3000},
    )
    before = contents(solved)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))"
    process = start_tito("export", 42, cwd=solved, code=limit)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, out
    assert err == f"tito: {solved / 'my_recsys' / 'toy.py'}: File too large\n"
    assert contents(solved) == before


def test_a_full_disk_during_reset_keeps_the_notebook(solved: Path) -> None:
    before = contents(solved)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))"
    process = start_tito("reset", 42, cwd=solved, code=limit)
    process.communicate(timeout=60)
    assert process.returncode == 1
    assert contents(solved) == before


@pytest.mark.parametrize("seconds", [0.5, 2.0, 3.5])
def test_ctrl_c_in_complete(solved: Path, tito: Tito, toy: Lesson, seconds: float) -> None:
    type_in(
        solved / "notebooks" / toy.notebook,
        {"double": "import time\ntime.sleep(30)\ndef double(x):\n    return x\n"},
    )
    before = contents(solved)
    process = start_tito("complete", 42, cwd=solved)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGINT)  # the latter: before tito was reached
    if process.returncode == 130:
        assert err.strip() == "tito: interrupted."
    assert contents(solved) == before
    assert tito("status").status == 0


def test_two_at_once(solved: Path, tito: Tito, toy: Lesson) -> None:
    path = solved / "notebooks" / toy.notebook
    begun = solved / "begun"
    lines = f"import pathlib, time\npathlib.Path({str(begun)!r}).touch()\ntime.sleep(60)\n"
    type_in(path, {"double": f"{lines}def double(x):\n    return 2 * x\n"})
    first = start_tito("complete", 42, cwd=solved)
    try:
        for _ in range(600):
            if begun.exists():
                break
            time.sleep(0.1)
        assert "another tito is at work" in tito("export", 42).err
        assert tito("status").status == 0
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.communicate()
    assert tito("export", 42).status == 0, "the lock is gone with its process"


def test_a_read_only_workspace(solved: Path, tito: Tito, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied", str(solved / "my_recsys" / "toy.py"))

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    outcome = tito("export", 42)
    assert outcome.status == 1
    assert outcome.err.endswith("toy.py: Permission denied\n")
