"""``tito grade collect``: exports as somebody with bad intentions makes them."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.grading.conftest import Notebook, Tito
from tests.grading.exports import statuses, why, zipped
from tito.course.lessons import Lesson
from tito.grading.collecting import archives
from tito.grading.collecting.collect import collect
from tito.grading.collecting.names import as_id
from tito.grading.collecting.submitted import existing
from tito.grading.course import GradingCourse, GradingError
from tito.jail.limits import MIB
from tito.jail.plain_files import MAX_BYTES

# ZIPs by strangers


def entry(name: str, *, mode: int = 0, flags: int = 0) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo("x", (2026, 2, 3, 4, 5, 6))
    found.filename = name
    found.external_attr = mode << 16
    found.compress_type = zipfile.ZIP_DEFLATED
    return found


@pytest.mark.parametrize(
    "name",
    ["../../ada/42_toy.ipynb", "/ada/42_toy.ipynb", "C:/ada/42_toy.ipynb", "..\\ada\\42_toy.ipynb",
     "ada//42_toy.ipynb", "ada/./42_toy.ipynb", "ada\x1b[2J/42_toy.ipynb"],
)  # fmt: skip
def test_a_path_that_leads_elsewhere_is_refused(
    name: str,
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    notebook: Notebook,
    tito: Tito,
) -> None:
    path = zipped(tmp_path, {entry(name): notebook(), "ben.ipynb": notebook()})
    before = sorted(tmp_path.rglob("*.ipynb"))
    said = tito("grade", "collect", "42", path)
    assert said.status == 1
    assert "has a path that" in said.out
    assert said.out.replace("\n", "").isprintable()
    assert course.students(toy) == ["ben"]
    added = set(tmp_path.rglob("*.ipynb")) - set(before)
    assert added == {course.submission(toy, "ben").submitted}


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFIFO | 0o644, stat.S_IFCHR | 0o644])
def test_a_link_in_a_zip_is_refused(
    mode: int, course: GradingCourse, toy: Lesson, tmp_path: Path
) -> None:
    path = zipped(tmp_path, {entry("ada.ipynb", mode=mode): b"/etc/passwd"})
    assert "is a link, or no plain file" in why(collect(course, toy, [path]))


def patched(path: Path, change: Callable[[bytearray, int], None]) -> Path:
    """Change a ZIP's only entry in the central directory, given where that begins."""
    content = bytearray(path.read_bytes())
    change(content, content.index(b"PK\1\2"))
    path.write_bytes(content)
    return path


def encrypted(content: bytearray, at: int) -> None:
    content[at + 8] |= 1


def of_another_method(content: bytearray, at: int) -> None:
    content[at + 10] = 14  # LZMA, whose dictionary may be of any size


def of_two_sizes(content: bytearray, at: int) -> None:
    content[at + 24 : at + 28] = struct.pack("<I", 10)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (encrypted, "is encrypted"),
        (of_another_method, "packed by an unusual method"),
        (of_two_sizes, "damaged in the ZIP"),
    ],
)
def test_an_entry_that_cannot_be_trusted_is_refused(
    change: Callable[[bytearray, int], None],
    said: str,
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    notebook: Notebook,
) -> None:
    path = patched(zipped(tmp_path, {"ada.ipynb": notebook()}), change)
    assert said in why(collect(course, toy, [path]))


def test_bombs_are_refused_before_they_are_unpacked(
    course: GradingCourse, toy: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path, {"ada.ipynb": b" " * (MAX_BYTES + 1), "ben.ipynb": b" " * (2 * MIB)})
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    said = {entry.student: entry.why for entry in collect(course, toy, [path])}
    assert "larger than 16,777,216 bytes" in said["ada"]
    assert "200 times its size" in said["ben"]


def test_a_size_that_lies_is_found_out(course: GradingCourse, toy: Lesson, tmp_path: Path) -> None:
    def lie(content: bytearray, at: int) -> None:
        content[at + 24 : at + 28] = struct.pack("<I", 100)
        content[22:26] = struct.pack("<I", 100)

    path = patched(zipped(tmp_path, {"ada.ipynb": b" " * (64 * MIB)}), lie)
    assert "damaged" in why(collect(course, toy, [path]))


def test_a_zip_of_too_many_files_is_refused_as_a_whole(
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    notebook: Notebook,
) -> None:
    path = zipped(tmp_path, {f"s{i}.ipynb": notebook() for i in range(9)})
    monkeypatch.setattr(archives, "MAX_FILES", 8)
    with pytest.raises(GradingError, match="holds 9 files"):
        collect(course, toy, [path])
    assert course.students(toy) == []


