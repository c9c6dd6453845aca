"""The learner's commands on a course of one toy lesson."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from tests.course.learner import type_in
from tests.course.toy import ABOUT
from tests.workspace.conftest import Outcome
from tito.course.lessons import Lesson

Tito = Callable[..., Outcome]
WRONG = "def double(x):\n    return x + 3\n"


def progress(workspace: Path) -> dict[str, object]:
    found = json.loads((workspace / ".tito" / "progress.json").read_text())
    lesson: dict[str, object] = found["lessons"]["42_toy"]
    return lesson


def test_init_makes_a_workspace_and_changes_nothing_in_one(
    workspace: Path, tito: Tito, toy: Lesson
) -> None:
    notebook = workspace / "notebooks" / toy.notebook
    assert notebook.read_bytes() == toy.release.read_bytes()
    notebook.write_text("mine")
    (workspace / "README.md").unlink()
    assert tito("init").status == 0
    assert notebook.read_text() == "mine"
    assert "complete" in tito("init").out
    inside = tito("init", "notebooks/other")
    assert inside.status == 1
    assert "is a workspace already" in inside.err
    assert not (workspace / "notebooks" / "other").exists()


@pytest.mark.parametrize("name", ["file", "file/inside"])
def test_init_does_not_take_a_file_for_a_folder(
    toy: Lesson, tito: Tito, tmp_path: Path, name: str
) -> None:
    (tmp_path / "file").write_text("mine")
    said = tito("init", tmp_path / name)
    assert said.status == 1
    assert said.err.count("\n") == 1
    assert "is not a folder" in said.err
    assert (tmp_path / "file").read_text() == "mine"


def test_the_way_of_a_lesson(solved: Path, tito: Tito) -> None:
    assert "started" in tito("status").out
    done = tito("complete", 42)
    assert done.status == 0, done
    assert "✓ test double" in done.out
    assert "✓ it doubles" in done.out
    assert "Can my code double?" in done.out
    assert progress(solved)["passed"] is True
    shown = tito("status").out
    assert "passed" in shown
    assert "1 of 1 checkpoints passed" in shown
    assert "42_toy" in tito("checkpoint", "--timeline").out


def test_an_untouched_notebook_passes_nothing(workspace: Path, tito: Tito) -> None:
    tested = tito("test", "toy")
    assert tested.status == 1
    assert "✗ test double" in tested.out
    assert "not written yet (cell 'double'" in tested.out
    completed = tito("complete", 42)
    assert completed.status == 1
    assert not (workspace / "my_recsys" / "toy.py").exists()
    exported = tito("export", 42)
    assert exported.status == 0
    assert "Still to be written: double" in exported.out
    judged = tito("checkpoint", 42)
    assert judged.status == 1
    assert "double is not written yet" in judged.out
    assert "0 of 1 checks hold" in judged.out


def test_a_wrong_answer_is_red_with_the_lessons_own_words(
    workspace: Path, tito: Tito, toy: Lesson
) -> None:
    type_in(workspace / "notebooks" / toy.notebook, {"double": WRONG})
    assert "double(1) should be 2." in tito("test", 42).out
    assert tito("complete", 42).status == 1
    assert tito("export", 42).status == 0
    judged = tito("checkpoint", 42)
    assert judged.status == 1
    assert "double(x) is not 2x." in judged.out
    assert "failed" in tito("status").out


def test_a_checkpoint_before_any_export_says_what_to_do(workspace: Path, tito: Tito) -> None:
    judged = tito("checkpoint", 42)
    assert judged.status == 1
    assert "run `tito export 42` first" in judged.out


def test_json_is_json_and_nothing_else(solved: Path, tito: Tito) -> None:
    tito("export", 42)
    printed = json.loads(tito("checkpoint", "--all", "--json").out)
    assert printed == [
        {
            "lesson": "42_toy",
            "passed": True,
            "finding": "",
            "clauses": [{"name": "it_doubles", "passed": True, "message": ""}],
            "mistakes": [],
        }
    ]
    (timeline,) = json.loads(tito("checkpoint", "--timeline", "--json").out)
    assert timeline["checkpoint"] == "passed"


@pytest.mark.parametrize("arguments", [(), ("42", "--all"), ("--all", "--timeline")])
def test_checkpoint_wants_one_of_three(
    workspace: Path, tito: Tito, arguments: tuple[str, ...]
) -> None:
    assert tito("checkpoint", *arguments).status == 2


def test_edited_and_deleted_tests_run_as_released(workspace: Path, tito: Tito, toy: Lesson) -> None:
    path = workspace / "notebooks" / toy.notebook
    type_in(path, {"double": WRONG, "test_double": "pass"})
    assert "double(1) should be 2." in tito("test", 42).out
    content = json.loads(path.read_text())
    content["cells"] = [c for c in content["cells"] if c["id"] != "test_double"]
    path.write_text(json.dumps(content))
    tested = tito("test", 42)
    assert tested.status == 1
    assert "double(1) should be 2." in tested.out


def test_a_change_after_the_checkpoint_shows(solved: Path, tito: Tito, toy: Lesson) -> None:
    tito("complete", 42)
    type_in(solved / "notebooks" / toy.notebook, {"double": "def double(x):\n    return 2 * x\n"})
    assert "changed since" in tito("status").out
    assert tito("complete", 42).status == 0
    assert "changed since" not in tito("status").out


def test_reset_keeps_a_copy(solved: Path, tito: Tito, toy: Lesson) -> None:
    path = solved / "notebooks" / toy.notebook
    mine = path.read_bytes()
    said = tito("reset", 42)
    assert said.status == 0
    assert path.read_bytes() == toy.release.read_bytes()
    (kept,) = (solved / ".tito" / "backups" / "42_toy").iterdir()
    assert kept.read_bytes() == mine
    assert kept.name in said.out
    path.write_text("broken {")
    assert tito("reset", 42).status == 0
    assert len(list(kept.parent.iterdir())) == 2


def test_skipped_shows_for_ever(solved: Path, tito: Tito) -> None:
    assert tito("skip", 42).status == 0
    assert "skipped" in tito("status").out
    tito("complete", 42)
    assert "passed (skipped once)" in tito("status").out
    assert "skipped once" in tito("checkpoint", "--timeline").out


def test_start_puts_the_notebook_there_once(workspace: Path, tito: Tito, toy: Lesson) -> None:
    path = workspace / "notebooks" / toy.notebook
    path.unlink()
    assert "not started" in tito("status").out
    said = tito("export", 42)
    assert said.status == 1
    assert "tito start 42" in said.err
    assert f"New: {path}" in tito("start", 42, "--no-open").out
    path.write_text("mine")
    assert f"Yours: {path}" in tito("start", 42, "--no-open").out
    assert path.read_text() == "mine"


def test_start_tells_a_script_how_to_open_it(
    workspace: Path, tito: Tito, toy: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It held a shell without a terminal until JupyterLab was killed."""
    monkeypatch.setattr("tito.commands.start._open", lambda path: 99)
    assert tito("start", 42, "--open").status == 99
    said = tito("start", 42)
    assert said.status == 0
    assert f"or with `jupyter lab {workspace / 'notebooks' / toy.notebook}`" in said.out


