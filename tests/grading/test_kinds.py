"""A lesson with every kind of cell, from the learner's notebook to marks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch")

from tests.artefacts.compilers import needs_compiler, own_cache
from tests.course.learner import solutions_of, type_in
from tests.course.toy_of_all import POINTS, write_toy_of_all
from tests.grading.conftest import configure
from tests.grading.pair import hand_in, solved, with_cell
from tests.jail.conftest import needs_bubblewrap
from tests.recsys_edu.workspaces import CALL, run_python
from tests.workspace.conftest import Outcome
from tito.authoring.lint import problems
from tito.course.lessons import Lesson
from tito.grading.autograding import batch
from tito.grading.autograding.batch import autograde
from tito.grading.course import create_grading_course
from tito.grading.prepare import prepare

pytestmark = [needs_bubblewrap, needs_compiler]


@pytest.fixture
def lesson(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Lesson:
    """The only lesson of the course, built."""
    own_cache(tmp_path_factory, monkeypatch)
    monkeypatch.setenv("RECSYS_EDU_COURSE", str(tmp_path / "course"))
    return write_toy_of_all(tmp_path / "course")


def test_export_backend_and_checkpoint(
    lesson: Lesson,
    tito: Callable[..., Outcome],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert problems(lesson) == []
    assert tito("init", tmp_path / "mine").status == 0
    monkeypatch.chdir(tmp_path / "mine")
    type_in(Path("notebooks", lesson.notebook), solutions_of(lesson))
    assert tito("export", "42").out == "my_recsys/kernels.py: written.\n"
    done = tito("checkpoint", "42")
    assert done.status == 0, done
    assert "5 of 5 checks hold" in done.out
    assert run_python("-c", CALL, cwd=tmp_path / "mine").stdout.strip() == "6.0"


def test_marks_in_a_jail(lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course, _ = create_grading_course(tmp_path / "grading")
    monkeypatch.chdir(course.root)
    monkeypatch.setattr(batch, "font_list", dict)
    prepare(course, lesson)
    configure(course, "[limits]\nnotebook_seconds = 0\njudge_seconds = 600\n")
    right = solved(lesson)
    wrong = with_cell(right, "dot", "%%cython\ndef dot(x, y):\n    return z\n")
    wrong = with_cell(wrong, "agree", "def agree(total, x):\n    total(x)\n")
    wrong = with_cell(wrong, "scores", "def scores(p, q):\n    import torch\n    return torch\n")
    hand_in(course, lesson, "ada", right)
    hand_in(course, lesson, "ben", wrong)
    found = {
        p.outcome.student: p.outcome for p in autograde(course, lesson, ["ada", "ben"], jobs=1)
    }
    marks = {
        student: {mark.grade_id: mark.points * mark.passed for mark in outcome.marks}
        for student, outcome in found.items()
    }
    assert marks["ada"] == POINTS
    assert marks["ben"] == {**POINTS, "test_dot": 0, "test_agree": 0, "test_scores": 0}
    messages = {mark.grade_id: mark.message for mark in found["ben"].marks}
    assert messages["test_dot"].startswith("its cell does not compile")
    assert "kind that cannot be compared" in messages["test_scores"]
