"""What students get back: their own points and comments, in a page that is complete and sealed."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from tests.grading.answers import HONEST, HOSTILE, PICTURE
from tests.grading.conftest import Tito
from tests.grading.graded import autograde, graded_course, mark
from tito.course.lessons import Lesson, find_lesson
from tito.grading.course import GradingCourse
from tito.grading.pages import feedback

ANSWERS = ("cost_of_a_triple", "stale_row", "addressed_draws")


@pytest.fixture
def bpr() -> Lesson:
    return find_lesson("bpr")


@pytest.fixture
def marked(tmp_path: Path, bpr: Lesson, monkeypatch: pytest.MonkeyPatch) -> GradingCourse:
    """Ada's and Bob's answers were read; Cyd's were not."""
    course = graded_course(tmp_path / "course", bpr)
    answers = dict.fromkeys(ANSWERS, HONEST[1])
    pictures = {"plot.png": {"image/png": PICTURE}}
    for student in ("ada", "bob", "cyd"):
        autograde(course, bpr, student, answers=answers, attachments=pictures)
    for student in ("ada", "bob"):
        mark(course, bpr, student, f"To {student}: $x^2$.", **dict.fromkeys(ANSWERS, 2.0))
    monkeypatch.chdir(course.root)
    return course


def test_pages_have_points_comments_and_formulas(
    marked: GradingCourse, bpr: Lesson, tito: Tito
) -> None:
    done = tito("grade", "feedback", "5")
    assert done.status == 0
    assert done.out == "05_bpr: 2 written, 0 without a change.\n"
    assert done.err.startswith("No page for cyd: 3 answers still need a person.")
    page = marked.submission(bpr, "ada").feedback.read_text(encoding="utf-8")
    assert "28 of 31 points" in page
    assert page.count("To ada: ") == 3
    assert "bob" not in page
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in page
    assert f"data:image/png;base64,{PICTURE}" in page
    assert not marked.submission(bpr, "cyd").feedback.exists()
    assert (
        tito("grade", "feedback", "5", "--partial").out
        == "05_bpr: 1 written, 2 without a change.\n"
    )


def test_pages_load_nothing(marked: GradingCourse, bpr: Lesson, tito: Tito) -> None:
    tito("grade", "feedback", "5")
    page = marked.submission(bpr, "ada").feedback.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert re.findall(r"<(?:link|iframe|object|embed)|src=\"(?!data:)|@import", page) == []


def test_only_what_changed_is_written_anew(marked: GradingCourse, bpr: Lesson, tito: Tito) -> None:
    def again() -> str:
        return tito("grade", "feedback", "5", "--student", "ada", "--student", "bob").out

    assert again() == "05_bpr: 2 written, 0 without a change.\n"
    assert again() == "05_bpr: 0 written, 2 without a change.\n"
    mark(marked, bpr, "ada", stale_row=2.5)
    assert again() == "05_bpr: 1 written, 1 without a change.\n"
    mark(marked, bpr, "bob", "Better.", stale_row=2.0)
    assert again() == "05_bpr: 1 written, 1 without a change.\n"
    settings = "[due]\n05_bpr = 2026-11-29T12:00:00Z\n[late]\nper_day = 0.5\n"
    (marked.root / "grading.toml").write_text(settings)
    assert again() == "05_bpr: 2 written, 0 without a change.\n"
    page = marked.submission(bpr, "ada").feedback.read_text(encoding="utf-8")
    assert "Handed in 1 day after the due date: 14.25 points are taken off." in page
    notebook = marked.submission(bpr, "ada").autograded
    notebook.write_text(notebook.read_text() + "\n")
    assert again() == "05_bpr: 1 written, 1 without a change.\n"
    marked.submission(bpr, "bob").feedback.unlink()
    assert again() == "05_bpr: 1 written, 1 without a change.\n"


def test_a_broken_notebook_stops_nobody_elses_page(
    marked: GradingCourse, bpr: Lesson, tito: Tito
) -> None:
    tito("grade", "feedback", "5")
    marked.submission(bpr, "ada").autograded.write_text("{")
    mark(marked, bpr, "bob", stale_row=1.0)
    done = tito("grade", "feedback", "5")
    assert done.status == 1
    assert "05_bpr: 1 written, 0 without a change.\n" in done.out
    assert re.search(r"^ada: \w+: ", done.err, re.MULTILINE)
    assert not marked.submission(bpr, "ada").feedback.exists(), (
        "an older page may say what is not so"
    )
    assert "27 of 31 points" in marked.submission(bpr, "bob").feedback.read_text(encoding="utf-8")


def test_a_hostile_answer_that_got_through_cannot_run(
    marked: GradingCourse, bpr: Lesson, tito: Tito
) -> None:
    path = marked.submission(bpr, "ada").autograded
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "stale_row":
            cell.source = "\n\n".join(text for text in HOSTILE if "attachment" not in text)
    nbformat.write(notebook, path)
    tito("grade", "feedback", "5")
    page = marked.submission(bpr, "ada").feedback.read_text(encoding="utf-8")
    assert page.index("Content-Security-Policy") < page.index("<body")
    assert "javascript:" in page, "or this tests nothing"


@pytest.mark.parametrize("student", [[], ["--student", "zoe"]])
def test_nobody_to_write_to_is_said(
    tmp_path: Path, bpr: Lesson, tito: Tito, monkeypatch: pytest.MonkeyPatch, student: list[str]
) -> None:
    monkeypatch.chdir(graded_course(tmp_path / "course", bpr).root)
    done = tito("grade", "feedback", "5", *student)
    assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
    assert "there is no graded notebook of 05_bpr by" in done.err


def test_an_exchange_gets_the_pages_and_a_zip_is_made_if_asked(
    marked: GradingCourse, bpr: Lesson, tito: Tito, tmp_path: Path
) -> None:
    exchange = tmp_path / "exchange"
    (marked.root / "grading.toml").write_text(f'[course]\nexchange = "{exchange}"\n')
    ada = marked.submission(bpr, "ada")
    for path in (ada.submitted, ada.autograded):
        path.with_name("submission_secret.txt").write_text("s" * 32)
    done = tito("grade", "feedback", "5", "--zip")
    assert "1 are in the exchange.\n" in done.out
    assert "bob: it was not handed in through the exchange.\n" in done.err
    (page,) = exchange.rglob("*.html")
    assert page.read_bytes() == marked.submission(bpr, "ada").feedback.read_bytes()
    assert done.status == 1
    assert "no feedback on 05_bpr for a notebook that came from Moodle" in done.err


def test_a_page_of_an_older_notebook_is_handed_out_when_asked_for_only(
    marked: GradingCourse, bpr: Lesson, tito: Tito, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        feedback, "is_other_than_entered", lambda submission: submission.student == "ada"
    )
    done = tito("grade", "feedback", "5")
    assert done.out == "05_bpr: 1 written, 0 without a change.\n"
    assert "No page for ada: handed in again since it was graded. Run `tito grade aut" in done.err
    assert not marked.submission(bpr, "ada").feedback.exists()
    tito("grade", "feedback", "5", "--partial")
    assert marked.submission(bpr, "ada").feedback.exists()