def test_start_names_what_a_lesson_builds_on(tmp_path: Path, workspace: Path, tito: Tito) -> None:
    modules, release = tmp_path / "course" / "modules", tmp_path / "course" / "notebooks/release"
    first = ABOUT.replace("prerequisites = []", 'prerequisites = ["42_toy"]')
    for number, text in ((43, first), (44, ABOUT)):
        copytree(modules / "42_toy", modules / f"{number}_toy")
        (modules / f"{number}_toy" / "ABOUT.md").write_text(text)
        copytree(release / "42_toy", release / f"{number}_toy")
        (release / f"{number}_toy" / "42_toy.ipynb").rename(
            release / f"{number}_toy" / f"{number}_toy.ipynb"
        )
    assert "what lesson 42 teaches, whose checkpoint" in tito("start", 43).out
    assert "teaches" not in tito("start", 44).out
    assert "teaches" not in tito("start", 42).out
    assert tito("skip", 42).status == 0
    assert "teaches" not in tito("start", 43).out


def test_commands_need_a_workspace(
    toy: Lesson, tito: Tito, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (("status",), ("export", 42), ("complete", 42), ("skip", 42)):
        said = tito(*command)
        assert said.status == 1
        assert "tito init" in said.err
        assert said.err.count("\n") == 1


def test_an_unknown_lesson_is_named(workspace: Path, tito: Tito) -> None:
    said = tito("export", "43")
    assert (said.status, said.err) == (1, "tito: there is no lesson '43'; lessons: 42_toy.\n")


def test_doctor_finds_everything_here(workspace: Path, tito: Tito) -> None:
    said = tito("doctor")
    assert said.status == 0, said
    assert f"the workspace {workspace}" in said.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(tito: Tito, shell: str) -> None:
    assert "_TITO_COMPLETE" in tito("completion", shell).out


def test_authors_are_told_which_extra_they_need(
    toy: Lesson, tito: Tito, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tito.commands.dev.find_spec", lambda name: None)
    for command in ("build", "lint"):
        said = tito("dev", command)
        assert said.status == 1
        assert said.err.endswith("pip install 'recsys_edu[author]'`\n")


def test_doctor_says_how_to_get_a_compiler_and_that_the_course_goes_on_without(
    workspace: Path, tito: Tito, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsys_edu.artefacts.toolchain._compiler", lambda: None)
    said = tito("doctor")
    assert said.status == 0, said
    assert "✗ cells in Cython cannot be built" in said.out
    assert "sudo apt install build-essential" in said.out
    assert "Ready for the course." in said.out
