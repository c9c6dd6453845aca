"""The outcome names a student's mistake, by fingerprints that are drawn from the secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.course.toy_named import write_toy_with_calls
from tito.authoring.build import build
from tito.course.lessons import Lesson
from tito.grading.autograding.grade import grade_submission, key_of
from tito.grading.autograding.marking import CellMark
from tito.grading.course import GradingCourse, GradingError, create_grading_course
from tito.grading.prepare import prepare
from tito.judging.fingerprints import PUBLIC, read_fingerprints


@pytest.fixture
def lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lesson:
    made = write_toy_with_calls(tmp_path / "made")
    build([made], tmp_path / "made")
    monkeypatch.setenv("RECSYS_EDU_COURSE", str(tmp_path / "made"))
    return made


@pytest.fixture
def course(lesson: Lesson, tmp_path: Path) -> GradingCourse:
    made, _ = create_grading_course(tmp_path / "grading")
    prepare(made, lesson)
    return made


def mark_of(course: GradingCourse, lesson: Lesson, body: str) -> tuple[CellMark, str]:
    """The mark of a submission with this body, and the notebook that its student gets back."""
    content = json.loads(lesson.release.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "double":
            cell["source"] = f"def double(x):\n    {body}"
    submission = course.submission(lesson, "ada")
    submission.submitted.parent.mkdir(parents=True, exist_ok=True)
    submission.submitted.write_text(json.dumps(content), encoding="utf-8")
    outcome = grade_submission(submission, None)
    (mark,) = outcome.marks
    return mark, json.dumps(outcome.notebook)


def test_a_known_mistake_is_named_to_both(course: GradingCourse, lesson: Lesson) -> None:
    mark, page = mark_of(course, lesson, "return np.array([v * v for v in x])")
    assert not mark.passed
    assert mark.misconception == "squares"
    assert mark.message.endswith("Your function squares x.")
    assert "Your function squares x." in page


@pytest.mark.parametrize(
    "body", ["return 3 * x", "return x / 0 * [1, 2]", "import os; os._exit(3)", "return 'x'"]
)
def test_another_mistake_has_no_name(course: GradingCourse, lesson: Lesson, body: str) -> None:
    mark, page = mark_of(course, lesson, body)
    assert (mark.passed, mark.misconception) == (False, None)
    assert "Your function" not in page


@pytest.mark.parametrize("body", ["return 2 * x", "return np.add(x, x)", "return x * 2.0"])
def test_a_right_answer_has_no_name(course: GradingCourse, lesson: Lesson, body: str) -> None:
    mark, _ = mark_of(course, lesson, body)
    assert (mark.passed, mark.misconception, mark.message) == (True, None, "")


def test_hidden_calls_are_the_courses_own(
    course: GradingCourse, lesson: Lesson, tmp_path: Path
) -> None:
    other, _ = create_grading_course(tmp_path / "other")
    prepare(other, lesson)
    paths = (course.fingerprints(lesson), other.fingerprints(lesson), lesson.folder / PUBLIC)
    drawn = {
        str(read_fingerprints(path)["test_double"].calls[0].args[0].tolist()) for path in paths
    }
    assert len(drawn) == 3


def test_without_them_nothing_is_graded(course: GradingCourse, lesson: Lesson) -> None:
    mark_of(course, lesson, "return x")
    before = key_of(course.submission(lesson, "ada"))
    course.fingerprints(lesson).unlink()
    assert key_of(course.submission(lesson, "ada")) != before
    with pytest.raises(GradingError, match="tito grade build 42"):
        mark_of(course, lesson, "return x")
