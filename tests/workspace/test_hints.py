"""`tito hint`: one step at a time, for the part that is next or the one that is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.course.learner import type_in
from tests.workspace.conftest import Outcome
from tito.course.lessons import Lesson

Tito = Callable[..., Outcome]
STEPS = ("Which number is twice 3?", "Add x to itself.", "Begin with `return`.")


def shown(said: Outcome) -> list[str]:
    """The steps that a call shows."""
    assert said.status == 0, said
    return [step for step in STEPS if step in said.out]


def test_hints_come_one_at_a_time_and_are_remembered(workspace: Path, tito: Tito) -> None:
    for number, step in enumerate(STEPS, start=1):
        said = tito("hint", 42)
        assert shown(said) == [step]
        assert f"hint {number} of 3" in said.out
    assert "That was the last hint for double" in said.out
    assert shown(tito("hint", 42)) == list(STEPS)  # all once more


@pytest.mark.parametrize("part", ["1", "double", "test_double", " double "])
def test_a_part_can_be_named(workspace: Path, tito: Tito, part: str) -> None:
    assert shown(tito("hint", 42, part)) == [STEPS[0]]


def test_another_part_is_refused(workspace: Path, tito: Tito) -> None:
    said = tito("hint", 42, "halve")
    assert (said.status, said.out) == (1, "")
    assert "there is no part 'halve'; parts: 1: double." in said.err


def test_without_a_part_it_is_the_first_that_fails(
    workspace: Path, toy: Lesson, tito: Tito
) -> None:
    notebook = workspace / "notebooks" / toy.notebook
    type_in(notebook, {"double": "def double(x):\n    return x\n"})
    said = tito("hint", 42)  # it is written, and nobody has tried it
    assert said.status == 1
    assert "`tito test 42` finds those that do" in said.err
    assert tito("test", 42).status == 1
    assert shown(tito("hint", 42)) == [STEPS[0]]
    type_in(notebook, {"double": "def double(x):\n    return 2 * x\n"})
    assert tito("test", 42).status == 0
    assert tito("hint", 42).status == 1
    assert shown(tito("hint", 42, "double")) == [STEPS[1]]


def test_a_workspace_without_the_notebook_has_hints_as_well(
    workspace: Path, toy: Lesson, tito: Tito
) -> None:
    (workspace / "notebooks" / toy.notebook).unlink()
    assert shown(tito("hint", 42)) == [STEPS[0]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version": 1}',
        *(
            f'{{"version": 1, "lessons": {{"42_toy": {{{entry}}}}}}}'
            for entry in (
                '"hints": {"double": "x"}',
                '"hints": {"double": -1}',
                '"hints": {"double": 1.5}',
                '"tests": {"double": 1e999}',
                '"questions": {"why": true}',
                '"tests": []',
                '"marks": {}',
            )
        ),
    ],
)
def test_a_damaged_record_is_named(workspace: Path, tito: Tito, text: str) -> None:
    (workspace / ".tito" / "study.json").write_text(text)
    said = tito("hint", 42)
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert "study.json is damaged" in said.err
    assert (workspace / ".tito" / "study.json").read_text() == text


def test_a_record_of_another_version_is_not_touched(workspace: Path, tito: Tito) -> None:
    path = workspace / ".tito" / "study.json"
    path.write_text(json.dumps({"version": 9, "lessons": {}}))
    assert "of another version of tito" in tito("hint", 42).err
    assert json.loads(path.read_text())["version"] == 9


def test_a_lesson_without_hints_says_so(workspace: Path, toy: Lesson, tito: Tito) -> None:
    (toy.folder / "hints.py").unlink()
    assert "lesson 42_toy has no hints" in tito("hint", 42).err
