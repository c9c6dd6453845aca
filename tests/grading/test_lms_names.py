"""Names that Blackboard and Brightspace give to files, and files that belong to nobody."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.grading.conftest import Notebook, Tito
from tests.grading.exports import content_of, statuses, why, zipped
from tito.course.lessons import Lesson
from tito.grading.collecting.collect import collect
from tito.grading.collecting.names import as_id, author_of
from tito.grading.collecting.submitted import existing, read_receipt
from tito.grading.course import GradingCourse

BLACKBOARD = "gradebook_CS-101_Lab 42_ada_attempt_2026-02-03-{}-05-06"
BRIGHTSPACE = "118-42 - Ada Lovelace - Feb {}, 2026 {} PM"


def test_blackboards_latest_attempt_counts(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    files = {
        f"{BLACKBOARD.format('09')}_42_toy.ipynb": notebook("first"),
        f"{BLACKBOARD.format('11')}_my_42_toy.ipynb": notebook("second"),
        f"{BLACKBOARD.format('11')}.txt": b"Name: Ada (ada)",
        "gradebook_CS-101_Lab 42_ben_attempt_2026-02-03-11-05-06.txt": b"I forgot the file.",
    }
    found = collect(course, toy, [zipped(tmp_path, files)])
    assert statuses(found) == {"ada": "taken", "ben": "refused"}
    assert content_of(course, toy, "ada") == notebook("second")
    assert f"{BLACKBOARD.format('11')}.txt" in found[0].warnings[0]
    there = existing(course.submission(toy, "ada"))
    assert there is not None
    assert there[1] == datetime(2026, 2, 3, 11, 5, 6).astimezone()
    receipt = read_receipt(course.submission(toy, "ada"))
    assert receipt is not None
    assert (receipt.lms["kind"], receipt.lms["user"]) == ("blackboard", "ada")
    assert receipt.time_from == "the file's name"


def test_users_whose_names_end_alike_are_never_one(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    files = {
        f"gradebook_CS_lab_{user}_attempt_2026-02-03-11-05-06_x.ipynb": notebook(user)
        for user in ("j_doe", "k_doe")
    }
    said = why(collect(course, toy, [zipped(tmp_path, files)]))
    assert "several students have this name" in said
    assert "gradebook_CS_lab_j_doe" in said


@pytest.mark.parametrize("clock", ["905", "0905", "9-05", "9:05"])
def test_brightspace_names_student_and_time(toy: Lesson, clock: str) -> None:
    path = f"{BRIGHTSPACE.format(3, clock)}/notebook.ipynb"
    author = author_of(path, toy, None, alone=False)
    assert author.name == "Ada Lovelace"
    assert author.id.startswith("Ada-Lovelace-118-")
    assert author.time == datetime(2026, 2, 3, 21, 5).astimezone()


def test_brightspaces_folders_and_loose_files(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    files = {
        f"{BRIGHTSPACE.format(3, 905)}/42_toy.ipynb": notebook("old"),
        f"{BRIGHTSPACE.format(4, 905)} - 42_toy.ipynb": notebook("new"),
        "119-42 - Ada Lovelace - Feb 3, 2026 905 PM/42_toy.ipynb": notebook("namesake"),
        "index.html": b"<html>",
    }
    found = collect(course, toy, [zipped(tmp_path, files)])
    counts = sorted(statuses(found).values())
    assert counts == ["ignored", "taken", "taken"]
    (ada,) = (name for name in course.students(toy) if "-118-" in name)
    assert content_of(course, toy, ada) == notebook("new")


def test_nothing_is_passed_over_in_silence(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook, tito: Tito
) -> None:
    files = {
        "ada.ipynb.txt": notebook("misnamed"),
        "ben/42_toy.ipynb.json": notebook("misnamed"),
        "Cy_7_assignsubmission_onlinetext_/onlinetext.html": b"<p>my answer</p>",
        "Di_8_assignsubmission_file_/42_toy.ipynb": notebook("di"),
        "Di_8_assignsubmission_onlinetext_/onlinetext.html": b"<p>I had to hurry</p>",
        "eve/42_toy.ipynb": notebook("eve"),
        **{f"eve/plot{number}.png": b"" for number in range(7)},
        "readme.md": b"",
    }
    said = tito("grade", "collect", "42", zipped(tmp_path, files))
    lines = said.out.splitlines()
    assert "refused    ada.ipynb.txt: it looks like a notebook: rename it to end in" in said.out
    assert "ignored    readme.md: it is no notebook, and its path names no student." in lines
    assert "ben/42_toy.ipynb.json has another ending than .ipynb: rename it" in said.out
    assert "refused    Cy: there is no notebook among its files (Cy_7_assign" in said.out
    at = lines.index("taken      Di")
    assert lines[at + 1].endswith(": Di_8_assignsubmission_onlinetext_/onlinetext.html.")
    assert "eve/plot4.png and 2 more." in said.out
    assert lines[-1] == "42_toy: 2 taken, 1 ignored, 3 refused."
    receipt = read_receipt(course.submission(toy, "Di"))
    assert receipt is not None
    assert receipt.lms["folder"] == "Di_8_assignsubmission_file_"


def test_ids_are_made_of_names_without_collisions() -> None:
    names = [
        "Ada Lovelace",
        "Ada-Lovelace",
        "Ada  Lovelace",
        "Ädä",
        "Ada",
        "李",
        "王",
        "a/b",
        "x" * 99,
    ]
    ids = [as_id(name) for name in names]
    assert len(set(ids)) == len(ids)
    assert ids[1] == "Ada-Lovelace"
    assert ids[0].startswith("Ada-Lovelace-")
    assert ids[5].startswith("student-")
    assert as_id("A\u0308da") == as_id("Äda")  # a file system may compose it or not
    assert all(as_id(made) == made for made in ids)
