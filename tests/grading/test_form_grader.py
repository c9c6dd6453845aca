"""The form grader: labelled boxes, mark schemes beside answers, comments that are kept."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.grading.graded import autograde, graded_course
from tito.course.lessons import Lesson
from tito.grading.course import GradingCourse, GradingError
from tito.grading.pages.form_grader import FormGraderExporter, mark_schemes
from tito.grading.pages.kept_comments import KeptComment, keep_comment, read_comments
from tito.grading.prepare import prepare


@pytest.fixture
def course(pair: Lesson, tmp_path: Path) -> GradingCourse:
    course = graded_course(tmp_path / "grading", pair)
    prepare(course, pair)
    autograde(course, pair, "ada", answers={"why": "My *answer*."})
    return course


def page_of(course: GradingCourse, lesson: Lesson) -> BeautifulSoup:
    resources = {
        "assignment_id": lesson.id, "notebook_id": lesson.id, "submission_id": "1", "index": 0,
        "total": 1, "base_url": "", "student": "ada", "first_name": None, "last_name": None,
    }  # fmt: skip
    path = course.submission(lesson, "ada").autograded
    html, _ = FormGraderExporter(course).from_filename(str(path), resources=resources)
    return BeautifulSoup(html, "html.parser")


def test_each_box_has_a_name_of_its_own(course: GradingCourse, pair: Lesson) -> None:
    page = page_of(course, pair)
    assert page.html is not None
    assert page.html["lang"] == "en"
    boxes = page.select("input, textarea, select")
    assert len(boxes) == 3 * 2 + 3 * 2  # three cells with points, three answers with comments
    names = []
    for box in boxes:
        inside, outside = box.find_parent("label"), page.select_one(f"label[for='{box.get('id')}']")
        label = inside or outside
        name = str(box.get("aria-label") or (label.get_text(" ", strip=True) if label else ""))
        assert name, box
        names += [name] if box.name != "select" else []
    assert len(set(names)) == len(names)
    assert "Points for halve, of 3.0" in names
    assert "Comment on why" in names


def test_all_that_can_be_clicked_can_be_reached_by_the_tab_key(
    course: GradingCourse, pair: Lesson
) -> None:
    """nbgrader's script goes by Tab from one ``tabbable`` element to the next, and to no other."""
    page = page_of(course, pair)
    clicked = page.select("nav a, button, input, textarea, select, summary, [onclick]")
    assert len(clicked) > 20
    assert [each for each in clicked if "tabbable" not in (each.get("class") or ())] == []
    assert {each.name for each in page.select("[onclick]")} == {"button"}


def test_the_mark_scheme_stands_beside_the_answer(course: GradingCourse, pair: Lesson) -> None:
    assert mark_schemes(course, pair.id)["why"].scheme == "1 point: says why."
    page = page_of(course, pair)
    (scheme,) = page.select("aside.scheme")
    answer = scheme.find_previous_sibling()
    assert answer is not None
    assert answer.get_text().strip() == "My answer."
    assert "1 point: says why." in scheme.get_text()
    assert "Because." in scheme.select("details")[0].get_text()
    course.source(pair).unlink()
    assert page_of(course, pair).select("aside.scheme") == []


def test_a_comment_is_kept_once_and_offered_again(course: GradingCourse, pair: Lesson) -> None:
    keep_comment(course, pair.id, "why", "Say <b>why</b>,\nnot how.")
    assert keep_comment(course, pair.id, "why", "Say <b>why</b>, not how.") == [
        "Say <b>why</b>, not how."
    ]
    assert read_comments(course) == [KeptComment(pair.id, "why", "Say <b>why</b>, not how.")]
    with (course.root / "comments.csv").open("a", encoding="utf-8") as table:
        table.write(f"{pair.id},,For all.\nother,why,Elsewhere.\n")
    page = page_of(course, pair)
    offered = {
        box["data-question"]: [option.get_text() for option in box.select("option")][1:]
        for box in page.select(".kept")
    }
    assert offered == {
        "double": ["For all."],
        "halve": ["For all."],
        "why": ["Say <b>why</b>, not how.", "For all."],
    }
    assert page.select(".kept b") == []


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a,b,c\n", "has to begin with the line lesson,question,comment."),
        (b"lesson,question,comment\na,b\n", "row 2: three columns are expected, not 2."),
        (b"lesson,question,comment\na,b,\xff\n", "cannot be read"),
    ],
)
def test_a_table_of_comments_that_cannot_be_read_is_said(
    course: GradingCourse, content: bytes, problem: str
) -> None:
    (course.root / "comments.csv").write_bytes(content)
    with pytest.raises(GradingError, match=re.escape(problem)):
        read_comments(course)
    with pytest.raises(GradingError, match=re.escape(problem)):
        keep_comment(course, "a", "b", "c")
    assert (course.root / "comments.csv").read_bytes() == content


def test_an_empty_comment_is_not_kept(course: GradingCourse, pair: Lesson) -> None:
    with pytest.raises(GradingError, match="write a comment first"):
        keep_comment(course, pair.id, "why", " \n\x00")
    assert not (course.root / "comments.csv").exists()


def test_graders_who_keep_comments_at_a_time_lose_none(course: GradingCourse, pair: Lesson) -> None:
    with ThreadPoolExecutor(8) as pool:
        for each in [
            pool.submit(keep_comment, course, pair.id, "why", f"Number {n}.") for n in range(40)
        ]:
            each.result()
    kept = {comment.comment for comment in read_comments(course)}
    assert kept == {f"Number {n}." for n in range(40)}
