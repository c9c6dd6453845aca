"""``tito grade collect``: exports as LMSs make them, and as somebody with bad intentions does."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.grading.conftest import Tito, configure
from tito.course.lessons import Lesson
from tito.grading import archives, swap
from tito.grading.collect import Collected, collect
from tito.grading.course import GradingCourse, GradingError
from tito.grading.names import as_id
from tito.grading.submitted import existing, read_receipt
from tito.jail.limits import MIB
from tito.jail.plain_files import MAX_BYTES

ADA = "Ada-Lovelace-" + as_id("Ada Lovelace")[-6:]


@pytest.fixture
def notebook(toy: Lesson) -> Callable[..., bytes]:
    """A notebook of the lesson, with somebody's words in it."""

    def make(words: str = "mine") -> bytes:
        content = json.loads(toy.release.read_bytes())
        content["cells"][-1]["source"] = [words]
        return json.dumps(content).encode()

    return make


def zipped(folder: Path, files: dict[str | zipfile.ZipInfo, bytes], name: str = "e.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in files.items():
            if isinstance(entry, str):
                entry = zipfile.ZipInfo(entry, (2026, 2, 3, 4, 5, 6))
                entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return path


def statuses(found: list[Collected]) -> dict[str, str]:
    return {entry.student: entry.status for entry in found}


def why(found: list[Collected]) -> str:
    (entry,) = found
    assert entry.status == "refused", entry
    return entry.why


def content_of(course: GradingCourse, lesson: Lesson, student: str) -> bytes:
    return course.submitted(lesson, student).read_bytes()


# where it comes from


def test_moodle(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Callable[..., bytes], tito: Tito
) -> None:
    path = zipped(
        tmp_path,
        {
            "Ada Lovelace_1234567_assignsubmission_file_/my toy (final).ipynb": notebook("ada"),
            "Ömer Şahin_1234568_assignsubmission_file/42_toy.ipynb": notebook("ömer"),
            "ben_77_assignsubmission_file_42_toy.ipynb": notebook("flat"),
            "Cy Twombly_99_assignsubmission_file_/notes.txt": b"sorry",
            "Di Ana_98_assignsubmission_file_/all.zip": b"PK",
        },
    )
    said = tito("grade", "collect", "42", path)
    assert said.status == 1
    assert said.out.endswith("42_toy: 3 taken, 2 refused.\n")
    assert f"taken      {ADA}\n" in said.out
    assert "no notebook; what is there is Cy Twombly_99" in said.out
    assert "all.zip is an archive of its own" in said.out
    assert course.students(toy) == [ADA, as_id("Ömer Şahin"), "ben"]
    assert content_of(course, toy, ADA) == notebook("ada")
    receipt = read_receipt(course, toy, ADA)
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
    assert existing(course, toy, ADA) == (receipt.sha256, stamp)
    text = course.submitted(toy, ADA).with_name("timestamp.txt").read_text()
    assert text == f"{stamp:%Y-%m-%d %H:%M:%S.%f} UTC"


def test_canvas(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Callable[..., bytes]
) -> None:
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
    ada, alan = (existing(course, toy, name) for name in course.students(toy))
    assert ada is not None
    assert alan is not None
    assert ada[1] == due
    assert (alan[1] - due).total_seconds() == 15 * 60 + 1  # past the grace
    receipt = read_receipt(course, toy, "turingalan-12346")
    assert receipt is not None
    assert receipt.time_from == "Canvas"
    assert receipt.lms["user"] == "12346"


def test_folders_as_nbgrader_has_them(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Callable[..., bytes]
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
    ada, cy = existing(course, toy, "ada"), existing(course, toy, "cy")
    assert ada is not None
    assert cy is not None
    assert ada[1] == datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
    assert cy[1].year > 2020


def test_notebooks_one_by_one(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Callable[..., bytes]
) -> None:
    (tmp_path / "class" / "ada").mkdir(parents=True)
    one, two = tmp_path / "class" / "ada" / "42_toy.ipynb", tmp_path / "class" / "ben.ipynb"
    for path in (one, two):
        path.write_bytes(notebook())
    assert statuses(collect(course, toy, [one, two])) == {"ada": "taken", "ben": "taken"}
    link = tmp_path / "cy.ipynb"
    link.symlink_to(one)
    assert "is a link" in why(collect(course, toy, [link]))


def test_a_pattern_says_who_it_is(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Callable[..., bytes]
) -> None:
    path = zipped(tmp_path, {"group 1/2026 ada x.ipynb": notebook(), "odd.ipynb": notebook()})
    found = collect(course, toy, [path], pattern=r"/\d+ (?P<student>\w+)")
    assert statuses(found) == {"ada": "taken", "odd.ipynb": "refused"}
    configure(course, "[students]\npattern = '(?P<student>[a-z]+)\\.ipynb'\n")
    assert statuses(collect(course, toy, [path])) == {"x": "taken", "odd": "taken"}
    for wrong, said in (("(", "no regular expression"), ("ada", "does not say who")):
        with pytest.raises(GradingError, match=said):
            collect(course, toy, [path], pattern=wrong)


def test_other_lessons_of_a_whole_folder_are_passed_over(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Callable[..., bytes]
) -> None:
    (toy.folder.parent / "43_more").mkdir()
    path = zipped(
        tmp_path,
        {"ada/42_toy/42_toy.ipynb": notebook(), "ada/43_more/43_more.ipynb": b"{}"},
    )
    assert statuses(collect(course, toy, [path])) == {"ada": "taken"}


# which one counts


def test_what_is_newer_replaces_and_what_is_older_does_not(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Callable[..., bytes]
) -> None:
    path = tmp_path / "ada.ipynb"

    def hand_in(words: str, time: int, **options: bool) -> str:
        path.write_bytes(notebook(words))
        os.utime(path, (time, time))
        (entry,) = collect(course, toy, [path], **options)
        return entry.status

    assert hand_in("1", 1_000_000_000) == "taken"
    assert hand_in("1", 1_000_000_100) == "unchanged"
    assert existing(course, toy, "ada") is not None
    assert hand_in("2", 1_000_000_050) == "newer"  # what is unchanged has kept its time
    assert hand_in("3", 1_000_000_020) == "kept"
    assert content_of(course, toy, "ada") == notebook("2")
    assert hand_in("3", 1_000_000_020, replace=True) == "newer"
    kept = (course.state / "earlier" / toy.id / "ada").iterdir()
    contents = [(folder / toy.notebook).read_bytes() for folder in sorted(kept)]
    assert contents == [notebook("1"), notebook("2")]
    assert list((course.state / "incoming").iterdir()) == []


def test_of_several_notebooks_the_one_that_is_the_lessons_counts(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Callable[..., bytes]
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


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "damaged"),
        (b"\xff\xfe", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b"1" * 100_000, "damaged"),
        (b'{"nbformat": 3, "cells": []}', "damaged"),
        (b'{"nbformat": 4, "cells": [1]}', "damaged"),
        (b'{"nbformat": 4, "cells": []}', "has no cell of 42_toy"),
    ],
    ids=["empty", "bytes", "deep", "number", "format 3", "no cells", "another"],
)
def test_what_is_no_notebook_does_not_replace_one(
    content: bytes,
    said: str,
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    notebook: Callable[..., bytes],
) -> None:
    path = tmp_path / "ada.ipynb"
    path.write_bytes(notebook())
    os.utime(path, (0, 1_000_000_000))
    assert statuses(collect(course, toy, [path])) == {"ada": "taken"}
    path.write_bytes(content)
    assert said in why(collect(course, toy, [path]))
    assert content_of(course, toy, "ada") == notebook()


