"""A learner reads the sentence about a known mistake, and which part to mend first."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.course.learner import type_in
from tests.course.toy_named import write_toy_with_calls
from tests.workspace.conftest import Outcome
from tito.authoring.build import build
from tito.course.lessons import Lesson

Tito = Callable[..., Outcome]
SQUARES = "def double(x):\n    return np.array([value**2 for value in x])\n"
SENTENCE = "Your function squares x."


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lesson:
    """The only lesson of the course, built, with fingerprints."""
    lesson = write_toy_with_calls(tmp_path / "course")
    build([lesson], tmp_path / "course")
    monkeypatch.setenv("RECSYS_EDU_COURSE", str(tmp_path / "course"))
    return lesson


def write_double(workspace: Path, lesson: Lesson, source: str) -> None:
    type_in(workspace / "notebooks" / lesson.notebook, {"double": source})


def test_the_tests_say_it(workspace: Path, tito: Tito, toy: Lesson) -> None:
    write_double(workspace, toy, SQUARES)
    said = tito("test", 42)
    assert said.status == 1
    assert said.out.count(SENTENCE) == 1
    assert "double(1) should be 2" in said.out, "the test's own message stays"


def test_the_checkpoint_says_it(workspace: Path, tito: Tito, toy: Lesson) -> None:
    write_double(workspace, toy, SQUARES)
    assert tito("export", 42).status == 0
    said = tito("checkpoint", 42)
    assert said.status == 1
    assert said.out.count(SENTENCE) == 1
    (result,) = json.loads(tito("checkpoint", 42, "--json").out)
    assert result["mistakes"] == [{"test": "test_double", "name": "squares", "sentence": SENTENCE}]


@pytest.mark.parametrize(
    "source",
    [
        "def double(x):\n    return 3 * x\n",
        "def double(x):\n    raise NotImplementedError\n",
        "def double(x:\n",
        "def double(x):\n    return unknown(x)\n",
    ],
)
def test_other_mistakes_have_no_sentence(
    workspace: Path, tito: Tito, toy: Lesson, source: str
) -> None:
    write_double(workspace, toy, source)
    said = tito("test", 42)
    assert said.status == 1
    assert "Your function" not in said.out


def test_a_damaged_file_of_fingerprints_is_said(workspace: Path, tito: Tito, toy: Lesson) -> None:
    write_double(workspace, toy, SQUARES)
    (toy.folder / "fingerprints.json").write_text("{}")
    said = tito("test", 42)
    assert said.status == 1
    assert "cannot be read" in said.err
