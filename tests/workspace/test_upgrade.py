"""`tito upgrade`: a newer course around what a learner has written, or a reason why not."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.course.learner import type_in
from tests.course.toy import SOURCE, write_toy
from tests.workspace.conftest import Outcome, start_tito
from tests.workspace.test_trouble import contents
from tito.authoring.build import build
from tito.course.lessons import Lesson

Tito = Callable[..., Outcome]
MINE = "def double(x):\n    #  my own ünïcode,   and spaces   \n    return x + x\n"
BECAUSE = "Because $x + x = 2x$.\n\n\n"
NEWER = (
    SOURCE.replace("# Doubling, $2x$.", "# Doubling, which is $2x$.")
    .replace('"""2x."""', '"""Twice x."""')
    .replace('should be 2."', 'should be two."')
    + "\n# %% [markdown]\n# What next.\n"
)


@pytest.fixture
def newer(toy: Lesson) -> Callable[..., None]:
    """Replace the course by one with another text of the lesson."""

    def change(source: str, **others: str) -> None:
        folder = toy.folder.parents[1]
        shutil.rmtree(folder)
        build([write_toy(folder, toy=source, **others)], folder)

    return change


@pytest.fixture
def written(workspace: Path, toy: Lesson) -> Path:
    """The learner's notebook: answers, a changed order of keys, and a cell of their own."""
    path = workspace / "notebooks" / toy.notebook
    type_in(path, {"double": MINE, "why": BECAUSE})
    content = json.loads(path.read_text())
    own = {"cell_type": "code", "id": "mine", "metadata": {}, "execution_count": 3}
    own |= {"outputs": [], "source": ["print(double(4))"]}
    names = [cell["id"] for cell in content["cells"]]
    content["cells"].insert(names.index("double") + 1, own)
    path.write_text(json.dumps(content))
    marker = workspace / "tito.toml"
    marker.write_text(marker.read_text().replace("0.1.0", "0.0.9") + "# mine\n")
    return path


def cells_of(path: Path) -> dict[str, dict[str, Any]]:
    return {cell["id"]: cell for cell in json.loads(path.read_text())["cells"]}


def text_of(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def test_new_text_around_what_was_written(
    written: Path, workspace: Path, tito: Tito, newer: Callable[..., None]
) -> None:
    before = written.read_bytes()
    newer(NEWER)
    said = tito("upgrade")
    assert said.status == 0, said
    cells = cells_of(written)
    assert text_of(cells["double"]) == MINE
    assert text_of(cells["why"]) == BECAUSE
    assert cells["mine"]["source"] == ["print(double(4))"]
    names = list(cells)
    assert names.index("mine") == names.index("double") + 1
    assert names[-1] not in ("why", "mine")
    text = written.read_text()
    assert "What next." in text
    assert "which is $2x$" in text
    assert "Doubling, $2x$" not in text
    assert "should be two" in text_of(cells["test_double"])
    assert "has a new text, see .tito/released/42_toy.ipynb: double." in said.out
    (kept,) = (workspace / ".tito" / "backups" / "42_toy").iterdir()
    assert kept.read_bytes() == before
    assert (workspace / "tito.toml").read_text().endswith('version = "0.1.0"\n# mine\n')
    assert tito("complete", 42).status == 0
    after = contents(workspace)
    assert tito("upgrade").status == 0
    assert contents(workspace) == after, "twice is once"


def test_a_notebook_that_nobody_wrote_into_is_the_new_release(
    workspace: Path, tito: Tito, toy: Lesson, newer: Callable[..., None]
) -> None:
    newer(NEWER)
    assert tito("upgrade", 42).status == 0
    path = workspace / "notebooks" / toy.notebook
    assert json.loads(path.read_text()) == json.loads(toy.release.read_text())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.replace("def double(x:", "def twice(x:"), "is to define `twice(x)`"),
        (lambda s: s.replace("(x: NDArray[np.float64])", "(x, y)"), "define `double(x, y)`"),
        (lambda s: s.replace('"grade_id": "double"', '"grade_id": "twice"'), "has no more"),
        (
            lambda s: s[: s.index("# %% [markdown] nbgrader")],
            "written into cell 'why', which the new lesson has no more",
        ),
    ],
)
def test_doubts_leave_everything_as_it_is(
    written: Path,
    workspace: Path,
    tito: Tito,
    newer: Callable[..., None],
    change: Callable[[str], str],
    said: str,
) -> None:
    before = contents(workspace)
    source = change(NEWER)
    assert source != NEWER
    newer(source)
    refused = tito("upgrade")
    assert refused.status == 1
    assert said in refused.out
    assert "`tito reset 42`" in refused.out
    assert "of version 0.0.9" in refused.out
    assert contents(workspace) == before


def test_a_renamed_function_is_taken_once_the_learner_renamed_theirs(
    written: Path, tito: Tito, newer: Callable[..., None]
) -> None:
    newer(NEWER.replace("def double(x:", "def twice(x:"))
    assert tito("upgrade").status == 1
    type_in(written, {"double": MINE.replace("double", "twice")})
    assert tito("upgrade").status == 0
    assert text_of(cells_of(written)["double"]) == MINE.replace("double", "twice")


