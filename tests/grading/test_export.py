"""Marks on their way out: none that is not final, in the right rows, and no formulas."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.grading.conftest import Tito
from tests.grading.graded import autograde, graded_course, mark
from tito.course.lessons import Lesson, find_lesson
from tito.grading.collecting.submitted import Receipt, existing, receipt_path
from tito.grading.course import GradingCourse
from tito.grading.gradebook import open_gradebook
from tito.grading.marks.tables import inert, points_text

ANSWERS = ("cost_of_a_triple", "stale_row", "addressed_draws")
SETTINGS = "[due]\n05_bpr = 2026-11-30T12:00:00Z\n[late]\ngrace_minutes = 0\nper_day = 0.5\n"


@pytest.fixture
def bpr() -> Lesson:
    return find_lesson("bpr")


@pytest.fixture
def marked(tmp_path: Path, bpr: Lesson, monkeypatch: pytest.MonkeyPatch) -> GradingCourse:
    """Ada is done, Bob was late, Cyd's answers were not read; Dan handed in nothing."""
    course = graded_course(tmp_path / "course", bpr, settings=SETTINGS)
    written = dict.fromkeys(ANSWERS, "Because.")
    autograde(course, bpr, "ada@x.org", answers=written, failed=["test_sigmoid"])
    autograde(course, bpr, "bob", answers=written, at="2026-11-30 12:00:01 UTC")
    autograde(course, bpr, "cyd", answers=written)
    mark(course, bpr, "ada@x.org", cost_of_a_triple=1.25, stale_row=0, addressed_draws=3)
    mark(course, bpr, "bob", cost_of_a_triple=3, stale_row=3, addressed_draws=2)
    with open_gradebook(course) as gradebook:
        gradebook.add_student("dan", first_name="Dan", last_name="=1+1", email="-dan@x.org")
    monkeypatch.chdir(course.root)
    return course


def rows(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines(), delimiter=delimiter))


UNREAD = "3 answers still need a person; 1 mark is left empty.\n"


def test_only_final_marks_leave_and_the_rest_is_told(marked: GradingCourse, tito: Tito) -> None:
    done = tito("grade", "export", "5")
    assert done.status == 0
    ada, bob, cyd, dan = rows(done.out)
    assert (ada["05_bpr"], ada["05_bpr_max"], ada["needs_manual"]) == ("23.25", "31", "")
    assert (bob["05_bpr"], bob["needs_manual"]) == ("15", "")  # of 30, half is lost
    assert (ada["05_bpr_late"], bob["05_bpr_late"]) == ("", "15")
    assert (cyd["05_bpr"], cyd["needs_manual"]) == ("", "05_bpr")
    assert (dan["05_bpr"], dan["last_name"], dan["email"]) == ("", "'=1+1", "'-dan@x.org")
    assert done.err == UNREAD


def test_all_marks_leave_where_that_is_said(marked: GradingCourse, tito: Tito) -> None:
    done = tito("grade", "export", "--partial")
    assert [row["05_bpr"] for row in rows(done.out)] == ["23.25", "15", "22", ""]
    assert "1 mark is exported all the same" in done.err


def test_points_given_after_grading_are_penalised_like_others(
    marked: GradingCourse, bpr: Lesson, tito: Tito
) -> None:
    mark(marked, bpr, "bob", cost_of_a_triple=1)
    assert rows(tito("grade", "export").out)[1]["05_bpr"] == "14"


def test_what_was_handed_in_again_or_not_graded_is_not_final(
    marked: GradingCourse, bpr: Lesson, tito: Tito
) -> None:
    stamp = marked.submission(bpr, "bob").submitted.with_name("timestamp.txt")
    stamp.write_text("2026-12-01 12:00:00 UTC")
    marked.submission(bpr, "eve").submitted.parent.mkdir(parents=True)
    done = tito("grade", "export")
    found = {row["student"]: row for row in rows(done.out)}
    assert [found[name]["05_bpr"] for name in ("bob", "eve")] == ["", ""]
    assert [found[name]["needs_manual"] for name in ("bob", "eve")] == ["05_bpr"] * 2
    assert "Handed in again since it was graded, left empty: bob (05_bpr).\n" in done.err
    assert "Handed in and not graded yet, left empty: eve (05_bpr).\n" in done.err


def test_cells_have_all_their_points(marked: GradingCourse, tito: Tito) -> None:
    found = {
        (row["student"], row["cell"]): row for row in rows(tito("grade", "export", "--cells").out)
    }
    assert found["ada@x.org", "cost_of_a_triple"]["manual_score"] == "1.25"
    assert found["ada@x.org", "test_sigmoid"]["score"] == "0"
    assert found["cyd", "stale_row"]["needs_manual"] == "yes"
    assert len(found) == 3 * 9


