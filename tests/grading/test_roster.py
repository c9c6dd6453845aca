"""The roster: one id for a student whatever an LMS writes, and a row for everybody."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.grading.conftest import Notebook, Tito, configure
from tests.grading.exports import statuses, zipped
from tests.grading.graded import autograde, graded_course
from tito.course.lessons import Lesson, find_lesson
from tito.grading.collecting.collect import collect
from tito.grading.course import GradingCourse, GradingError
from tito.grading.roster import Person, Roster, read_roster

ROSTER = (
    "id,first_name,last_name,email,section,lms_user_id\n"
    "ada,Ada,Lovelace,al@x.org,Sec 1,501\n"
    "ben,Ben,Müller,bm@x.org,Sec 2,502\n"
    "chloe,Chloé,O'Brien,,Sec 1,503\n"
    "j_doe,Jo,Doe,,Sec 2,504\n"
)


def enrol(course: GradingCourse, text: str = ROSTER) -> None:
    (course.root / "students.csv").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("ids", "names", "found"),
    [
        (["ADA"], [], "ada"),
        (["502"], [], "ben"),
        (["al@x.org"], ["Ben Müller"], "ada"),
        (["x"], ["müllerben"], "ben"),
        (["x"], ["OBRIENCHLOÉ"], "chloe"),
        (["x"], ["Ben Muller"], None),
        (["ada", "502"], [], None),
        ([], ["", " "], None),
    ],
)
def test_people_are_found_by_ids_before_names(
    ids: list[str], names: list[str], found: str | None
) -> None:
    people = (
        Person("ada", "Ada", "Lovelace", "al@x.org", "", "501"),
        Person("ben", "Ben", "Müller", "", "", "502"),
        Person("chloe", "Chloé", "O'Brien"),
    )
    person = Roster(people).find(ids, names)
    assert (person.id if person else None) == found


def test_two_people_of_one_name_are_not_guessed_between() -> None:
    roster = Roster((Person("a", "Jo", "Doe"), Person("b", "Jo", "Doe")))
    assert roster.find(["c"], ["Jo Doe"]) is None
    assert roster.find(["b"], ["Jo Doe"]) == roster.people[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name\nada\n", "there is no column 'name'; there are id, first_name"),
        ("email\na@x\n", "the column 'id' is missing"),
        ("id,id\na,b\n", "has the column 'id' twice"),
        ("id,email\n../x,\n", "row 2: the id '../x' becomes a folder's name"),
        ("id\nada\nADA\n", "row 3: the id ADA is there twice"),
        ("", "is empty"),
    ],
)
def test_a_roster_that_cannot_be_used_is_refused(
    course: GradingCourse, text: str, message: str
) -> None:
    enrol(course, text)
    with pytest.raises(GradingError) as caught:
        read_roster(course)
    assert message in str(caught.value)


def test_without_a_file_there_is_no_roster(course: GradingCourse) -> None:
    assert read_roster(course) is None


def test_each_lms_leads_to_the_same_ids(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    enrol(course)
    path = zipped(
        tmp_path,
        {
            "Ada Lovelace_77_assignsubmission_file_/42_toy.ipynb": notebook("ada"),
            "müllerben_502_9001_42_toy.ipynb": notebook("ben"),
            "503-42 - Chloé O'Brien - Nov 30, 2026 905 AM/x.ipynb": notebook("chloe"),
            "gradebook_CS_1_lab_j_doe_attempt_2026-02-01-10-00-00_x.ipynb": notebook("jo"),
            "Guest_99_assignsubmission_file_/42_toy.ipynb": notebook("guest"),
        },
    )
    found = collect(course, toy, [path])
    assert statuses(found) == dict.fromkeys(["Guest", "ada", "ben", "chloe", "j_doe"], "taken")
    warned = {entry.student: entry.warnings for entry in found if entry.warnings}
    assert list(warned) == ["Guest"]
    assert warned["Guest"][0].startswith("students.csv does not have this student")


def test_an_id_from_before_the_roster_stays(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    name = "lovelaceada_501_9001_42_toy.ipynb"
    (old,) = collect(course, toy, [zipped(tmp_path, {name: notebook("first")})])
    enrol(course)
    (new,) = collect(course, toy, [zipped(tmp_path, {name: notebook("second")})], replace=True)
    assert (old.student, new.student, new.status) == ("lovelaceada-501", "lovelaceada-501", "newer")


def test_a_row_for_each_who_handed_in_nothing_or_was_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tito: Tito
) -> None:
    bpr = find_lesson("bpr")
    course = graded_course(tmp_path / "course", bpr)
    monkeypatch.chdir(course.root)
    enrol(course)
    autograde(course, bpr, "ada")
    autograde(course, bpr, "stranger")
    path = zipped(tmp_path, {"ben/05_bpr.ipynb": b"%PDF-1.7"})
    assert tito("grade", "collect", "5", path).status == 1
    done = tito("grade", "export", "5")
    rows = {row["student"]: row for row in csv.DictReader(done.out.splitlines())}
    assert list(rows) == ["ada", "ben", "chloe", "j_doe", "stranger"]
    ada, ben, chloe = rows["ada"], rows["ben"], rows["chloe"]
    assert (ada["name"], ada["section"], ada["not_handed_in"]) == ("Ada Lovelace", "Sec 1", "")
    assert (ben["05_bpr"], ben["refused"], ben["not_handed_in"]) == ("", "05_bpr", "")
    assert (chloe["05_bpr"], chloe["refused"], chloe["not_handed_in"]) == ("", "", "05_bpr")
    assert "Refused by `tito grade collect`: ben (05_bpr): " in done.err
    assert "Not in students.csv: stranger.\n" in done.err


def test_what_was_refused_is_settled_by_another_hand_in_or_by_hand(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook, tito: Tito
) -> None:
    enrol(course)
    bad = {f"{name}/42_toy.ipynb": b"" for name in ("ada", "ben")}
    collect(course, toy, [zipped(tmp_path, bad)])
    said = tito("grade", "report", "42")
    assert "ada: refused by `tito grade collect`: " in said.out
    assert "ben: refused by `tito grade collect`: " in said.out
    assert "Nothing handed in for 42_toy: chloe, j_doe.\n" in said.out
    collect(course, toy, [zipped(tmp_path, {"ada/42_toy.ipynb": notebook()})])
    assert "ada: refused" not in tito("grade", "report", "42").out
    assert tito("grade", "collect", "42", "--dismiss", "ben").out == "Forgotten: ben.\n"
    assert "ben: refused" not in tito("grade", "report", "42").out
    again = tito("grade", "collect", "42", "--dismiss", "ben")
    assert (again.status, "refused are: none" in again.err) == (1, True)


@pytest.mark.parametrize("command", ["collect", "report", "export"])
def test_an_extension_for_nobody_is_said(
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    notebook: Notebook,
    tito: Tito,
    command: str,
) -> None:
    from tito.grading.prepare import prepare

    prepare(course, toy)
    due = "{ 42_toy = 2026-03-05T12:00:00Z }"
    settings = (course.root / "grading.toml").read_text(encoding="utf-8")
    configure(course, f"{settings}[extensions]\nchole = {due}\nada = {due}\n")
    enrol(course)
    path = zipped(tmp_path, {"ada/42_toy.ipynb": notebook()})
    said = tito("grade", "collect", "42", path)
    if command != "collect":
        said = tito("grade", command, "42")
    text = said.out + said.err
    assert "grading.toml, [extensions] chole: " in text
    assert "Is it chloe?" in text
    assert "[extensions] ada" not in text
