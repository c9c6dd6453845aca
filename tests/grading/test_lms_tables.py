"""Tables of LMSs: what a person entered stays, and a mark never goes where it does not fit."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.grading.conftest import Tito
from tests.grading.graded import autograde, graded_course, mark
from tito.course.lessons import Lesson, find_lesson
from tito.grading.course import GradingCourse
from tito.grading.marks.tables import number_in

ANSWERS = ("price_of_ranking", "choose_a_metric", "too_good")


@pytest.fixture
def lesson() -> Lesson:
    return find_lesson("evaluation")


@pytest.fixture
def marked(tmp_path: Path, lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> GradingCourse:
    """Ada, Ben and Chloe with 39, 38.5 and 36 points."""
    course = graded_course(tmp_path / "course", lesson)
    for name, points in (("ada", 3.0), ("ben", 2.5), ("chloe", 0.0)):
        autograde(course, lesson, name, answers=dict.fromkeys(ANSWERS, "Because."))
        mark(course, lesson, name, price_of_ranking=3, choose_a_metric=3, too_good=points)
    (course.root / "students.csv").write_text(
        "id,first_name,last_name,lms_user_id\n"
        "ada,Ada,Lovelace,S1\nben,Ben,Müller,S2\nchloe,Chloé,O'Brien,S3\ndan,Dan,Dun,S4\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(course.root)
    return course


def export(tito: Tito, template: Path, form: str) -> tuple[list[dict[str, str]], str]:
    done = tito("grade", "export", "2", "--format", form, "--template", template)
    assert done.status == 0, done.err
    lines = done.out.removeprefix("\ufeff").splitlines()
    return list(csv.DictReader(lines, delimiter="\t" if "\t" in lines[0] else ",")), done.err


def test_canvas_keeps_who_is_excused(marked: GradingCourse, tito: Tito, tmp_path: Path) -> None:
    template = tmp_path / "c.csv"
    template.write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,01_interactions (4711),02_evaluation (4712)\n"
        ",,,,,Manual Posting,\n"
        "    Points Possible,,,,,39,39\n"
        '"Lovelace, Ada",501,S1,x1,Sec 1,,7\n'
        '"Müller, Ben",502,S2,x2,"Sec 1, Sec 2",12,complete\n'
        '"O\'Brien, Chloé",503,S3,x3,Sec 1,EX,EX\n'
        '"Student, Test",599,,abc,Sec 1,,\n',
        encoding="utf-8",
    )
    found, said = export(tito, template, "canvas")
    assert [row["02_evaluation (4712)"] for row in found] == ["39", "39", "complete", "EX", ""]
    assert "01_interactions (4711)" not in found[0]
    assert (
        "Left as they were, since a person entered them: ben (02_evaluation: complete), "
        "chloe (02_evaluation: EX).\n"
    ) in said
    assert "since nothing was handed in: Student, Test.\n" in said


MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed\n"
    'Participant 1001,Ada Lovelace,a@x,Submitted,,"{}",Yes\n'
    'Participant 1004,Dan Dun,d@x,No submission,,"{}",Yes\n'
)


@pytest.mark.parametrize(
    ("maximum", "message"),
    [
        ("Scale: fail, pass", "'Scale: fail, pass', which is no number: in Moodle, set"),
        ("Skala: 1,0, 2,0", "which is no number"),
        ("100,00", "maximum grade is 100,00, and 02_evaluation has 39 points"),
    ],
)
def test_moodles_scales_and_other_maxima_are_refused(
    marked: GradingCourse, tito: Tito, tmp_path: Path, maximum: str, message: str
) -> None:
    template = tmp_path / "m.csv"
    template.write_text(MOODLE.format(maximum, maximum), encoding="utf-8")
    done = tito("grade", "export", "2", "--format", "moodle", "--template", template)
    assert (done.status, done.out) == (1, "")
    assert message in done.err


def test_moodle_says_who_handed_in_nothing(
    marked: GradingCourse, tito: Tito, tmp_path: Path
) -> None:
    template = tmp_path / "m.csv"
    template.write_text(MOODLE.format("39,00", "39,00"), encoding="utf-8")
    found, said = export(tito, template, "moodle")
    assert [row["Grade"] for row in found] == ["39", ""]
    assert "since nothing was handed in: Participant 1004.\n" in said
    assert "Not in the template, so their marks are missing: ben, chloe.\n" in said


BLACKBOARD = (
    '\ufeff"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\t"Availability"\t'
    '"Weighted Total [Total Pts: up to 0 Percentage] |7"\t'
    '"Lab 02_evaluation [Total Pts: {} Score] |8812"\n'
    '"Lovelace"\t"Ada"\t"ada"\t"S1"\t""\t"Yes"\t"1"\t"Needs Grading(5.0)"\n'
    '"=Müller"\t"Ben"\t"bmue"\t"S2"\t""\t"Yes"\t"1"\t""\n'
    '"O\'Brien"\t"Chloé"\t"cob"\t"x"\t""\t"Yes"\t"1"\t"Exempt"\n'
    '"Dun"\t"Dan"\t"dan"\t"S4"\t""\t"Yes"\t"1"\t""\n'
)


def test_blackboard_gets_back_its_own_table_and_encoding(
    marked: GradingCourse, tito: Tito, tmp_path: Path
) -> None:
    template, target = tmp_path / "b.xls", tmp_path / "out.xls"
    template.write_bytes(BLACKBOARD.format("39").encode("utf-16-le"))
    arguments = ("grade", "export", "2", "--format", "blackboard", "--template", template)
    done = tito(*arguments, "-o", target)
    assert done.status == 0, done.err
    text = target.read_bytes().decode("utf-16")
    found = list(csv.DictReader(text.splitlines(), delimiter="\t"))
    column = "Lab 02_evaluation [Total Pts: 39 Score] |8812"
    assert [row[column] for row in found] == ["39", "38.5", "Exempt", ""]
    assert [row["Last Name"] for row in found] == ["Lovelace", "'=Müller", "O'Brien", "Dun"]
    assert not any(name.startswith("Weighted") for name in found[0])
    assert "since nothing was handed in: dan.\n" in done.err


BRIGHTSPACE = (
    "OrgDefinedId,Username,Last Name,First Name,Email,"
    '"02_evaluation Points Grade <Numeric MaxPoints:{} Weight:10 Category:Labs>",'
    "End-of-Line Indicator\n"
    "#S1,#ada,Lovelace,Ada,,,#\n"
    "#77,#bm,Müller,Ben,,3,#\n"
    "#S3,#cob,O'Brien,Chloé,,,#\n"
    "#S4,#dan,Dun,Dan,,12,#\n"
)


def test_brightspace_gets_back_its_own_table(
    marked: GradingCourse, tito: Tito, tmp_path: Path
) -> None:
    template = tmp_path / "d.csv"
    template.write_text(BRIGHTSPACE.format("39"), encoding="utf-8")
    found, said = export(tito, template, "brightspace")
    *_, column, last = found[0]
    assert (column.startswith("02_evaluation"), last) == (True, "End-of-Line Indicator")
    assert [(row["Username"], row[column], row[last]) for row in found] == [
        ("#ada", "39", "#"),
        ("#bm", "38.5", "#"),
        ("#cob", "36", "#"),
        ("#dan", "12", "#"),
    ]
    assert "since nothing was handed in: #dan.\n" in said


@pytest.mark.parametrize(
    ("form", "content", "message"),
    [
        ("blackboard", BLACKBOARD.format("100"), "has 100 points in Blackboard, and 02_eva"),
        ("brightspace", BRIGHTSPACE.format("100"), "has 100 points in Brightspace, and 02_eva"),
        ("brightspace", BRIGHTSPACE.replace("02_", "lab "), "no column for 02_evaluation"),
        ("brightspace", "Username,x\n1,2\n", "no columns 'Username' and 'End-of-Line Indicator'"),
        ("blackboard", "Username,x\n1,2\n", "no columns 'Username' and 'Availability'"),
        (
            "canvas",
            "Student,ID,02_evaluation (1)\nPoints Possible,,(read only)\n",
            "has '(read only)' points in Canvas",
        ),
    ],
)
def test_a_table_that_does_not_fit_is_refused(
    marked: GradingCourse, tito: Tito, tmp_path: Path, form: str, content: str, message: str
) -> None:
    template = tmp_path / "template.csv"
    template.write_text(content, encoding="utf-8")
    done = tito("grade", "export", "2", "--format", form, "--template", template)
    assert (done.status, done.out) == (1, "")
    assert message in done.err


@pytest.mark.parametrize("form", ["blackboard", "brightspace"])
def test_some_tables_cannot_be_made_without_a_template(
    marked: GradingCourse, tito: Tito, form: str
) -> None:
    done = tito("grade", "export", "2", "--format", form)
    assert (done.status, "--template" in done.err) == (1, True)


def test_numbers_are_told_from_other_entries() -> None:
    texts = ("39", " 37,5 ", "Scale: fail, pass", "EX", "nan", "inf", "", "1e1")
    assert [number_in(text) for text in texts] == [39, 37.5, None, None, None, None, None, 10]
