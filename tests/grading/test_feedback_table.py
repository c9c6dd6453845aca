"""The table on top of a feedback page: each part, its points, and the reason for them."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.grading.graded import graded_course, mark
from tests.grading.pair import solved, with_cell
from tito.course.lessons import Lesson
from tito.course.notebook import Cell
from tito.grading.autograding.marking import CellMark
from tito.grading.autograding.outcome import GRADED, NOT_GRADABLE, Outcome, outcome_store
from tito.grading.autograding.present import presented_notebook
from tito.grading.autograding.rebuild import rebuild
from tito.grading.autograding.replay import replay
from tito.grading.autograding.shown import ADDED
from tito.grading.course import GradingCourse
from tito.grading.pages.feedback import make_feedback
from tito.grading.pages.summary import titles_of
from tito.jail.cells import CellOutcome

DOUBLE = CellMark("test_double", 2.0, True, "Twice of any array.", "", "")
HALVE = CellMark("test_halve", 3.0, False, "Half of any array.", "it is not written yet.", "HIDDEN")


class Table(HTMLParser):
    """Rows of a page's table as texts, and the ids and links of the whole page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.language = ""
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"][1:]] if found.get("href", "").startswith("#") else []
        self.language = found.get("lang", self.language)
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td") and self.rows:
            self._inside = True
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1] = " ".join(f"{self.rows[-1][-1]} {data}".split())


@pytest.fixture
def course(pair: Lesson, tmp_path: Path) -> GradingCourse:
    return graded_course(tmp_path / "grading", pair)


def enter(
    course: GradingCourse, lesson: Lesson, marks: tuple[CellMark, ...], *remarks: str
) -> None:
    """Enter what grading ada's notebook gave."""
    content = with_cell(solved(lesson), "why", "Because I say so.")
    template = json.loads(lesson.release.read_bytes())
    notebook = rebuild(template, json.dumps(content).encode()).notebook
    code = [n for n, c in enumerate(notebook["cells"]) if c["cell_type"] == "code"]
    shown = presented_notebook(notebook, {n: CellOutcome((), "", 1) for n in code}, marks, remarks)
    outcome = Outcome("ada", lesson.id, GRADED, "", remarks, marks, notebook=shown)
    outcome_store(course, lesson).write("ada", "key", outcome)
    replay(course.submission(lesson, "ada"), outcome, "key")


def page_of(course: GradingCourse, lesson: Lesson) -> str:
    (page,) = make_feedback(course, lesson, partial=True)
    assert page.problem == ""
    return course.submission(lesson, "ada").feedback.read_text(encoding="utf-8")


def test_each_part_has_its_points_and_the_reason(course: GradingCourse, pair: Lesson) -> None:
    enter(course, pair, (DOUBLE, HALVE), "There is no cell 'x'.")
    mark(course, pair, "ada", "Why?", why=0.5)
    page = page_of(course, pair)
    table = Table(page)
    assert table.rows[:4] == [
        ["Part", "Points", "Reason"],
        ["double", "2 / 2", "✓ All points Passed: Twice of any array."],
        [
            "halve",
            "0 / 3",
            "✗ No points Tests: it is not written yet. Required: Half of any array.",
        ],
        ["why", "0.5 / 1", "◐ Some points Read the comment on why"],
    ]
    assert table.rows[-1][:2] == ["Together", "2.5 / 6"]
    assert "HIDDEN" not in page
    assert "There is no cell 'x'." in page.partition("Your notebook")[0].replace("&#39;", "'")


def test_what_a_person_still_marks_and_has_marked_is_said(
    course: GradingCourse, pair: Lesson
) -> None:
    enter(course, pair, (DOUBLE, HALVE))
    mark(course, pair, "ada", test_halve=3.0)
    table = Table(page_of(course, pair))
    assert table.rows[2] == [
        "halve",
        "3 / 3",
        "✓ All points A person gave 3 points, which count. Tests: it is not written yet. "
        "Required: Half of any array.",
    ]
    assert table.rows[3] == ["why", "– / 1", "… A person still marks this"]


def test_a_page_has_a_language_and_its_links_lead_somewhere(
    course: GradingCourse, pair: Lesson
) -> None:
    enter(course, pair, (DOUBLE, HALVE))
    mark(course, pair, "ada", "Why?", why=0.5)
    page = page_of(course, pair)
    table = Table(page)
    assert table.language == "en"
    assert len(set(table.ids)) == len(table.ids)
    assert {"test_double", "test_halve", "why", "why-comment", "points"} <= set(table.links)
    assert set(table.links) <= set(table.ids)
    assert '<meta content="width=device-width, initial-scale=1" name="viewport"/>' in page
    assert re.findall(r"<img(?![^>]* alt=)", page) == []


def test_marks_of_an_earlier_hand_in_are_not_explained_by_a_later_one(
    course: GradingCourse, pair: Lesson
) -> None:
    enter(course, pair, (DOUBLE, HALVE))
    later = Outcome("ada", pair.id, NOT_GRADABLE, "it cannot be read.", ("A remark.",))
    outcome_store(course, pair).write("ada", "later", later)
    assert "A remark." not in page_of(course, pair)


def test_a_heading_that_a_student_added_names_no_part() -> None:
    graded = {"grade": True, "grade_id": "test_f"}
    cells = [
        Cell(1, "markdown", "## 1. Ours", frozenset(), {}),
        Cell(2, "markdown", "## 2. Theirs", frozenset({ADDED}), {}),
        Cell(3, "code", "f()", frozenset(), graded),
    ]
    assert dict(titles_of(cells)) == {"test_f": ("f", "1. Ours")}