# who is who


def test_two_of_the_same_name_are_told_apart_by_nobody(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Callable[..., bytes]
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
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Callable[..., bytes]
) -> None:
    path = zipped(tmp_path, {"ada/42_toy.ipynb": notebook("1"), "Ada/42_toy.ipynb": notebook("2")})
    assert "Ada and ada differ only" in why(collect(course, toy, [path]))
    assert statuses(collect(course, toy, [zipped(tmp_path, {"ada.ipynb": notebook()})]))
    found = collect(course, toy, [zipped(tmp_path, {"ADA.ipynb": notebook()})])
    assert "there is a ada already" in why(found)


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
    notebook: Callable[..., bytes],
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
    assert added == {course.submitted(toy, "ben")}


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
        (of_another_method, "packed by a method"),
        (of_two_sizes, "damaged in the ZIP"),
    ],
)
def test_an_entry_that_cannot_be_trusted_is_refused(
    change: Callable[[bytearray, int], None],
    said: str,
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    notebook: Callable[..., bytes],
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


def test_a_zip_of_too_much_is_refused_as_a_whole(
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    notebook: Callable[..., bytes],
) -> None:
    path = zipped(tmp_path, {f"s{i}.ipynb": notebook() for i in range(9)})
    monkeypatch.setattr(archives, "MAX_FILES", 8)
    with pytest.raises(GradingError, match="holds 9 files"):
        collect(course, toy, [path])
    monkeypatch.setattr(archives, "MAX_FILES", 9)
    monkeypatch.setattr(archives, "MAX_TOTAL", 8 * len(notebook()))
    with pytest.raises(GradingError, match="unpacks to"):
        collect(course, toy, [path])
    assert course.students(toy) == []


def test_a_zip_that_is_none_is_a_sentence(
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    notebook: Callable[..., bytes],
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
        assert "is no ZIP, or a damaged one" in said.err
    for name in ("nowhere.zip", "grades.csv"):
        said = tito("grade", "collect", "42", tmp_path / name)
        assert (said.status, said.err.count("\n")) == (1, 1), said
    assert course.students(toy) == []


def test_a_damaged_entry_does_not_keep_the_others_away(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Callable[..., bytes]
) -> None:
    path = zipped(tmp_path, {"ada.ipynb": notebook("x" * 5000), "ben.ipynb": notebook()})
    content = bytearray(path.read_bytes())
    content[60:80] = bytes(20)
    path.write_bytes(content)
    assert statuses(collect(course, toy, [path])) == {"ada": "refused", "ben": "taken"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Callable[..., bytes]
) -> None:
    path = zipped(tmp_path, {entry("ada.ipynb"): notebook("1"), entry("ada.ipynb"): notebook("2")})
    assert "in the ZIP more than once" in why(collect(course, toy, [path]))


def test_names_of_other_encodings(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Callable[..., bytes]
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
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Callable[..., bytes]
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


# a kill


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("function", ["_exchange", "rename", "fsync"])
def test_a_submission_is_the_old_or_the_new_whenever_it_is_killed(
    function: str,
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    notebook: Callable[..., bytes],
) -> None:
    path = tmp_path / "ada.ipynb"
    path.write_bytes(notebook("first"))
    os.utime(path, (0, 1_000_000_000))
    collect(course, toy, [path])
    killed = []
    for step in range(5):
        path.write_bytes(notebook(f"version {step}"))
        os.utime(path, (0, 1_000_000_001 + step))
        killed.append(kill_at(function, step, course, toy, path))
        receipt, found = read_receipt(course, toy, "ada"), existing(course, toy, "ada")
        assert receipt is not None
        assert found is not None
        assert (found[0], found[1].isoformat()) == (receipt.sha256, receipt.submitted)
    assert killed[0]
    assert not killed[-1]
    assert content_of(course, toy, "ada") == notebook("version 4")
    assert list((course.state / "incoming").iterdir()) == []


def kill_at(name: str, step: int, course: GradingCourse, toy: Lesson, path: Path) -> int:
    """Collect in a child that is killed at its ``step``-th call of this; whether it came so far."""
    child = os.fork()
    if not child:
        calls = 0

        def dying(function: Callable[..., object]) -> Callable[..., object]:
            def call(*arguments: object) -> object:
                nonlocal calls
                if calls == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                calls += 1
                return function(*arguments)

            return call

        owner = {"_exchange": swap, "rename": Path, "fsync": os}[name]
        setattr(owner, name, dying(getattr(owner, name)))
        try:
            collect(course, toy, [path])
        finally:
            os._exit(0)
    return int(os.WIFSIGNALED(os.waitpid(child, 0)[1]))


def test_where_folders_cannot_be_swapped_a_kill_is_mended(
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    notebook: Callable[..., bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(swap, "_exchange", lambda one, other: errno.EINVAL)
    path = tmp_path / "ada.ipynb"
    for words, time in (("old", 1_000_000_000), ("new", 1_000_000_001)):
        path.write_bytes(notebook(words))
        os.utime(path, (0, time))
        collect(course, toy, [path])
    assert content_of(course, toy, "ada") == notebook("new")
    place = course.submitted(toy, "ada").parent
    place.rename(place.with_name(".42_toy.aside"))  # as after the first of its three steps
    assert statuses(collect(course, toy, [path])) == {"ada": "unchanged"}
    assert content_of(course, toy, "ada") == notebook("new")
