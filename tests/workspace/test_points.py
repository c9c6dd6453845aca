"""Points of tests and questions: shown by test, complete, checkpoint and status."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.course.learner import type_in
from tests.workspace.conftest import Outcome
from tito.course.lessons import Lesson
from tito.workspace.points import points_by
from tito.workspace.study import LessonStudy

Tito = Callable[..., Outcome]


def test_points_are_shown_with_every_test(solved: Path, toy: Lesson, tito: Tito) -> None:
    assert "-/2" in tito("status").out
    for said in (tito("test", 42), tito("complete", 42)):
        assert "✓ test double (2 points)" in said.out
        assert "Points: 2/2 by tests, -/1 for questions." in said.out
    assert "Points: 2/2 by tests" in tito("checkpoint", 42).out
    assert "2/2" in tito("status").out
    type_in(solved / "notebooks" / toy.notebook, {"double": "def double(x):\n    return x\n"})
    said = tito("test", 42)
    assert "✗ test double (0 of 2 points)" in said.out
    assert "Points: 0/2 by tests" in said.out
    assert "`tito hint 42`" in said.out
    assert "0/2" in tito("status").out


def test_points_are_the_released_ones(solved: Path, toy: Lesson, tito: Tito) -> None:
    notebook = solved / "notebooks" / toy.notebook
    content = json.loads(notebook.read_text())
    for cell in content["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "test_double":
            cell["metadata"]["nbgrader"]["points"] = 2000
    notebook.write_text(json.dumps(content))
    said = tito("test", 42).out
    assert "(2 points)" in said
    assert "Points: 2/2 by tests" in said


def test_a_record_counts_for_no_more_than_the_lesson_gives(toy: Lesson) -> None:
    study = LessonStudy({"test_double": 99.0, "test_of_old": 5.0}, {"why": -3.0, "who": 1.0})
    points = points_by(study, toy)
    assert (points.tests, points.questions) == (2.0, 0.0)
    assert points_by(LessonStudy(), toy).sentence == "Points: -/2 by tests, -/1 for questions."
