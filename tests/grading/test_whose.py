"""Names that students give to their files, and that never say whose a hand-in is."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.grading.conftest import Notebook
from tests.grading.exports import content_of, statuses, zipped
from tito.course.lessons import Lesson
from tito.grading.collecting import hand_ins
from tito.grading.collecting.collect import collect
from tito.grading.collecting.names import author_of
from tito.grading.collecting.submitted import read_receipt
from tito.grading.course import GradingCourse
from tito.jail.plain_files import SubmissionError

TIME = "2026-02-03-11-05-06"
BRIGHTSPACE_TIME = "Feb 3, 2026 11-05 AM"
OF_THE_LMS = {
    "moodle": "Mallory_66_assignsubmission_file_{}",
    "canvas": "mallory_66_9001_{}",
    "canvas, late": "mallory_LATE_66_9001_{}",
    "blackboard": f"gradebook_CS1_Lab 1_Mallory_attempt_{TIME}_{{}}",
    "brightspace": f"66-42 - Mallory - {BRIGHTSPACE_TIME} - {{}}",
}
"""Names in which an LMS puts the student's own name of the file at the end."""
OF_THE_STUDENT = {
    "plain": "42_toy.ipynb",
    "moodle": "Ben_77_assignsubmission_file_42_toy.ipynb",
    "canvas": "ben_77_9002_42_toy.ipynb",
    "blackboard": "gradebook_CS1_Lab 1_ben_attempt_2026-12-03-11-05-06_42_toy.ipynb",
    "blackboard's end": "x_ben_attempt_2026-12-03-11-05-06_42_toy.ipynb",
    "brightspace": "77-42 - Ben - Dec 3, 2026 11-05 AM - 42_toy.ipynb",
}
"""Names by which Mallory would be Ben."""


@pytest.mark.parametrize("own", OF_THE_STUDENT.values(), ids=OF_THE_STUDENT)
@pytest.mark.parametrize("name", OF_THE_LMS.values(), ids=OF_THE_LMS)
@pytest.mark.parametrize("alone", [False, True])
def test_a_files_own_name_never_makes_it_somebody_elses(
    name: str, own: str, alone: bool, toy: Lesson
) -> None:
    path = name.format(own)
    found = author_of(path, toy, None, alone=alone)
    plain = author_of(name.format("42_toy.ipynb"), toy, None, alone=alone)
    assert (found.id, found.name, found.time) == (plain.id, plain.name, plain.time)
    assert found.id.lower().startswith("mallory")


def test_a_name_that_two_systems_may_have_made_is_refused(toy: Lesson) -> None:
    with pytest.raises(SubmissionError, match=r"Canvas and Blackboard .* give\s+--pattern"):
        author_of(f"gradebook_66_9001_x_ben_attempt_{TIME}_x.ipynb", toy, None, alone=False)


