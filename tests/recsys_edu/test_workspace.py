"""Which workspace a process works in, and what it is told where there is none."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from recsys_backends import available_backends
from recsys_edu.errors import WorkspaceError
from recsys_edu.workspace import ENVIRONMENT_VARIABLE, find_workspace
from tests.recsys_edu.workspaces import CALL, MATMUL, make_workspace, run_python


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace in which this process does not stand."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    return make_workspace(tmp_path / "mine").resolve()


def test_the_working_folder_and_those_above_are_searched(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = workspace / "notebooks" / "deep"
    below.mkdir(parents=True)
    for folder in (workspace, below):
        monkeypatch.chdir(folder)
        found = find_workspace()
        assert found.root == workspace
        assert found.package == workspace / "my_recsys"
        assert found.notebooks == workspace / "notebooks"


def test_the_nearest_one_counts(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = make_workspace(workspace / "inner")
    monkeypatch.chdir(inner)
    assert find_workspace().root == inner


def test_the_running_script_is_asked_after_the_working_folder(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = ModuleType("__main__")
    script.__file__ = str(workspace / "scripts" / "train.py")
    monkeypatch.setitem(sys.modules, "__main__", script)
    assert find_workspace().root == workspace
    other = make_workspace(workspace.parent / "other")
    monkeypatch.chdir(other)
    assert find_workspace().root == other


def test_the_environment_is_asked_first(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_workspace(workspace.parent / "other")
    monkeypatch.chdir(workspace)
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "../other")
    assert find_workspace().root == other
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "../nowhere")
    with pytest.raises(WorkspaceError, match=r"is '\.\./nowhere', where there is no tito\.toml"):
        find_workspace()
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "")
    assert find_workspace().root == workspace


def test_without_one_the_way_to_one_is_said(workspace: Path) -> None:
    with pytest.raises(WorkspaceError, match="go to your workspace, or make one with `tito init`"):
        find_workspace()


def test_a_working_folder_that_is_gone_is_none(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = workspace.parent / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(WorkspaceError, match="tito init"):
        find_workspace()
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(workspace))
    assert find_workspace().root == workspace


def test_a_script_elsewhere_and_the_environment_choose_the_backend(tmp_path: Path) -> None:
    """In processes of their own, where the registry has chosen nothing yet."""
    workspace = make_workspace(tmp_path / "mine", first=MATMUL)
    (workspace / "scripts").mkdir()
    script = workspace / "scripts" / "run.py"
    script.write_text(CALL)
    run = run_python(script, cwd=tmp_path)
    assert run.stdout == "mine\n6.0\n", run.stderr
    run = run_python("-c", CALL, cwd=tmp_path, RECSYS_EDU_WORKSPACE=str(workspace))
    assert run.stdout == "mine\n6.0\n", run.stderr


def test_outside_the_backend_is_unavailable_and_says_why(tmp_path: Path) -> None:
    run = run_python("-c", CALL, cwd=tmp_path)
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1] == (
        "recsys_backends.errors.BackendUnavailableError: backend 'student' cannot be loaded here "
        "(WorkspaceError: there is no tito.toml here or in a folder above: go to your workspace, "
        "or make one with `tito init`)."
    )


def test_outside_it_is_listed_with_the_reason(workspace: Path) -> None:
    (student,) = [info for info in available_backends() if info.name == "student"]
    assert not student.available
    assert "make one with `tito init`" in student.reason
    assert student.ops == ()
