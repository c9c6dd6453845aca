"""Statistics of a lesson: figures per question and per misconception, as a page and as a table."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.grading.conftest import Tito
from tests.grading.graded import autograde, graded_course, mark
from tests.grading.test_hostile_pages import HOSTILE, Inventory
from tito.course.lessons import Lesson
from tito.grading.autograding.marking import CellMark
from tito.grading.autograding.outcome import GRADED, NOT_GRADABLE, Outcome, outcome_store
from tito.grading.course import GradingCourse
from tito.grading.statistics.histogram import histogram
from tito.grading.statistics.page import statistics_html
from tito.grading.statistics.questions import (
    LessonStatistics,
    Misconception,
    Question,
    lesson_statistics,
)

STUDENTS = ("ada", "bob", "cyd", "dan", "eve")
FAILED = {"bob": ["test_halve"], "cyd": ["test_halve"], "dan": ["test_double", "test_halve"]}


@pytest.fixture
def course(pair: Lesson, tmp_path: Path) -> GradingCourse:
    """Five students; bob and cyd have halved by a third, and eve's question is not marked."""
    course = graded_course(tmp_path / "grading", pair)
    for student in STUDENTS:
        autograde(course, pair, student, answers={"why": "So."}, failed=FAILED.get(student, ()))
        if student != "eve":
            mark(course, pair, student, why=1.0 if student == "ada" else 0.5)
    for student in ("bob", "cyd"):
        keep(course, pair, student, misconception="a third")
    return course


def keep(course: GradingCourse, lesson: Lesson, student: str, *, misconception: str | None) -> None:
    wrong = CellMark("test_halve", 3, False, "Half.", "you take a third.", "SECRET", misconception)
    outcome = Outcome(student, lesson.id, GRADED, marks=(wrong,), notebook={})
    outcome_store(course, lesson).write(student, "key", outcome)


def test_figures_of_questions_and_misconceptions(course: GradingCourse, pair: Lesson) -> None:
    found = lesson_statistics(course, pair)
    double, halve, why = found.questions
    assert [double.name, halve.name, why.name] == ["double", "halve", "why"]
    assert (halve.scores, halve.mean, halve.median) == ((3.0, 0.0, 0.0, 0.0, 3.0), 1.2, 0.0)
    assert (halve.full, halve.none, halve.waiting) == (2, 3, 0)
    assert (double.mean, double.full, double.none) == (1.6, 4, 1)
    assert (why.scores, why.waiting) == ((1.0, 0.5, 0.5, 0.5), 1)
    assert halve.discrimination is not None
    assert halve.discrimination > 0
    assert found.total.scores == (6.0, 2.5, 2.5, 0.5)
    assert found.total.waiting == 1
    assert found.misconceptions == (Misconception("halve", "a third", "you take a third.", 2),)


def test_a_hand_in_that_cannot_be_graded_says_nothing_of_marks(
    course: GradingCourse, pair: Lesson
) -> None:
    wrong = CellMark("test_halve", 3, False, "", "no.", "", "another")
    later = Outcome("bob", pair.id, NOT_GRADABLE, "unreadable.", marks=(wrong,))
    outcome_store(course, pair).write("bob", "later", later)
    found = lesson_statistics(course, pair).misconceptions
    assert [(each.name, each.students) for each in found] == [("a third", 1)]


def test_the_command_writes_a_page_and_a_table_without_names(
    course: GradingCourse, tito: Tito, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course.root)
    done = tito("grade", "statistics", "42")
    assert (done.status, done.err) == (0, "")
    page = (course.root / "statistics" / "42_toy.html").read_text(encoding="utf-8")
    table = (course.root / "statistics" / "42_toy.csv").read_text(encoding="utf-8")
    for student in STUDENTS:
        assert not re.search(rf"\b{student}\b", page + table)
    assert "SECRET" not in page + table
    assert re.findall(r"<script|<link|src=|@import|url\(", page) == []
    rows = list(csv.DictReader(io.StringIO(table)))
    kinds = ["total", "question", "question", "question", "misconception"]
    assert [row["kind"] for row in rows] == kinds
    assert (rows[2]["question"], rows[2]["mean"], rows[2]["none"]) == ("halve", "1.2", "3")
    assert (rows[4]["misconception"], rows[4]["students"]) == ("a third", "2")


def test_each_histogram_has_a_title_and_its_figures_in_a_table(
    course: GradingCourse, pair: Lesson
) -> None:
    page = BeautifulSoup(statistics_html(lesson_statistics(course, pair)), "html.parser")
    assert page.html is not None
    assert page.html["lang"] == "en"
    figures = page.select("figure")
    assert len(figures) == 4
    for figure in figures:
        assert figure.select_one("svg[role=img] title") is not None
        bars = [text.get_text() for text in figure.select("svg text")]
        rows = [row.select("th, td") for row in figure.select("tbody tr")]
        assert bars[::2] == [row[1].get_text() for row in rows]
        assert len(rows) == len(figure.select("rect"))
    assert [len(figure.select("rect")) for figure in figures] == [10, 3, 4, 10]
    assert len({each["id"] for each in page.select("[id]")}) == len(page.select("[id]"))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_in_every_field_is_shown_and_does_nothing(text: str) -> None:
    def page(word: str) -> Inventory:
        question = Question(word, word, 2.0, (0.0, 1.0, 2.0), 0, None)
        mistake = Misconception(word, word, word, 1)
        return Inventory(
            statistics_html(LessonStatistics(word, 3, 0, 0, question, (question,), (mistake,)))
        )

    found, plain = page(text), page("word")
    assert found.evil == []
    assert found.elements == plain.elements
    assert "EVIL" in found.shown


def test_every_score_is_in_one_bin() -> None:
    assert [bar.count for bar in histogram([0, 1, 3, 3], 3)] == [1, 1, 0, 2]
    assert [bar.count for bar in histogram([-1, 5], 3)] == [1, 0, 0, 1]
    assert [bar.count for bar in histogram([0.3, 0.29, 1.0, 1.5], 1)] == [
        0, 0, 1, 1, 0, 0, 0, 0, 0, 2,
    ]  # fmt: skip
    assert sum(bar.count for bar in histogram([i / 7 for i in range(200)], 28)) == 200
    assert [bar.height for bar in histogram([], 2)] == [0, 0, 0]
    assert [bar.count for bar in histogram([0, 0], 0)] == [2]


def test_a_lesson_of_which_nothing_is_graded_is_said(
    pair: Lesson, tmp_path: Path, tito: Tito, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(graded_course(tmp_path / "empty", pair).root)
    done = tito("grade", "statistics", "42")
    assert (done.status, done.out) == (1, "")
    assert "nothing of 42_toy is graded: run `tito grade autograde 42` first" in done.err
