"""Lessons are found by their folders, and named as people name them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.course.toy import write_toy
from tito.course.lessons import LessonError, all_lessons, find_lesson, lessons_in


@pytest.mark.parametrize("wanted", ["5", "05", "bpr", "05_bpr", "05_bpr.ipynb", " 5 "])
def test_a_lesson_is_found_by_number_and_name(wanted: str) -> None:
    assert find_lesson(wanted).id == "05_bpr"


@pytest.mark.parametrize("wanted", ["", "99", "-1", "bqr", "05_bqr", "../05_bpr"])
def test_another_name_says_which_there_are(wanted: str) -> None:
    with pytest.raises(LessonError, match=r"lessons: .*05_bpr"):
        find_lesson(wanted)


def test_a_slip_is_understood() -> None:
    with pytest.raises(LessonError, match="Did you mean 'bpr'"):
        find_lesson("bprr")


def test_lessons_are_in_order_and_say_what_they_are_about() -> None:
    lessons = all_lessons()
    assert [lesson.number for lesson in lessons] == sorted({lesson.number for lesson in lessons})
    ids = {lesson.id for lesson in lessons}
    for lesson in lessons:
        about = lesson.about()
        assert about.question.endswith("?")
        assert 0 < about.hours < 10
        assert len(about.objectives) >= 3
        assert set(about.prerequisites) <= ids - {lesson.id}
        assert lesson.release.is_file()


def test_other_folders_are_no_lessons(tmp_path: Path) -> None:
    lesson = write_toy(tmp_path)
    for name in ("__pycache__", "4_short", "07_Upper", "notes"):
        (lesson.folder.parent / name).mkdir()
    assert lessons_in(lesson.folder.parent, tmp_path) == [lesson]
    with pytest.raises(LessonError, match="install recsys_edu again"):
        lessons_in(tmp_path / "nothing", tmp_path)


@pytest.mark.parametrize(
    "text",
    ["", "title = 'no plusses'", "+++\ntitle = \n+++\n", "+++\ntitle = 'only'\n+++\n"],
)
def test_an_about_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    lesson = write_toy(tmp_path, ABOUT=text)
    with pytest.raises(LessonError, match=r"ABOUT\.md"):
        lesson.about()
