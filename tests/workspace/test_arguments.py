"""Arguments of the learner's commands, good and bad."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.course.learner import type_in
from tests.workspace.conftest import Outcome
from tito.course.lessons import Lesson

Tito = Callable[..., Outcome]


@pytest.mark.parametrize("command", ["test", "complete"])
@pytest.mark.parametrize("seconds", ["0", "-1", "soon"])
def test_a_timeout_is_at_least_a_second(
    workspace: Path, tito: Tito, command: str, seconds: str
) -> None:
    said = tito(command, 42, "--timeout", seconds)
    assert said.status == 2
    assert "--timeout" in said.err


@pytest.mark.parametrize("name", ["42", "toy", "42_toy", "42_toy.ipynb", "notebooks/42_toy.ipynb"])
def test_names_of_the_notebook_in_the_workspace(solved: Path, tito: Tito, name: str) -> None:
    assert tito("test", name).status == 0


def test_a_file_elsewhere_is_not_tested_in_silence(solved: Path, tito: Tito, toy: Lesson) -> None:
    shutil.copy(solved / "notebooks" / toy.notebook, solved / toy.notebook)
    for name in (toy.notebook, f"./{toy.notebook}"):
        said = tito("test", name)
        assert said.status == 1
        assert f"which is {solved / 'notebooks' / toy.notebook}" in said.err
        assert said.out == ""
    shutil.copy(toy.release, solved / "notebooks" / "42_toy-Copy1.ipynb")
    copied = tito("test", "notebooks/42_toy-Copy1.ipynb")
    assert copied.status == 1
    assert "is not named like the notebook of a lesson" in copied.err
    assert "there is no file" in tito("test", "./nowhere.ipynb").err


def test_several_lessons_are_skipped_at_once(workspace: Path, tito: Tito) -> None:
    said = tito("skip", 42, "toy")
    assert said.status == 0
    assert said.out.count("42_toy is skipped.") == 1
    assert tito("skip").status == 2
    unknown = tito("skip", 42, 43)
    assert (unknown.status, "no lesson '43'" in unknown.err) == (1, True)


def test_the_help_of_completion_keeps_its_lines(tito: Tito) -> None:
    said = tito("completion", "--help")
    assert "\\b" not in said.out
    assert len([line for line in said.out.splitlines() if "tito completion" in line]) >= 3
    assert '  zsh    eval "$(tito completion zsh)"    in ~/.zshrc\n' in said.out


def test_printed_commands_can_be_pasted(
    toy: Lesson, tito: Tito, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "`cd 'my own course' && tito start 42`" in tito("init", "my own course").out


def test_checkpoints_of_lessons_that_were_not_exported_are_not_failed(
    workspace: Path, tito: Tito
) -> None:
    said = tito("checkpoint", "--all")
    assert said.status == 1
    assert "Not exported yet, so not judged: 42_toy." in said.out
    assert "failed" not in tito("status").out
    assert tito("checkpoint", 42).status == 1
    assert "failed" not in tito("status").out
    printed = json.loads(tito("checkpoint", "--all", "--json").out)
    assert printed == [{"lesson": "42_toy", "passed": None, "clauses": []}]


def test_a_broken_export_is_not_passed(solved: Path, tito: Tito) -> None:
    assert tito("complete", 42).status == 0
    export = solved / "my_recsys" / "toy.py"
    good = export.read_text()
    export.write_text("def double(x:\n")
    shown = tito("status").out
    assert "edited" in shown
    assert "passed, changed since" in shown
    assert "0 of 1 checkpoints passed" in shown
    export.write_text(good)
    assert "1 of 1 checkpoints passed" in tito("status").out
    export.unlink()
    assert "0 of 1 checkpoints passed" in tito("status").out


def test_a_lost_record_is_written_anew(solved: Path, tito: Tito) -> None:
    assert tito("complete", 42).status == 0
    (solved / ".tito" / "progress.json").unlink()
    assert "0 of 1 checkpoints passed" in tito("status").out
    assert tito("checkpoint", "--all").status == 0
    assert "1 of 1 checkpoints passed" in tito("status").out


def test_a_record_of_the_first_version_is_read(solved: Path, tito: Tito) -> None:
    assert tito("complete", 42).status == 0
    path = solved / ".tito" / "progress.json"
    record = json.loads(path.read_text())
    for entry in record["lessons"].values():
        del entry["export_digest"], entry["passed_export"]
    path.write_text(json.dumps({**record, "version": 1}))
    assert "1 of 1 checkpoints passed" in tito("status").out


def test_a_notebook_without_tags_does_not_pass(solved: Path, tito: Tito, toy: Lesson) -> None:
    path = solved / "notebooks" / toy.notebook
    content = json.loads(path.read_text())
    for cell in content["cells"]:
        cell["metadata"] = {}
    path.write_text(json.dumps(content))
    for command in ("test", "complete"):
        said = tito(command, 42)
        assert said.status == 1
        assert "✗ it can be exported" in said.out
        assert "its metadata got lost" in said.out
        assert "All tests pass" not in said.out


def test_a_cell_without_a_name_is_known_by_its_first_line(
    workspace: Path, tito: Tito, toy: Lesson
) -> None:
    type_in(
        workspace / "notebooks" / toy.notebook,
        {"double": "def double(x):\n    return helper(x)\n"},
    )
    path = workspace / "notebooks" / toy.notebook
    content = json.loads(path.read_text())
    own = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    own["source"] = "\ndef helper(x):\n    return 2 * x\n"
    content["cells"].insert(2, own)
    path.write_text(json.dumps(content))
    said = tito("export", 42)
    assert "'helper' is defined in the cell that begins `def helper(x):` (line 2)" in said.err