def test_a_copied_cell_and_a_lost_record_are_doubts(
    written: Path, workspace: Path, tito: Tito, newer: Callable[..., None]
) -> None:
    content = json.loads(written.read_text())
    copied = next(cell for cell in content["cells"] if cell["id"] == "double")
    written.write_text(json.dumps({**content, "cells": [*content["cells"], copied]}))
    newer(NEWER)
    assert "Two cells are 'double'" in tito("upgrade").out
    written.write_text(json.dumps(content))
    (workspace / ".tito" / "released" / "42_toy.ipynb").unlink()
    before = contents(workspace)
    assert "not known which release" in tito("upgrade").out
    assert contents(workspace) == before
    assert tito("reset", 42).status == 0
    assert tito("upgrade").status == 0


def test_an_editor_that_drops_ids_loses_nothing(
    written: Path, tito: Tito, newer: Callable[..., None]
) -> None:
    content = json.loads(written.read_text())
    for cell in content["cells"]:
        del cell["id"]
    written.write_text(json.dumps({**content, "nbformat_minor": 0}))
    newer(NEWER)
    assert tito("upgrade").status == 0
    texts = [text_of(cell) for cell in json.loads(written.read_text())["cells"]]
    assert [texts.count(text) for text in (MINE, BECAUSE, "print(double(4))")] == [1, 1, 1]
    assert not [text for text in texts if "Doubling, $2x$" in text]


def test_a_broken_notebook_is_said_so(
    written: Path, workspace: Path, tito: Tito, newer: Callable[..., None]
) -> None:
    written.write_text("{ not json")
    newer(NEWER)
    before = contents(workspace)
    said = tito("upgrade")
    assert (said.status, said.err.count("\n"), "it is not JSON" in said.err) == (1, 1, True)
    assert contents(workspace) == before


@pytest.mark.parametrize("in_the_copy", [True, False])
def test_a_full_disk_leaves_the_notebook_and_can_be_repeated(
    written: Path, tito: Tito, newer: Callable[..., None], in_the_copy: bool
) -> None:
    newer(NEWER)
    before = written.read_bytes()
    limit = 500 if in_the_copy else len(before)  # the merged notebook is longer
    code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"
    process = start_tito("upgrade", cwd=written.parent, code=code)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.endswith("File too large\n")
    assert written.read_bytes() == before
    assert tito("upgrade").status == 0
    assert text_of(cells_of(written)["double"]) == MINE


@pytest.mark.parametrize("where", ["backup_notebook", "record_release", "sync_file"])
def test_ctrl_c_between_any_two_steps_can_be_repeated(
    written: Path, workspace: Path, tito: Tito, newer: Callable[..., None], where: str
) -> None:
    newer(NEWER)
    code = (
        "import time, tito.workspace.upgrade as u\n"
        f"step = u.{where}\n"
        "def slow(*arguments):\n"
        "    print('here', flush=True)\n"
        "    time.sleep(60)\n"
        "    return step(*arguments)\n"
        f"u.{where} = slow"
    )
    process = start_tito("upgrade", cwd=workspace, code=code)
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err.strip()) == (130, "tito: interrupted.")
    assert text_of(cells_of(written)["double"]) == MINE
    assert tito("upgrade").status == 0
    cells = cells_of(written)
    assert [text_of(cells[name]) for name in ("double", "why")] == [MINE, BECAUSE]
    assert list(cells).count("mine") == 1
    assert "What next." in written.read_text()


def test_another_version_is_said_with_what_to_do(
    written: Path, workspace: Path, tito: Tito
) -> None:
    said = tito("status")
    assert said.status == 0
    assert "is of version 0.0.9 of the course; 0.1.0 is installed: `tito upgrade`" in said.err
    assert "pip install 'recsys_edu==0.0.9'" in said.err
    assert tito("upgrade").status == 0
    assert tito("status").err == ""


def test_a_class_stays_with_its_version(
    toy: Lesson, tito: Tito, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tito("init", tmp_path / "class", "--pin").status == 0
    monkeypatch.chdir(tmp_path / "class")
    assert tito("status").err == ""
    assert tito("upgrade").status == 0, "a correction of the same version is taken"
    marker = Path("tito.toml")
    marker.write_text(marker.read_text().replace("0.1.0", "0.0.9"))
    assert "Your class stays with 0.0.9" in tito("status").err
    refused = tito("upgrade")
    assert refused.status == 1
    assert "run `pip install 'recsys_edu==0.0.9'`" in refused.err


def test_a_newer_workspace_is_not_taken_back(workspace: Path, tito: Tito) -> None:
    marker = workspace / "tito.toml"
    marker.write_text(marker.read_text().replace("0.1.0", "10.0.0"))
    refused = tito("upgrade")
    assert refused.status == 1
    assert "newer than the 0.1.0 installed" in refused.err


def test_an_own_marker_without_a_version(workspace: Path, tito: Tito) -> None:
    (workspace / "tito.toml").write_text("# mine\n")
    assert tito("status").err == ""
    said = tito("upgrade")
    assert said.status == 1
    assert 'write `version = "0.1.0"` below [workspace]' in said.err
    (workspace / "tito.toml").write_text("workspace = 3\n")
    assert "has to be a table" in tito("status").err