def test_a_zip_that_is_none_is_a_sentence(
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    notebook: Notebook,
    tito: Tito,
) -> None:
    whole = zipped(tmp_path, {"ada.ipynb": notebook(), "ben.ipynb": notebook()})
    for name, content in {
        "empty.zip": b"",
        "text.zip": b"<html>please log in</html>",
        "half.zip": whole.read_bytes()[: whole.stat().st_size // 2],
    }.items():
        (tmp_path / name).write_bytes(content)
        said = tito("grade", "collect", "42", tmp_path / name)
        assert (said.status, said.err.count("\n")) == (1, 1), said
        assert "is not a ZIP, or is damaged" in said.err
    for name in ("nowhere.zip", "grades.csv"):
        said = tito("grade", "collect", "42", tmp_path / name)
        assert (said.status, said.err.count("\n")) == (1, 1), said
    assert course.students(toy) == []


def test_a_damaged_entry_does_not_keep_the_others_away(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    path = zipped(tmp_path, {"ada.ipynb": notebook("x" * 5000), "ben.ipynb": notebook()})
    content = bytearray(path.read_bytes())
    content[60:80] = bytes(20)
    path.write_bytes(content)
    assert statuses(collect(course, toy, [path])) == {"ada": "refused", "ben": "taken"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    path = zipped(tmp_path, {entry("ada.ipynb"): notebook("1"), entry("ada.ipynb"): notebook("2")})
    assert "in the ZIP more than once" in why(collect(course, toy, [path]))


def test_names_of_other_encodings(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    """UTF-8 that does not say so is understood; Latin-1 is read as something, always the same."""
    path = zipped(tmp_path, {"J\xf6rg/42_toy.ipynb": notebook()})
    content = path.read_bytes()
    for at in (content.index(b"PK\3\4") + 7, content.index(b"PK\1\2") + 9):
        content = content[:at] + bytes([content[at] & ~0x08]) + content[at + 1 :]
    path.write_bytes(content)
    assert statuses(collect(course, toy, [path])) == {as_id("J\xf6rg"): "taken"}
    path.write_bytes(content.replace("J\xf6rg".encode(), b"J\xf6\xf6rg"))
    (entry,) = collect(course, toy, [path])
    assert (entry.status, entry.student[0]) == ("taken", "J")
    assert statuses(collect(course, toy, [path])) == {entry.student: "unchanged"}


# folders by strangers


def test_folders_are_read_through_no_link_and_no_pipe(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    (tmp_path / "secret.ipynb").write_bytes(notebook("somebody else's"))
    folder = tmp_path / "in"
    for name in ("ada", "ben", "cy"):
        (folder / name).mkdir(parents=True)
    (folder / "ada" / "42_toy.ipynb").symlink_to(tmp_path / "secret.ipynb")
    os.mkfifo(folder / "ben" / "42_toy.ipynb")
    with (folder / "cy" / "42_toy.ipynb").open("wb") as file:
        file.truncate(2**40)
    (folder / "di").symlink_to(tmp_path)
    (folder / "e\x1b[2J.ipynb").write_bytes(notebook())
    os.mkdir(os.fsencode(folder) + b"/J\xf6rg")  # noqa: PTH102
    Path(os.fsdecode(os.fsencode(folder) + b"/J\xf6rg/42_toy.ipynb")).write_bytes(notebook())
    found = {entry.student: entry for entry in collect(course, toy, [folder])}
    assert "is a link" in found["ada"].why
    assert "no plain file" in found["ben"].why
    assert "larger than" in found["cy"].why
    assert course.students(toy) == []


# names by strangers


@pytest.mark.parametrize(
    "inner",
    [
        "Ada Lovelace_1_assignsubmission_file_/42_toy.ipynb",
        "Ada Lovelace_1_assignsubmission_file_.ipynb",
        "ada_12_34_42_toy.ipynb",
        "ada/42_toy/42_toy.ipynb",
        "ada/42_toy.ipynb",
        "42_toy/ada.ipynb",
        "ada.ipynb",
    ],
)
@pytest.mark.parametrize("outer", ["bob", "Bob_2_assignsubmission_file_"])
def test_nobody_hands_in_for_somebody_else(
    outer: str, inner: str, course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    """Of a path only the beginning is not the student's choice."""
    collect(course, toy, [zipped(tmp_path, {f"{outer}/{inner}": notebook()})])
    assert {name.lower() for name in course.students(toy)} <= {"bob"}


def test_a_timestamp_that_a_student_has_put_there_says_nothing(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    stamp = b"1999-01-02 03:04:05.678901 UTC"
    moodle = "Bob_2_assignsubmission_file_/42_toy"
    path = zipped(
        tmp_path,
        {
            f"{moodle}/42_toy.ipynb": notebook(),
            f"{moodle}/timestamp.txt": stamp,
            "cy/42_toy/42_toy.ipynb": notebook(),
            "cy/42_toy/timestamp.txt": b"yesterday",
            "di/42_toy/42_toy.ipynb": notebook(),
            "di/42_toy/sub/timestamp.txt": stamp,
        },
    )
    found = collect(course, toy, [path])
    assert statuses(found) == {"Bob": "taken", "cy": "refused", "di": "taken"}
    for name in ("Bob", "di"):
        there = existing(course.submission(toy, name))
        assert there is not None
        assert there[1].year == 2026
