"""What it costs to hand in late, to the second."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tito.course.lessons import Lesson, find_lesson
from tito.grading.course import GradingCourse, GradingError, create_grading_course
from tito.grading.gradebook import open_gradebook
from tito.grading.marks.late import LatePolicy, assign_penalties, penalty
from tito.grading.settings import LateTable, SettingsError, read_settings

MINUTE, DAY = 60, 24 * 60 * 60
TENTH = LateTable(grace_minutes=15, per_day=0.1, at_most=0.35)


@pytest.mark.parametrize(
    ("seconds", "share"),
    [
        (0, 0.0),
        (1, 0.0),
        (15 * MINUTE, 0.0),
        (15 * MINUTE + 0.001, 0.1),
        (15 * MINUTE + DAY, 0.1),
        (15 * MINUTE + DAY + 1, 0.2),
        (15 * MINUTE + 3 * DAY, 0.3),
        (15 * MINUTE + 3 * DAY + 1, 0.35),  # and not 0.4
        (1000 * DAY, 0.35),
    ],
)
def test_each_day_begun_after_the_grace_costs_a_share(seconds: float, share: float) -> None:
    assert penalty(TENTH, 20.0, seconds) == pytest.approx(20.0 * share, abs=1e-12)


def test_without_grace_the_first_second_counts() -> None:
    late = LateTable(grace_minutes=0, per_day=0.5)
    assert [penalty(late, 8.0, seconds) for seconds in (0, 1, DAY, DAY + 1)] == [0, 4, 4, 8]


def test_no_more_is_taken_than_was_earned() -> None:
    late = LateTable(grace_minutes=0, per_day=3.0, at_most=7.0)
    assert penalty(late, 8.0, 1) == 8.0
    assert penalty(late, 0.0, 1) == 0.0
    assert penalty(late, -1.0, 1) == 0.0


def configure(folder: Path, text: str) -> GradingCourse:
    course, _ = create_grading_course(folder)
    (folder / "grading.toml").write_text(text)
    return GradingCourse(course.root)


@pytest.fixture
def course(tmp_path: Path) -> GradingCourse:
    return configure(tmp_path / "course", "[late]\ngrace_minutes = 1\nper_day = 0.25\n")


def test_the_plugin_finds_the_settings_by_the_current_folder(
    course: GradingCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root)
    assert LatePolicy().late_submission_penalty("ada", 20.0, 61) == 5.0
    assert LatePolicy().late_submission_penalty("ada", 20.0, 60) == 0.0


def test_the_plugin_finds_the_settings_by_what_made_it(
    course: GradingCourse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = configure(tmp_path / "other", "[late]\nper_day = 1.0\n")
    monkeypatch.chdir(other.root)
    plugin = LatePolicy()
    owner = SimpleNamespace(coursedir=SimpleNamespace(root=str(course.root)), parent=None)
    monkeypatch.setattr(LatePolicy, "parent", SimpleNamespace(parent=owner))
    assert plugin.late_submission_penalty("ada", 20.0, 61) == 5.0


def test_the_plugin_says_where_there_is_no_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GradingError, match=r"no grading\.toml"):
        LatePolicy().late_submission_penalty("ada", 20.0, 61)


SETTINGS = """
[due]
05_bpr = 2026-10-25T01:30:00+02:00

[extensions]
bob = { 05_bpr = 2026-10-26T23:30:00Z, 04_factorization = 2030-01-01T00:00:00Z }
cyd = { 05_bpr = 2026-01-01T00:00:00Z }

[late]
grace_minutes = 0
per_day = 0.5
"""


@pytest.fixture
def bpr() -> Lesson:
    return find_lesson("bpr")


@pytest.fixture
def gradebook(tmp_path: Path, bpr: Lesson) -> Iterator[Any]:
    """Three submissions of 10 points, each a day after it was due. Clocks went back meanwhile."""
    (tmp_path / "grading.toml").touch()
    with open_gradebook(GradingCourse(tmp_path)) as gradebook:
        gradebook.add_assignment(bpr.id)
        gradebook.add_notebook(bpr.id, bpr.id)
        gradebook.add_grade_cell("question", bpr.id, bpr.id, max_score=10, cell_type="markdown")
        for student in ("ada", "bob", "cyd"):
            gradebook.add_student(student)
            gradebook.add_submission(bpr.id, student, timestamp="2026-10-25 23:30:00 UTC")
            give(gradebook, bpr, student, 10)
        yield gradebook


def give(gradebook: Any, lesson: Lesson, student: str, points: float) -> None:
    gradebook.find_grade("question", lesson.id, lesson.id, student).manual_score = points
    gradebook.db.commit()


def lost(gradebook: Any, lesson: Lesson) -> list[float]:
    return [
        gradebook.find_submission(lesson.id, student).late_submission_penalty
        for student in ("ada", "bob", "cyd")
    ]


def test_a_day_is_a_day_when_clocks_go_back_and_an_extension_is_as_long_as_it_says(
    tmp_path: Path, gradebook: Any, bpr: Lesson
) -> None:
    course = configure(tmp_path / "course", SETTINGS)
    assign_penalties(course, gradebook, bpr)
    assert lost(gradebook, bpr) == [5.0, 0.0, 5.0]  # an earlier date takes nothing from anybody
    course = configure(tmp_path / "course", SETTINGS.replace("01:30:00", "01:29:59"))
    assign_penalties(course, gradebook, bpr)
    assert lost(gradebook, bpr) == [10.0, 0.0, 10.0]


def test_points_that_a_person_gives_later_count_and_so_do_changed_settings(
    tmp_path: Path, gradebook: Any, bpr: Lesson
) -> None:
    course = configure(tmp_path / "course", SETTINGS)
    assign_penalties(course, gradebook, bpr)
    give(gradebook, bpr, "ada", 4)
    assign_penalties(course, gradebook, bpr)
    assert lost(gradebook, bpr)[0] == 2.0
    course = configure(tmp_path / "course", "[due]\n05_bpr = 2026-10-25T01:30:00+02:00\n")
    assign_penalties(course, gradebook, bpr)
    assert lost(gradebook, bpr) == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("extensions = 3", r"extensions must be a table"),
        ("[extensions]\nada = 3", r"extensions\.ada must have lessons and dates"),
        ("[extensions]\nada = { 05_bpr = 2026-10-25 }", r"\[extensions\.ada\] 05_bpr must be"),
    ],
)
def test_an_extension_that_is_none_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "grading.toml"
    path.write_text(line)
    with pytest.raises(SettingsError, match=message):
        read_settings(path)


def test_a_due_date_that_was_taken_out_costs_nothing_any_more(
    tmp_path: Path, gradebook: Any, bpr: Lesson
) -> None:
    course = configure(tmp_path / "course", SETTINGS)
    assign_penalties(course, gradebook, bpr)
    assert lost(gradebook, bpr)[0] == 5.0
    _, _, late = SETTINGS.partition("[late]")
    course = configure(tmp_path / "course", f"[late]{late}")
    assign_penalties(course, gradebook, bpr)
    assert [each or 0.0 for each in lost(gradebook, bpr)] == [0.0, 0.0, 0.0]
