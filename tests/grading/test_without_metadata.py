"""Notebooks of editors that remove ids and metadata: each answer comes to its own question."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.workspace.conftest import ROOT
from tito.grading.autograding.rebuild import Rebuilt, rebuild

BOXES = ("price_of_ranking", "choose_a_metric", "too_good")


@pytest.fixture
def release() -> dict[str, Any]:
    """The notebook of lesson 02, which has three questions, as it is released."""
    path = ROOT / "notebooks" / "release" / "02_evaluation" / "02_evaluation.ipynb"
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def stripped(release: dict[str, Any], changes: dict[int, list[str]]) -> Rebuilt:
    """The notebook as an editor without metadata writes it, rebuilt.

    Args:
        release: the notebook.
        changes: texts of the cells that take the place of a cell.
    """
    cells = [
        {"cell_type": cell["cell_type"], "metadata": {}, "source": text}
        for place, cell in enumerate(release["cells"])
        for text in changes.get(place, ["".join(cell["source"])])
    ]
    return rebuild(release, json.dumps({**release, "nbformat_minor": 0, "cells": cells}).encode())


def place_of(release: dict[str, Any], box: str) -> int:
    names = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in release["cells"]]
    return names.index(box)


def boxes(result: Rebuilt) -> dict[str, str]:
    found = {}
    for cell in result.notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in BOXES:
            found[name] = "".join(cell["source"])
    return found


def text_of(release: dict[str, Any], place: int) -> str:
    return "".join(release["cells"][place]["source"])


@pytest.mark.parametrize("box", BOXES)
def test_words_below_an_empty_box_come_into_it(release: dict[str, Any], box: str) -> None:
    place = place_of(release, box)
    result = stripped(release, {place: [text_of(release, place), "My answer is 38."]})
    assert [name for name, text in boxes(result).items() if "My answer is 38." in text] == [box]


@pytest.mark.parametrize("box", BOXES)
def test_words_in_the_question_come_into_the_box_below(release: dict[str, Any], box: str) -> None:
    question = place_of(release, box) - 1
    result = stripped(release, {question: [text_of(release, question) + "\n\nMy answer is 38."]})
    assert [name for name, text in boxes(result).items() if "My answer is 38." in text] == [box]


def test_answers_in_their_boxes_stay_there(release: dict[str, Any]) -> None:
    result = stripped(release, {place_of(release, box): [f"About {box}."] for box in BOXES})
    for box, text in boxes(result).items():
        assert f"About {box}." in text.replace("\\", ""), text
