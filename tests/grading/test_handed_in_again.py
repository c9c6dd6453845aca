"""A mark leaves the gradebook only while it is that of the notebook that was handed in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.grading.conftest import Tito
from tests.grading.graded import released
from tests.grading.pair import hand_in, solved, with_cell
from tests.workspace.conftest import Outcome as Said
from tito.course.lessons import Lesson
from tito.grading.autograding.outcome import NOT_GRADABLE, PARTLY_GRADED, Outcome
from tito.grading.autograding.replay import is_replayed, replay
from tito.grading.course import GradingCourse, create_grading_course
from tito.grading.marks.marks import read_marks
from tito.grading.prepare import prepare

OTHER = "def double(x):\n    return 3 * x\n"


@pytest.fixture
def course(pair: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GradingCourse:
    """The instructor's folder; the lesson is prepared."""
    made, _ = create_grading_course(tmp_path / "grading")
    monkeypatch.chdir(made.root)
    prepare(made, pair)
    return made


def enter(course: GradingCourse, lesson: Lesson) -> Outcome:
    """Hand in a notebook, and enter an outcome without running it."""
    hand_in(course, lesson, "ada", solved(lesson))
    notebook = dict(released(lesson))
    outcome = Outcome("ada", lesson.id, PARTLY_GRADED, notebook=notebook)
    replay(course.submission(lesson, "ada"), outcome, "key")
    return outcome


def is_stale(course: GradingCourse, lesson: Lesson) -> bool:
    return read_marks(course, [lesson]).found["ada", lesson.id].resubmitted


def test_another_notebook_of_the_same_time_is_seen(course: GradingCourse, pair: Lesson) -> None:
    enter(course, pair)
    assert not is_stale(course, pair)
    hand_in(course, pair, "ada", with_cell(solved(pair), "double", OTHER))
    assert is_stale(course, pair)
    hand_in(course, pair, "ada", solved(pair))
    assert not is_stale(course, pair)


def test_one_that_cannot_be_graded_leaves_the_mark_open(
    course: GradingCourse, pair: Lesson
) -> None:
    outcome = enter(course, pair)
    hand_in(course, pair, "ada", with_cell(solved(pair), "double", OTHER))
    bad = replace(outcome, status=NOT_GRADABLE, why="no", notebook=None)
    submission = course.submission(pair, "ada")
    replay(submission, bad, "other key")
    assert is_replayed(submission, bad, "other key")
    assert is_stale(course, pair)


@pytest.mark.parametrize(
    ("command", "said"),
    [("export", "there is nobody to export"), ("similar", "nobody has handed in 01_pair")],
)
def test_an_empty_class_is_said(
    command: str, said: str, course: GradingCourse, pair: Lesson, tito: Tito
) -> None:
    found: Said = tito("grade", command, str(pair.number))
    assert found.status == 1
    assert said.replace("01_pair", pair.id) in found.err + found.out
