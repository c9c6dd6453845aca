"""A submission is rebuilt by its answers alone, whatever else was done to the notebook."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.grading.pair import cell_of, solved, with_cell, write_pair
from tito.grading.autograding.rebuild import MAX_CHARACTERS, Rebuilt, UngradableError, rebuild

Notebook = dict[str, Any]
OWN = "def double(x):\n    return 2 * x\n"


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Notebook, Notebook]:
    """The template, and what a student made of it."""
    lesson = write_pair(tmp_path_factory.mktemp("course"))
    release = json.loads(lesson.release.read_text(encoding="utf-8"))
    return release, with_cell(solved(lesson), "double", OWN)


def rebuilt(template: Notebook, submission: Notebook | bytes) -> Rebuilt:
    data = submission if isinstance(submission, bytes) else json.dumps(submission).encode()
    return rebuild(template, data)


def source_of(result: Rebuilt, grade_id: str) -> str:
    text: str = cell_of(result.notebook, grade_id)["source"]
    return text


def without(names: set[str]) -> Callable[[Notebook], None]:
    def change(notebook: Notebook) -> None:
        notebook["cells"] = [
            cell
            for cell in notebook["cells"]
            if cell["metadata"].get("nbgrader", {}).get("grade_id") not in names
        ]

    return change


def forge(notebook: Notebook) -> None:
    cell = cell_of(notebook, "test_double")
    cell["source"] = "pass"
    cell["metadata"]["nbgrader"]["points"] = 1000
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "all right"}]
    extra = copy.deepcopy(cell)
    extra["metadata"]["nbgrader"]["grade_id"] = "test_extra"
    notebook["cells"].append(extra)
    notebook["metadata"]["kernelspec"] = {"name": "evil"}


def turn_round(notebook: Notebook) -> None:
    notebook["cells"].reverse()


def strip(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["metadata"] = {}


def strip_all(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)


def change_type(notebook: Notebook) -> None:
    cell_of(notebook, "double")["cell_type"] = "raw"


def copied(notebook: Notebook) -> None:
    stub = copy.deepcopy(cell_of(notebook, "double"))
    stub["source"] = "def double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    notebook["cells"].append(stub)


@pytest.mark.parametrize(
    ("change", "remark"),
    [
        (lambda notebook: None, ""),
        (without({"test_double", "test_halve", "toy_imports"}), ""),
        (forge, "Cell 'test_double' (number 4 of your notebook) was changed: the lesson's own"),
        (turn_round, ""),
        (copied, ""),
        (strip, "Cells without their names were recognised by their ids: double, halve, why."),
        (strip_all, "Cells without their names were recognised by their functions: double, halve."),
        (change_type, "was a cell of type 'raw'"),
    ],
)
def test_what_else_was_done_does_not_matter(
    change: Callable[[Notebook], None], remark: str, notebooks: tuple[Notebook, Notebook]
) -> None:
    template, submission = notebooks
    changed = copy.deepcopy(submission)
    change(changed)
    result = rebuilt(template, changed)
    assert source_of(result, "double") == OWN
    assert "x / 2" in source_of(result, "halve")
    for name in ("test_double", "test_halve", "toy_imports"):
        cell, released = cell_of(result.notebook, name), cell_of(template, name)
        assert cell["source"] == "".join(released["source"])
        assert cell["metadata"] == released["metadata"]
        assert cell["outputs"] == []
    assert result.notebook["metadata"] == template["metadata"]
    assert len(result.notebook["cells"]) == len(template["cells"])
    said = " ".join(result.remarks)
    assert remark in said if remark else not said


def test_of_copies_with_different_answers_the_last_counts_and_that_is_said(
    notebooks: tuple[Notebook, Notebook],
) -> None:
    template, submission = notebooks
    changed = copy.deepcopy(submission)
    again = copy.deepcopy(cell_of(changed, "double"))
    again["source"] = "def double(x):\n    return x * 2\n"
    changed["cells"].insert(0, again)
    result = rebuilt(template, changed)
    assert source_of(result, "double") == OWN
    assert result.remarks == (
        "Cell 'double' occurs 2 times with different answers: the last one counts.",
        "Cell number 1 of your notebook was added: it is shown in its place.",
    )
    assert [cell.source for cell in result.added] == ["def double(x):\n    return x * 2"]


def test_a_deleted_cell_counts_as_not_written_and_that_is_said(
    notebooks: tuple[Notebook, Notebook],
) -> None:
    template, submission = notebooks
    changed = copy.deepcopy(submission)
    without({"halve"})(changed)
    result = rebuilt(template, changed)
    assert "NotImplementedError" in source_of(result, "halve")
    assert result.remarks == ("There is no cell 'halve': it counts as not written.",)


def test_answers_in_words_are_made_harmless_and_cut(notebooks: tuple[Notebook, Notebook]) -> None:
    template, submission = notebooks
    result = rebuilt(template, with_cell(submission, "why", "<script>x</script> **so**"))
    assert "<script>" not in source_of(result, "why")
    assert "**so**" in source_of(result, "why")
    long = rebuilt(template, with_cell(submission, "double", "#" * (MAX_CHARACTERS + 1)))
    assert len(source_of(long, "double")) == MAX_CHARACTERS
    assert "longer than 200,000 characters" in long.remarks[0]


def test_an_answer_as_released_stays_so_to_the_letter(
    notebooks: tuple[Notebook, Notebook],
) -> None:
    template, submission = notebooks
    released = "".join(cell_of(template, "why")["source"])
    result = rebuilt(template, with_cell(submission, "why", released))
    assert source_of(result, "why") == released


def test_half_of_a_pair_can_be_written(notebooks: tuple[Notebook, Notebook]) -> None:
    template, submission = notebooks
    result = rebuilt(template, with_cell(submission, "double", OWN + "# \ud800"))
    source_of(result, "double").encode()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"\xff\xfe{}", "UTF-16"),
        (b"[" * 100_000, "nested too deeply"),
        (b"9" * 10_000, "it is a text"),
        (b"[]", "it is JSON, but no notebook"),
        (b'{"nbformat": 3, "worksheets": []}', "old format"),
        (b'{"nbformat": 4}', "a notebook without a list of cells"),
        (b'{"nbformat": 4, "cells": [{"source": 1}, 7]}', "none of its cells belongs"),
        (b'{"nbformat": 4, "cells": []}', "none of its cells belongs to this lesson"),
    ],
)
def test_what_cannot_be_graded_is_said_in_a_sentence(
    content: bytes, why: str, notebooks: tuple[Notebook, Notebook]
) -> None:
    with pytest.raises(UngradableError, match=why):
        rebuilt(notebooks[0], content)


def test_a_notebook_with_odd_parts_is_no_trouble(
    notebooks: tuple[Notebook, Notebook], tmp_path: Path
) -> None:
    template, submission = notebooks
    changed = copy.deepcopy(submission)
    changed["cells"] += [{"cell_type": "code", "source": None, "metadata": None}, None]
    changed["cells"].append({"cell_type": 7, "source": [], "metadata": {"nbgrader": [], "tags": 3}})
    cell_of(changed, "double")["metadata"]["nbgrader"]["grade_id"] = ["double"]
    result = rebuilt(template, changed)
    assert source_of(result, "double") == OWN  # by its cell's id


def test_a_name_that_is_no_text_is_never_written_out(
    notebooks: tuple[Notebook, Notebook], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of a million numbers as a name would be written out at each look."""

    class Costly(list[int]):
        def __str__(self) -> str:
            raise AssertionError("it was written out")

        __repr__ = __str__

    template, submission = notebooks
    names = {"grade_id": Costly()}
    cell = {"cell_type": Costly(), "source": "x", "id": Costly(), "metadata": {"nbgrader": names}}
    cell["metadata"]["tags"] = [Costly(), "export"]
    costly = {**submission, "cells": [*submission["cells"], cell]}
    monkeypatch.setattr("tito.grading.submitted_notebook._parse", lambda content: costly)
    assert source_of(rebuild(template, b""), "double") == OWN


def test_a_notebook_as_released_is_said_to_be_empty(notebooks: tuple[Notebook, Notebook]) -> None:
    template, submission = notebooks
    said = "Nothing was written: all answers are as they were released."
    assert rebuilt(template, template).remarks == (said,)
    assert rebuilt(template, submission).remarks == ()
    beside = copy.deepcopy(template)
    beside["cells"].append({"cell_type": "markdown", "source": "Mine.", "metadata": {}})
    assert said not in rebuilt(template, beside).remarks
