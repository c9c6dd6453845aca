"""``tito backends`` and ``tito race`` in a workspace, and outside of one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recsys_backends import registry
from tests.recsys_edu.workspaces import make_workspace, run_python, solved
from tests.tito.race_command import QUICK, Run

TITO = "from tito.main import main; main()"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with lesson 05 exported."""
    return make_workspace(tmp_path / "mine", bpr=solved("05_bpr"))


def test_backends_lists_the_student_where_there_is_a_workspace(
    workspace: Path, tmp_path: Path
) -> None:
    inside = run_python("-c", TITO, "backends", cwd=workspace, COLUMNS="200")
    (row,) = [line for line in inside.stdout.splitlines() if "student" in line]
    assert [cell.strip() for cell in row.split("│")][2] == "yes"
    outside = run_python("-c", TITO, "backends", cwd=tmp_path)
    words = " ".join(outside.stdout.replace("│", " ").split())
    assert outside.returncode == 0
    assert "student" in words
    assert "no tito.toml here or in a folder above" in words


def test_the_student_races_and_ends_where_naive_does(
    workspace: Path, race: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace)
    monkeypatch.delitem(registry._loaded, "student", raising=False)
    arguments = [argument for argument in QUICK if argument != "--no-memory"]
    try:
        told = race("--models", "naive,student", "--json", "race.json", *arguments)
    finally:
        registry._loaded.pop("student", None)  # the next test has no workspace
    assert told.status == 0, told.err
    assert "student: your own: plan_epoch, bpr_update" in told.err
    naives, mine = json.loads((workspace / "race.json").read_text())["entries"]
    assert (naives["name"], mine["name"]) == ("naive", "student")
    assert mine["metrics"] == naives["metrics"]
    assert mine["peak_memory_mb"] is not None
