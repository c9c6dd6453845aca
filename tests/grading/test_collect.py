"""``tito grade collect``: exports as LMSs make them; which notebook counts, and whose it is."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.grading.conftest import Notebook, Tito, configure
from tests.grading.exports import content_of, statuses, why, zipped
from tito.course.lessons import Lesson
from tito.grading.collecting.collect import collect
from tito.grading.collecting.names import as_id
from tito.grading.collecting.submitted import existing, read_receipt
from tito.grading.course import GradingCourse, GradingError
from tito.grading.prepare import prepare

ADA = "Ada-Lovelace-" + as_id("Ada Lovelace")[-6:]


# where it comes from


def test_moodle(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook, tito: Tito
) -> None:
    path = zipped(
        tmp_path,
        {
            "Ada Lovelace_1234567_assignsubmission_file_/my toy (final).ipynb": notebook("ada"),
            "Ömer Şahin_1234568_assignsubmission_file/42_toy.ipynb": notebook("ömer"),
            "ben_77_assignsubmission_file_42_toy.ipynb": notebook("flat"),
            "Cy Twombly_99_assignsubmission_file_/notes.txt": b"sorry",
            "Di Ana_98_assignsubmission_file_/all.zip": b"PK",
            "Ada Lovelace_1234567_assignsubmission_onlinetext_/onlinetext.html": b"<p>see file",
        },
    )
    said = tito("grade", "collect", "42", path)
    assert said.status == 1
    assert said.out.endswith("42_toy: 3 taken, 2 refused.\n")
    assert f"taken      {ADA}\n" in said.out
    assert "there is no notebook among its files (Cy Twombly_99" in said.out
    assert "all.zip is an archive: unpack it" in said.out
    assert course.students(toy) == [ADA, as_id("Ömer Şahin"), "ben"]
    assert content_of(course, toy, ADA) == notebook("ada")
    receipt = read_receipt(course.submission(toy, ADA))
    assert receipt is not None
    assert receipt.original.endswith("/my toy (final).ipynb")
    assert receipt.name == "Ada Lovelace"
    assert receipt.lms == {
        "kind": "moodle",
        "participant": "1234567",
        "folder": "Ada Lovelace_1234567_assignsubmission_file_",
    }
    assert receipt.time_from == "the ZIP"
    stamp = datetime(2026, 2, 3, 4, 5, 6).astimezone(UTC)
    assert existing(course.submission(toy, ADA)) == (receipt.sha256, stamp)
    text = course.submission(toy, ADA).submitted.with_name("timestamp.txt").read_text()
    assert text == f"{stamp:%Y-%m-%d %H:%M:%S.%f} UTC"


def test_canvas(course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook) -> None:
    folder = tmp_path / "canvas"
    folder.mkdir()
    due = course.settings.due[toy.id]
    for name, days in (
        ("lovelaceada_12345_67890_42_toy-1.ipynb", 3),  # in time, and downloaded later
        ("turingalan_LATE_12346_67891_whatever.ipynb", -3),
    ):
        (folder / name).write_bytes(notebook(name))
        os.utime(folder / name, (0, due.timestamp() + days * 86400))
    assert statuses(collect(course, toy, [folder])) == {
        "lovelaceada-12345": "taken",
        "turingalan-12346": "taken",
    }
    ada, alan = (existing(course.submission(toy, name)) for name in course.students(toy))
    assert ada is not None
    assert alan is not None
    assert ada[1] == due
    assert (alan[1] - due).total_seconds() == 15 * 60 + 1  # past the grace
    receipt = read_receipt(course.submission(toy, "turingalan-12346"))
    assert receipt is not None
    assert receipt.time_from == "Canvas"
    assert receipt.lms["user"] == "12346"


def test_folders_as_nbgrader_has_them(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    files = {
        "in/ada/42_toy/42_toy.ipynb": notebook("ada"),
        "in/ada/42_toy/timestamp.txt": b"2026-01-02 03:04:05.678901 UTC",
        "in/ada/42_toy/.ipynb_checkpoints/42_toy.ipynb": notebook("old"),
        "in/ben/42_toy.ipynb": notebook("ben"),
        "in/cy/42_toy.ipynb": notebook("cy"),
        "in/cy/timestamp.txt": b"1999-01-02 03:04:05.678901 UTC",  # cy may have put it there
        "in/di.ipynb": notebook("di"),
        "in/eve/my work.ipynb": notebook("eve"),
        "in/f/g/h.ipynb": notebook("?"),
        "in/42_toy/42_toy.ipynb": notebook("?"),
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    found = collect(course, toy, [tmp_path / "in"])
    assert statuses(found) == {
        **dict.fromkeys(["ada", "ben", "cy", "di", "eve"], "taken"),
        **dict.fromkeys(["f/g/h.ipynb", "42_toy/42_toy.ipynb"], "refused"),
    }
    assert all("give --pattern" in entry.why for entry in found if entry.status == "refused")
    ada, cy = existing(course.submission(toy, "ada")), existing(course.submission(toy, "cy"))
    assert ada is not None
    assert cy is not None
    assert ada[1] == datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
    assert cy[1].year > 2020


def test_notebooks_one_by_one(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    (tmp_path / "class" / "ada").mkdir(parents=True)
    one, two = tmp_path / "class" / "ada" / "42_toy.ipynb", tmp_path / "class" / "ben.ipynb"
    for path in (one, two):
        path.write_bytes(notebook())
    assert statuses(collect(course, toy, [one, two])) == {"ada": "taken", "ben": "taken"}
    link = tmp_path / "cy.ipynb"
    link.symlink_to(one)
    assert "is a link" in why(collect(course, toy, [link]))


def test_a_pattern_leaves_what_the_lms_says(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    """Two of one name, told apart by their numbers, and marks and feedback still find them."""
    folder = "Ada Lovelace_{0}_assignsubmission_file_"
    files = {f"{folder.format(n)}/x.ipynb": notebook(n) for n in ("11", "22")}
    path = zipped(tmp_path, dict(files))
    (refused,) = collect(course, toy, [path])
    pattern = refused.why.split("--pattern '")[1].split("'")[0]
    found = collect(course, toy, [path], pattern=pattern)
    assert statuses(found) == {"11": "taken", "22": "taken"}
    receipt = read_receipt(course.submission(toy, "11"))
    assert receipt is not None
    assert receipt.name == "Ada Lovelace"
    assert receipt.lms == {
        "kind": "moodle", "participant": "11", "folder": folder.format("11"),
    }  # fmt: skip


def test_a_pattern_says_who_it_is(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    path = zipped(tmp_path, {"group 1/2026 ada x.ipynb": notebook(), "odd.ipynb": notebook()})
    found = collect(course, toy, [path], pattern=r"/\d+ (?P<student>\w+)")
    assert statuses(found) == {"ada": "taken", "odd.ipynb": "refused"}
    configure(course, "[students]\npattern = '(?P<student>[a-z]+)\\.ipynb'\n")
    assert statuses(collect(course, toy, [path])) == {"x": "taken", "odd": "taken"}
    for wrong, said in (("(", "not a regular expression"), ("ada", "has no group")):
        with pytest.raises(GradingError, match=said):
            collect(course, toy, [path], pattern=wrong)


def test_what_lies_loose_is_no_student(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    path = zipped(
        tmp_path,
        {"ada.ipynb": notebook(), "grades.csv": b"", "more.zip": b"PK", "ben/a/b/c.txt": b""},
    )
    assert statuses(collect(course, toy, [path])) == {
        "ada": "taken",
        "more.zip": "refused",
        "grades.csv": "ignored",
        "ben/a/b/c.txt": "ignored",
    }


@pytest.mark.parametrize("name", [".", "..", "release", "release/42_toy/42_toy.ipynb"])
def test_the_folders_own_notebooks_are_nobodys(
    name: str, course: GradingCourse, toy: Lesson, tito: Tito
) -> None:
    prepare(course, toy)
    said = tito("grade", "collect", "42", name)
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert "belongs to the instructor's folder" in said.err
    assert course.students(toy) == []


def test_other_lessons_of_a_whole_folder_are_passed_over(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    (toy.folder.parent / "43_more").mkdir()
    path = zipped(
        tmp_path,
        {"ada/42_toy/42_toy.ipynb": notebook(), "ada/43_more/43_more.ipynb": b"{}"},
    )
    assert statuses(collect(course, toy, [path])) == {"ada": "taken"}


# which one counts


def test_what_is_newer_replaces_and_what_is_older_does_not(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    path = tmp_path / "ada.ipynb"

    def hand_in(words: str, time: int, **options: bool) -> str:
        path.write_bytes(notebook(words))
        os.utime(path, (time, time))
        (entry,) = collect(course, toy, [path], **options)
        return entry.status

    assert hand_in("1", 1_000_000_000) == "taken"
    assert hand_in("1", 1_000_000_100) == "unchanged"
    assert existing(course.submission(toy, "ada")) is not None
    assert hand_in("2", 1_000_000_050) == "newer"  # what is unchanged has kept its time
    assert hand_in("3", 1_000_000_020) == "kept"
    assert content_of(course, toy, "ada") == notebook("2")
    assert hand_in("3", 1_000_000_020, replace=True) == "newer"
    kept = (course.state / "earlier" / toy.id / "ada").iterdir()
    contents = [(folder / toy.notebook).read_bytes() for folder in sorted(kept)]
    assert contents == [notebook("1"), notebook("2")]
    assert list((course.state / "incoming").iterdir()) == []


def test_of_several_notebooks_the_one_that_is_the_lessons_counts(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    other = json.dumps({"nbformat": 4, "cells": [], "metadata": {}}).encode()
    path = zipped(
        tmp_path,
        {
            "named/42_toy (1).ipynb": notebook("by name"),
            "named/scratch.ipynb": notebook("?"),
            "cells/a.ipynb": other,
            "cells/b.ipynb": notebook("by cells"),
            "same/a.ipynb": notebook("same"),
            "same/b.ipynb": notebook("same"),
            "none/a.ipynb": other,
            "none/b.ipynb": b"[[[",
            "two/a.ipynb": notebook("a"),
            "two/b.ipynb": notebook("b"),
        },
    )
    found = collect(course, toy, [path])
    taken = ["named", "cells", "same"]
    assert statuses(found) == {
        **dict.fromkeys(taken, "taken"),
        **dict.fromkeys(["none", "two"], "refused"),
    }
    assert content_of(course, toy, "named") == notebook("by name")
    assert content_of(course, toy, "cells") == notebook("by cells")
    said = {entry.student: entry.why for entry in found}
    assert "none has this lesson's cells" in said["none"]
    assert "more than one has this lesson's cells" in said["two"]


def test_of_several_notebooks_the_one_with_work_in_it_counts(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    """And nothing that is passed over is passed over in silence."""
    empty = toy.release.read_bytes()
    path = zipped(
        tmp_path,
        {
            "empty/42_toy.ipynb": empty,
            "empty/42_toy_final.ipynb": notebook("final"),
            "draft/42_toy.ipynb": notebook("named"),
            "draft/42_toy_draft.ipynb": notebook("draft"),
            "broken/42_toy.ipynb": b"[[[",
            "broken/mine.ipynb": notebook("mine"),
        },
    )
    found = {entry.student: entry for entry in collect(course, toy, [path])}
    assert {entry.status for entry in found.values()} == {"taken"}
    assert content_of(course, toy, "empty") == notebook("final")
    assert found["empty"].warnings == ()
    assert content_of(course, toy, "draft") == notebook("named")
    assert content_of(course, toy, "broken") == notebook("mine")
    for student, other in (("draft", "42_toy_draft"), ("broken", "42_toy")):
        (warning,) = found[student].warnings
        assert f"these notebooks were not: {student}/{other}.ipynb" in warning
        receipt = read_receipt(course.submission(toy, student))
        assert receipt is not None
        assert receipt.others == [f"{student}/{other}.ipynb"]


def test_an_empty_notebook_that_replaces_a_full_one_is_told(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    path = tmp_path / "ada.ipynb"
    path.write_bytes(notebook())
    os.utime(path, (0, 1_000_000_000))
    collect(course, toy, [path])
    path.write_bytes(toy.release.read_bytes())
    (found,) = collect(course, toy, [path])
    assert found.status == "newer"
    (warning,) = found.warnings
    assert warning.endswith("ada.ipynb; the earlier one is in .tito/earlier.")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"\xff\xfe", "UTF-16"),
        (b"[" * 100_000, "nested too deeply"),
        (b"1" * 100_000, "it is a text"),
        (b'{"nbformat": 3, "cells": []}', "of an old format"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "1"}]}', "no cell of 42_toy"),
        (b'{"nbformat": 4, "cells": [1]}', "the notebook is empty"),
        (b'{"nbformat": 4, "cells": []}', "the notebook is empty"),
    ],
    ids=["empty", "bytes", "deep", "number", "format 3", "another", "broken cells", "no cells"],
)
def test_what_is_no_notebook_does_not_replace_one(
    content: bytes,
    said: str,
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    notebook: Notebook,
) -> None:
    path = tmp_path / "ada.ipynb"
    path.write_bytes(notebook())
    os.utime(path, (0, 1_000_000_000))
    assert statuses(collect(course, toy, [path])) == {"ada": "taken"}
    path.write_bytes(content)
    assert said in why(collect(course, toy, [path]))
    assert content_of(course, toy, "ada") == notebook()


def test_the_latest_of_several_places_counts(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    """Though the notebook has the same path in each."""
    for name, day in (("one", 3), ("two", 5), ("three", 4)):
        folder = tmp_path / name / "ada" / toy.id
        folder.mkdir(parents=True)
        (folder / toy.notebook).write_bytes(notebook(name))
        (folder / "timestamp.txt").write_text(f"2026-01-0{day} 00:00:00.000000 UTC")
    broken = tmp_path / "broken" / "ada.ipynb"
    broken.parent.mkdir()
    broken.write_bytes(b"")
    places = [tmp_path / "one", tmp_path / "two", broken, tmp_path / "three"]
    assert statuses(collect(course, toy, places)) == {"ada": "taken"}
    assert content_of(course, toy, "ada") == notebook("two")


# who is who


def test_two_of_the_same_name_are_told_apart_by_nobody(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    path = zipped(
        tmp_path,
        {
            "Ada Lovelace_1_assignsubmission_file_/a.ipynb": notebook("1"),
            "Ada Lovelace_2_assignsubmission_file_/a.ipynb": notebook("2"),
        },
    )
    said = why(collect(course, toy, [path]))
    assert "Ada Lovelace (1) and Ada Lovelace (2)" in said
    assert course.students(toy) == []


def test_names_that_differ_in_case_only_are_refused(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    path = zipped(tmp_path, {"ada/42_toy.ipynb": notebook("1"), "Ada/42_toy.ipynb": notebook("2")})
    assert "Ada and ada differ only" in why(collect(course, toy, [path]))
    assert statuses(collect(course, toy, [zipped(tmp_path, {"ada.ipynb": notebook()})]))
    found = collect(course, toy, [zipped(tmp_path, {"ADA.ipynb": notebook()})])
    assert "ada exists already" in why(found)


# a kill