def test_nbgraders_own_columns(marked: GradingCourse, tito: Tito) -> None:
    ada, bob, cyd, dan = rows(tito("grade", "export", "--format", "nbgrader").out)
    assert (bob["raw_score"], bob["late_submission_penalty"], bob["score"]) == ("30", "15", "15")
    assert (ada["timestamp"], ada["duedate"]) == ("2026-11-30 12:00:00",) * 2
    assert (cyd["score"], dan["score"], dan["max_score"]) == ("", "0", "31")


CANVAS = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Quiz (7),Homework 05_bpr (12),Final Score\n"
    "    Points Possible,,,,,10,{points},(read only)\n"
    '"Lovelace, Ada",101,s1,ADA@x.org,"Group ""A"", 1",9,,50\n'
    '"=Bob",102,s2,b,1,9,,50\n'
    '"Cyd",103,cyd,,1,9,30,50\n'
    '"Nobody",104,s4,n,1,9,,50\n'
)


def receive(course: GradingCourse, lesson: Lesson, student: str, name: str, **lms: str) -> None:
    there = existing(course.submission(lesson, student))
    assert there is not None
    receipt = Receipt("x", "x.zip", there[0], "", "", "", name, lms)
    path = receipt_path(course.submission(lesson, student), there[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(receipt.__dict__), encoding="utf-8")


def test_canvas_gets_back_its_own_table(
    marked: GradingCourse, bpr: Lesson, tito: Tito, tmp_path: Path
) -> None:
    receive(marked, bpr, "bob", "bob", kind="canvas", user="102")
    autograde(marked, bpr, "zoe")
    template, target = tmp_path / "canvas.csv", tmp_path / "out.csv"
    template.write_text(CANVAS.format(points="31"), encoding="utf-8")
    done = tito(
        *("grade", "export", "5", "--format", "canvas"), "--template", template, "-o", target
    )
    assert done.status == 0, done.err
    assert target.read_text(encoding="utf-8") == (
        "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Homework 05_bpr (12)\n"
        "    Points Possible,,,,,31\n"
        '"Lovelace, Ada",101,s1,ADA@x.org,"Group ""A"", 1",23.25\n'
        "'=Bob,102,s2,b,1,15\n"
        "Cyd,103,cyd,,1,30\n"
        "Nobody,104,s4,n,1,\n"
    )
    assert "Not in the template, so their marks are missing: zoe.\n" in done.err
    assert "Left as they were, since nothing was handed in: Nobody.\n" in done.err
    assert UNREAD in done.err


def test_a_lesson_that_canvas_does_not_have_is_a_new_column(
    marked: GradingCourse, tito: Tito, tmp_path: Path
) -> None:
    template = tmp_path / "canvas.csv"
    template.write_text(CANVAS.format(points="31").replace("05_bpr", "05_bprx"), encoding="utf-8")
    done = tito("grade", "export", "5", "--format", "canvas", "--template", template)
    assert done.out.splitlines()[1] == "    Points Possible,,,,,31"
    assert rows(done.out.removeprefix("\ufeff"))[1]["05_bpr"] == "23.25"
    assert "Canvas will ask about: 05_bpr. If it is there under another name" in done.err


def test_without_a_template_canvas_gets_the_ids_that_it_gave(
    marked: GradingCourse, bpr: Lesson, tito: Tito
) -> None:
    receive(marked, bpr, "bob", "bob", kind="canvas", user="102")
    found = rows(tito("grade", "export", "--format", "canvas").out)
    assert [row["ID"] for row in found] == ["", "", "102", "", ""]
    assert [row["SIS Login ID"] for row in found] == ["", "ada@x.org", "", "cyd", "dan"]
    assert found[4]["Student"] == "'=1+1, Dan"


MOODLE = (
    "Identifier;Full name;Email address;Status;Grade;Maximum Grade;Grade can be changed;"
    "Last modified (submission);Last modified (grade);Feedback comments\n"
    "Participant 7;+Ada;ada@x.org;Submitted;;{points};Yes;-;-;\n"
    "Participant 8;Bob B.;b@x.org;Submitted;;{points};Yes;-;-;fine\n"
    "Participant 9;Cyd;c@x.org;Submitted;1,00;{points};No;-;-;\n"
    "Participant 10;Nobody;n@x.org;No submission;;{points};Yes;-;-;\n"
)


def test_moodle_gets_back_its_own_worksheet(
    marked: GradingCourse, bpr: Lesson, tito: Tito, tmp_path: Path
) -> None:
    receive(marked, bpr, "bob", "Somebody", kind="moodle", participant="8")
    receive(marked, bpr, "cyd", "Cyd")
    mark(marked, bpr, "cyd", cost_of_a_triple=1, stale_row=1, addressed_draws=1)
    template = tmp_path / "worksheet.csv"
    template.write_text(MOODLE.format(points="31,00"), encoding="utf-8")
    done = tito("grade", "export", "5", "--format", "moodle", "--template", template)
    found = rows(done.out, ";")
    assert [row["Grade"] for row in found] == ["23,25", "15", "1,00", ""]
    assert [row["Full name"] for row in found] == ["'+Ada", "Bob B.", "Cyd", "Nobody"]
    assert found[1]["Feedback comments"] == "fine"
    assert done.err.splitlines() == [
        "Left as they were, since nothing was handed in: Participant 10.",
        "Left as they were, since Moodle locks them: Participant 9.",
    ]


def test_without_a_worksheet_moodle_gets_whoever_came_from_there(
    marked: GradingCourse, bpr: Lesson, tito: Tito
) -> None:
    receive(marked, bpr, "bob", "Bob B.", kind="moodle", participant="8")
    done = tito("grade", "export", "5", "--format", "moodle")
    (row,) = rows(done.out)
    assert (row["Identifier"], row["Grade"], row["Maximum Grade"]) == ("Participant 8", "15", "31")
    assert "give --template for: ada@x.org.\n" in done.err


def test_two_rows_that_may_be_meant_are_left_alone(
    marked: GradingCourse, tito: Tito, tmp_path: Path
) -> None:
    template = tmp_path / "canvas.csv"
    template.write_text(CANVAS.format(points="31").replace("s1", "cyd"), encoding="utf-8")
    done = tito("grade", "export", "--partial", "--format", "canvas", "--template", template)
    assert "Left as they were, since it is unclear which row is whose: cyd.\n" in done.err
    found = rows(done.out.removeprefix("\ufeff"))
    assert [row["Homework 05_bpr (12)"] for row in found[1:]] == ["23.25", "", "30", ""]


@pytest.mark.parametrize(
    ("form", "content", "message"),
    [
        ("canvas", CANVAS.format(points="100"), "has 100 points in Canvas, and 05_bpr has 31"),
        ("moodle", MOODLE.format(points="100,00"), "maximum grade is 100,00, and 05_bpr has 31"),
        ("canvas", "a,b\n1,2\n", "no columns 'Student' and 'ID'"),
        ("moodle", "a,b\n1,2\n", "no columns 'Identifier' and 'Grade'"),
        ("canvas", CANVAS.replace("Quiz", "05_bpr again"), "several columns for 05_bpr"),
        ("canvas", "", "is empty"),
        ("canvas", 'Student,ID\n"x', "not a table of comma-separated values"),
        ("canvas", "Student,ID\n1,2,3\n", "row 2 has more entries than the header"),
        ("canvas", "Student,ID\nGödel,1\n".encode("latin-1"), "is not UTF-8"),
    ],
)
def test_a_template_that_does_not_fit_is_refused(
    marked: GradingCourse,
    tito: Tito,
    tmp_path: Path,
    form: str,
    content: str | bytes,
    message: str,
) -> None:
    template, target = tmp_path / "template.csv", tmp_path / "out.csv"
    template.write_bytes(content if isinstance(content, bytes) else content.encode())
    target.write_text("before")
    done = tito(*("grade", "export", "5", "--format", form, "--template", template, "-o", target))
    assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
    assert message in done.err
    assert target.read_text() == "before"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["4"], "04_factorization is not prepared"),
        (["--format", "moodle", "--template", "nowhere.csv"], "nowhere.csv cannot be read"),
        (["--format", "moodle", "--cells"], "--cells is for"),
        (["--template", "x"], "--template is for"),
    ],
)
def test_what_cannot_be_exported_is_said(
    marked: GradingCourse, tito: Tito, arguments: list[str], message: str
) -> None:
    done = tito("grade", "export", *arguments)
    assert done.status in (1, 2)
    assert message in done.err
    assert done.out == ""


def test_formulas_are_text_and_numbers_are_short() -> None:
    assert [inert(text) for text in ("=1", " +1", "-a", "@x", "\t=1", "a=1", "")] == [
        "'=1", "' +1", "'-a", "'@x", "'\t=1", "a=1", "",
    ]  # fmt: skip
    hidden = ("\u200b=1", "\ufeff+1", "\uff1d1", "\uff20x", "\0=1", "\u22121", "\u00a0=1")
    assert [inert(text) for text in hidden] == [f"'{text}" for text in hidden]
    assert [points_text(x) for x in (1.0, 0.125, 10.0, 1 / 3, -0.0, None)] == [
        "1", "0.12", "10", "0.33", "0", "",
    ]  # fmt: skip