def test_a_hand_in_is_never_replaced_by_one_with_anothers_name(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    ben = f"gradebook_CS1_Lab 1_ben_attempt_{TIME}_42_toy.ipynb"
    forged = OF_THE_LMS["blackboard"].format(OF_THE_STUDENT["blackboard's end"])
    collect(course, toy, [zipped(tmp_path, {ben: notebook("ben")})])
    found = collect(course, toy, [zipped(tmp_path, {forged: notebook("mallory")})])
    assert statuses(found) == {"Mallory": "taken"}
    assert content_of(course, toy, "ben") == notebook("ben")


# Several hand-ins of one student ------------------------------------------------------------------

ATTEMPT = "gradebook_CS1_Lab 1_ben_attempt_2026-02-03-{}-05-06_42_toy.ipynb"


@pytest.mark.parametrize(
    ("later", "why"),
    [
        (b"%PDF-1.7", "it is a PDF, and no notebook"),
        (b'{"cells": [', "it was cut off"),
        (None, "it is later, and nothing is written in it"),
    ],
    ids=["a PDF", "half a notebook", "as it was released"],
)
def test_a_later_attempt_that_cannot_count_is_said_to_both(
    later: bytes | None,
    why: str,
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    notebook: Notebook,
) -> None:
    last = toy.release.read_bytes() if later is None else later
    files = {ATTEMPT.format("09"): notebook("full"), ATTEMPT.format("11"): last}
    (found,) = collect(course, toy, [zipped(tmp_path, files)])
    assert found.status == "taken"
    (warning,) = found.warnings
    assert warning.startswith(f"{ATTEMPT.format('11')} was handed in as well, and not taken: ")
    assert why in warning
    assert content_of(course, toy, "ben") == notebook("full")
    receipt = read_receipt(course.submission(toy, "ben"))
    assert receipt is not None
    assert receipt.others == [ATTEMPT.format("11")]


def test_an_earlier_attempt_is_no_news(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    files = {ATTEMPT.format(hour): notebook(hour) for hour in ("09", "10", "11")}
    (found,) = collect(course, toy, [zipped(tmp_path, files)])
    assert (found.warnings, content_of(course, toy, "ben")) == ((), notebook("11"))


def test_two_hand_ins_of_one_time_are_said(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    paths = [
        zipped(tmp_path, {"ben/42_toy.ipynb": notebook(words)}, name=f"{words}.zip")
        for words in ("one", "other")
    ]
    (found,) = collect(course, toy, paths)
    assert "it is of the same time, so it is unclear which one counts" in found.warnings[0]
    (same,) = collect(course, toy, [paths[0], paths[0]])
    assert same.warnings == ()
    assert json.loads(content_of(course, toy, "ben"))


NAMESAKES = tuple(f"Hans Smith_{n}_assignsubmission_file_/42_toy.ipynb" for n in (77, 81))
BLACKBOARD = f"gradebook_CS_1_lab_{{}}_attempt_{TIME}_42_toy.ipynb"


def test_a_namesake_in_another_export_replaces_nobody(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    """Of a course in two sections, each is exported alone."""
    first = zipped(tmp_path, {NAMESAKES[0]: notebook("one")}, "first.zip")
    second = zipped(tmp_path, {NAMESAKES[1]: notebook("two")}, "second.zip")
    (taken,) = collect(course, toy, [first])
    (refused,) = collect(course, toy, [second])
    assert (taken.status, refused.status) == ("taken", "refused")
    assert "Hans Smith (77), and this one of Hans Smith (81)" in refused.why
    assert content_of(course, toy, taken.student) == notebook("one")
    assert statuses(collect(course, toy, [first])) == {taken.student: "unchanged"}
    (again,) = collect(course, toy, [second], replace=True)
    assert again.status == "newer"


def test_one_whom_the_roster_knows_may_come_from_a_new_assignment(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    (course.root / "students.csv").write_text("id,first_name,last_name\nhans,Hans,Smith\n")
    for day, (name, words) in enumerate(zip(NAMESAKES, ("one", "two"), strict=True), start=1):
        path = zipped(tmp_path, {zipfile.ZipInfo(name, (2026, 2, day, 4, 5, 6)): notebook(words)})
        assert set(statuses(collect(course, toy, [path]))) == {"hans"}
    assert content_of(course, toy, "hans") == notebook("two")


def test_a_user_name_that_ends_like_anothers_is_nobodys(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    (course.root / "students.csv").write_text("id\ndoe\nj_doe\n")
    files: dict[str, bytes] = {BLACKBOARD.format("j_doe"): notebook("jane")}
    (found,) = collect(course, toy, [zipped(tmp_path, dict(files))])
    assert found.status == "refused"
    assert found.student not in ("doe", "j_doe")
    assert "may be of doe or of j_doe" in found.why
    files[BLACKBOARD.format("doe")] = notebook("don")
    said = statuses(collect(course, toy, [zipped(tmp_path, dict(files))]))
    assert said == {found.student: "refused", "doe": "taken"}
    assert content_of(course, toy, "doe") == notebook("don")
    settled = zipped(tmp_path, {"j_doe/42_toy.ipynb": notebook("jane")})
    assert statuses(collect(course, toy, [settled])) == {"j_doe": "taken"}


@pytest.mark.parametrize("folder", ["43_other", "43_other/notebooks"])
@pytest.mark.parametrize("name", ["42_toy.ipynb", "final.ipynb"])
def test_a_folder_called_like_another_lesson_hides_nothing(
    folder: str,
    name: str,
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    notebook: Notebook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    others = [toy, replace(toy, number=43, name="other")]
    monkeypatch.setattr(hand_ins, "all_lessons", lambda: others)
    path = zipped(tmp_path, {f"Ada_77_assignsubmission_file_/{folder}/{name}": notebook()})
    assert statuses(collect(course, toy, [path])) == {"Ada": "taken"}
    whole = zipped(tmp_path, {f"ada/{folder}/other.ipynb": b"of another lesson"})
    assert collect(course, toy, [whole]) == []
