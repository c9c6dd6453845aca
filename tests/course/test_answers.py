"""The distribution of model answers: made of the lessons, read whole, and of this version only."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import pytest

from recsys_edu import __version__
from tests.course.toy import SOURCE, write_toy
from tito.authoring.answers import answers_in, write_answers_project
from tito.authoring.source import AuthoringError
from tito.course.answers import DISTRIBUTION, AnswersError, answers_of
from tito.course.lessons import Lesson, all_lessons
from tito.course.notebook import read_cells
from tito.course.parts import parts_of, questions_of


@pytest.fixture
def toy(tmp_path: Path) -> Lesson:
    return write_toy(tmp_path / "course")


@pytest.fixture
def installed(toy: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The toy's answers where Python finds them; returns the lesson's file."""
    write_answers_project([toy], tmp_path / "answers")
    monkeypatch.syspath_prepend(str(tmp_path / "answers"))
    return tmp_path / "answers" / DISTRIBUTION / "42_toy.json"


@pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.id)
def test_every_cell_and_question_has_an_answer(lesson: Lesson) -> None:
    released, answers = read_cells(lesson.release), answers_in(lesson)
    assert list(answers.code) == [name for part in parts_of(released) for name in part.cells]
    assert list(answers.words) == [question.name for question in questions_of(released)]
    for text in (*answers.code.values(), *(x.text for x in answers.words.values())):
        assert text.strip()
        assert "BEGIN SOLUTION" not in text
        assert "MARK SCHEME" not in text
    assert all("point" in answer.scheme for answer in answers.words.values())
    assert all(question.text for question in questions_of(released))


def test_what_is_written_is_what_is_read(toy: Lesson, installed: Path) -> None:
    found = answers_of(toy)
    assert found == answers_in(toy)
    assert "return x + x" in found.code["double"]
    assert found.words["why"].text == "Because."
    assert found.words["why"].scheme == "1 point: says why."


def test_the_project_has_the_courses_version(installed: Path) -> None:
    project = tomllib.loads((installed.parents[1] / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__
    assert project["dependencies"] == [f"recsys_edu=={__version__}"]
    assert project["name"] == DISTRIBUTION


def test_without_the_distribution_one_sentence_says_how_to_get_it(
    toy: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, DISTRIBUTION, None)
    monkeypatch.setattr("tito.course.answers.find_spec", lambda name: None)
    with pytest.raises(AnswersError) as raised:
        answers_of(toy)
    assert f"`pip install {DISTRIBUTION}=={__version__}`" in str(raised.value)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"recsys_edu": "0.0.1"}, "is of version 0.0.1, and the course of"),
        ({"format": 2}, "is of version"),
        ({"lesson": "05_bpr"}, "is damaged"),
        ({"code": {"double": 3}}, "is damaged"),
        ({"code": []}, "is damaged"),
        ({"words": {"why": {"text": "x"}}}, "is damaged"),
        ({"words": None}, "is damaged"),
    ],
)
def test_answers_of_another_version_or_damaged_ones_are_refused(
    toy: Lesson, installed: Path, change: dict[str, object], why: str
) -> None:
    content = json.loads(installed.read_text())
    installed.write_text(json.dumps({**content, **change}))
    with pytest.raises(AnswersError, match=why) as raised:
        answers_of(toy)
    assert "pip install" in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b"{", b'"text"'])
def test_bytes_that_are_no_answers_are_refused(
    toy: Lesson, installed: Path, content: bytes
) -> None:
    installed.write_bytes(content)
    with pytest.raises(AnswersError, match="is damaged"):
        answers_of(toy)


def test_answers_of_another_course_say_so(toy: Lesson, installed: Path) -> None:
    installed.unlink()
    with pytest.raises(AnswersError, match="it is of another course"):
        answers_of(toy)


def test_a_lesson_that_went_away_leaves_no_answers(toy: Lesson, installed: Path) -> None:
    left = installed.with_name("41_old.json")
    left.write_text("{}")
    write_answers_project([toy], installed.parents[1])
    assert not left.exists()
    assert installed.is_file()


def test_a_folder_with_other_things_is_not_written_to(toy: Lesson, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("x")
    with pytest.raises(AuthoringError, match="holds something else"):
        write_answers_project([toy], tmp_path / "mine")


def test_a_question_without_a_mark_scheme_is_refused(tmp_path: Path) -> None:
    source = SOURCE.replace("=== BEGIN MARK SCHEME ===", "").replace("=== END MARK SCHEME ===", "")
    with pytest.raises(AuthoringError, match="'why' has no mark scheme"):
        answers_in(write_toy(tmp_path, toy=source))
