"""Each hand-in is handled alone: whatever one of them is or costs, the others are collected."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.grading.conftest import Notebook, environment
from tests.grading.exports import content_of, statuses, zipped
from tito.course.exchange import STAMP, drop_name, time_text
from tito.course.lessons import Lesson
from tito.grading.autograding import batch
from tito.grading.autograding.outcome import GRADED, NOT_GRADABLE, Outcome, outcome_store
from tito.grading.collecting import archives, candidates, hand_ins, inbound
from tito.grading.collecting import collect as collecting
from tito.grading.collecting.collect import Collected, collect
from tito.grading.course import GradingCourse, GradingError
from tito.grading.failures import describe_failure
from tito.grading.submitted_notebook import MAX_PARTS
from tito.jail.limits import MIB
from tito.jobs.pool import Job
from tito.judging.failures import LearnerError

Spoil = Callable[[Path, bytes], None]


def why_of(found: list[Collected], student: str) -> str:
    (entry,) = (entry for entry in found if entry.student.startswith(student))
    assert entry.status == "refused", entry
    return entry.why


# Folders ------------------------------------------------------------------------------------------


def sparse_notebooks(folder: Path, content: bytes) -> None:
    """150 files that take no space on the disk."""
    for number in range(150):
        with (folder / f"{number}.ipynb").open("wb") as file:
            file.truncate(16 * MIB)


def many_copies(folder: Path, content: bytes) -> None:
    for number in range(40):
        (folder / f"{number}.ipynb").write_bytes(content)


def large_notebooks(folder: Path, content: bytes) -> None:
    for number in range(5):
        (folder / f"{number}.ipynb").write_bytes(content + b" " * (15 * MIB))


def many_files(folder: Path, content: bytes) -> None:
    (folder / "42_toy.ipynb").write_bytes(content)
    for number in range(2_001):
        (folder / f"{number}.txt").touch()


def many_values(folder: Path, content: bytes) -> None:
    cells = b",".join([b"{}"] * (MAX_PARTS // 3 + 1))
    (folder / "42_toy.ipynb").write_bytes(b'{"nbformat":4,"cells":[' + cells + b"]}")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (sparse_notebooks, "it has 150 notebooks, of which at most 20 are read"),
        (many_copies, "it has 40 notebooks, of which at most 20 are read"),
        (large_notebooks, "more than 64 MiB together"),
        (many_files, "it has more than 2,000 files"),
        (many_values, "it has more than 2,000,000 values"),
    ],
)
def test_a_hand_in_of_too_much_is_refused_by_name(
    spoil: Spoil, said: str, course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    root = tmp_path / "in"
    for student in ("ada", "ben", "cyd"):
        (root / student).mkdir(parents=True)
        (root / student / "42_toy.ipynb").write_bytes(notebook(student))
    (root / "ben" / "42_toy.ipynb").unlink()
    spoil(root / "ben", notebook("ben"))
    found = collect(course, toy, [root])
    assert content_of(course, toy, "ada") == notebook("ada")
    assert content_of(course, toy, "cyd") == notebook("cyd")
    assert said in why_of(found, "ben")


def test_a_folder_that_cannot_be_listed_in_full_is_refused(
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    notebook: Notebook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archives, "MAX_FILES_EACH", 50)
    root = tmp_path / "in"
    for student in ("ada", "ben", "cyd"):
        (root / student / "x").mkdir(parents=True)
        (root / student / "42_toy.ipynb").write_bytes(notebook(student))
    for number in range(60):
        (root / "ben" / "x" / str(number)).mkdir()
    found = collect(course, toy, [root])
    assert statuses(found) == {"ada": "taken", "ben": "refused", "cyd": "taken"}
    assert "files and folders: ask for the notebook alone." in why_of(found, "ben")


@pytest.mark.parametrize("seconds", [2**40, -(2**33), 253_402_300_799, 10**17])
def test_a_file_of_an_impossible_time_is_of_now(
    seconds: int, course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    path = tmp_path / "ada.ipynb"
    path.write_bytes(notebook())
    try:
        os.utime(path, (0, seconds))
    except OverflowError:
        pytest.skip("this system has no such time")
    (tmp_path / "ben.ipynb").write_bytes(notebook())
    assert statuses(collect(course, toy, [path, tmp_path / "ben.ipynb"])) == {
        "ada": "taken", "ben": "taken",
    }  # fmt: skip
    assert statuses(collect(course, toy, [path])) == {"ada": "unchanged"}


# The exchange -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "time",
    [
        "9999-12-31 23:59:59.999999 UTC",
        "0001-01-01 00:00:00.000000 UTC",
        "2026-02-01 " + "1" * 40 + ":00:00 UTC",
        "1e999",
    ],
)
def test_a_drop_with_an_impossible_time_is_refused_alone(
    time: str, course: GradingCourse, toy: Lesson, exchange: Path, notebook: Notebook
) -> None:
    inbound_folder = exchange / "rec1" / "inbound"
    now = datetime.now(UTC)
    names = {"ada": drop_name("ada", toy.id, now), "ben": f"ben+{toy.id}+{time}+x"}
    for user, name in names.items():
        drop = inbound_folder / name
        drop.mkdir(parents=True)
        (drop / toy.notebook).write_bytes(notebook(user))
        (drop / STAMP).write_text(time_text(now))
    found = collect(course, toy)
    assert content_of(course, toy, "ada") == notebook("ada")
    assert why_of(found, "ben") == "its name has no plausible time."


# ZIPs ---------------------------------------------------------------------------------------------


def test_a_name_that_is_not_what_it_is_declared_as_is_read_all_the_same(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    """A name that is said to be UTF-8 and is not; its bytes stand twice in a ZIP."""
    path = zipped(tmp_path, {"añb.ipynb": notebook("one"), "Zoë.ipynb": notebook("two")})
    content = path.read_bytes()
    assert content.count("ñ".encode()) == 2
    path.write_bytes(content.replace("ñ".encode(), b"\xf1\xf1"))
    with pytest.raises(UnicodeDecodeError):
        zipfile.ZipFile(path)
    found = collect(course, toy, [path])
    assert sorted(entry.status for entry in found) == ["taken", "taken"], found
    contents = {content_of(course, toy, student) for student in course.students(toy)}
    assert contents == {notebook("one"), notebook("two")}


def test_a_zip_full_of_zeros_stops_nobody(
    course: GradingCourse, toy: Lesson, tmp_path: Path, notebook: Notebook
) -> None:
    zeros = b"\0" * (8 * MIB)
    files: dict[Any, bytes] = {f"ben/{number}.ipynb": zeros for number in range(30)}
    path = zipped(tmp_path, {"ada.ipynb": notebook(), **files})
    found = collect(course, toy, [path])
    assert statuses(found) == {"ada": "taken", "ben": "refused"}
    assert "200 times its size" in why_of(found, "ben")


# Whatever goes wrong ------------------------------------------------------------------------------


class UnforeseenError(Exception):
    """An exception that nobody has thought of."""


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (hand_ins, "author_of"),
        (hand_ins, "choose"),
        (candidates, "SubmittedNotebook"),
        (collecting, "store"),
        (collecting, "existing"),
    ],
)
def test_any_exception_is_one_hand_ins_own(
    module: Any,
    name: str,
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    notebook: Notebook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for student in ("ada", "ben", "cyd"):
        (tmp_path / f"{student}.ipynb").write_bytes(notebook(student))
    there = getattr(module, name)

    def spoilt(*args: Any, **settings: Any) -> Any:
        if "ben" in repr(args):
            raise UnforeseenError("<b>quoted from ben</b>")
        return there(*args, **settings)

    monkeypatch.setattr(module, name, spoilt)
    found = collect(course, toy, [tmp_path / f"{each}.ipynb" for each in ("ada", "ben", "cyd")])
    assert content_of(course, toy, "ada") == notebook("ada")
    assert content_of(course, toy, "cyd") == notebook("cyd")
    refused = [entry for entry in found if entry.status == "refused"]
    assert len(refused) == 1
    assert "ben" in refused[0].student
    assert "UnforeseenError in test_alone.py" in refused[0].why
    assert "quoted" not in refused[0].why


def test_any_exception_is_one_drops_own(
    course: GradingCourse,
    toy: Lesson,
    exchange: Path,
    notebook: Notebook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = datetime.now(UTC)
    for user in ("ada", "ben"):
        drop = exchange / "rec1" / "inbound" / drop_name(user, toy.id, now)
        drop.mkdir(parents=True)
        (drop / toy.notebook).write_bytes(notebook(user))
        (drop / STAMP).write_text(time_text(now))
    there = inbound.as_id

    def spoilt(user: str) -> str:
        if user == "ben":
            raise UnforeseenError("quoted")
        return there(user)

    monkeypatch.setattr(inbound, "as_id", spoilt)
    found = collect(course, toy)
    assert content_of(course, toy, "ada") == notebook("ada")
    assert why_of(found, "ben").startswith("UnforeseenError in test_alone.py")


def test_an_outcome_that_cannot_be_entered_is_a_failure_of_its_own(
    course: GradingCourse, toy: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoilt(*args: Any) -> None:
        raise UnforeseenError("quoted")

    monkeypatch.setattr(batch, "replay", spoilt)
    job = Job("ben", "key", course.submission(toy, "ben"))
    failed = batch._entered(job, Outcome("ben", toy.id, GRADED))
    assert failed.status == NOT_GRADABLE
    assert failed.why.startswith("the grader failed: UnforeseenError in test_alone.py")
    store = outcome_store(course, toy)
    assert store.latest("ben") == failed
    assert store.find("ben", "key") is None, "it is graded again by the next run"


def test_only_words_of_ours_are_quoted() -> None:
    assert describe_failure(GradingError("a sentence of ours.")) == "a sentence of ours."
    assert describe_failure(OSError(28, "No space left on device", "a name")) == (
        "No space left on device."
    )
    for error in (LearnerError("EVIL"), ValueError("EVIL"), KeyError("EVIL"), OSError("EVIL")):
        assert "EVIL" not in describe_failure(error)
        assert type(error).__name__ in describe_failure(error)


# Memory -------------------------------------------------------------------------------------------

_CHOOSE = """
import sys
from pathlib import Path
from tito.grading.submitted_notebook import SubmittedNotebook, UngradableError
content = Path(sys.argv[1]).read_bytes()
try:
    SubmittedNotebook(content)
except UngradableError as error:
    print(error)
(peak,) = (line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
print(int(peak.split()[1]) // 1024)
"""


OWN_NAMES = b'{"00000":"name"},'
PIECES = [OWN_NAMES, b"{},", b"[],", b"1e9,", b"[[]],", b'{"a":1},', b'"aa",']
SIZE = 16 * MIB - 100


def heavy_notebook(piece: bytes, count: int) -> bytes:
    """A notebook of at most 16 MiB with as many of these values as fit."""
    if piece == b"text":  # one character of four bytes makes all of them so
        cell = {"cell_type": "code", "source": "\N{GRINNING FACE}" + "x" * (SIZE - 100)}
        return json.dumps({"nbformat": 4, "cells": [cell]}, ensure_ascii=False).encode()
    n = min(count, SIZE // len(piece))
    values = piece * n
    if piece == OWN_NAMES:  # no two keys are one object in memory
        values = "".join(f'{{"{number:05x}":"\N{GRINNING FACE}"}},' for number in range(n)).encode()
    return b'{"nbformat":4,"x":[' + values + b'0],"cells":[]}'


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured by /proc")
@pytest.mark.parametrize("piece", [*PIECES, b"text"])
@pytest.mark.parametrize("is_over", [False, True])
def test_reading_a_notebook_leaves_room_for_others_in_512_mib(
    piece: bytes, is_over: bool, tmp_path: Path
) -> None:
    n_parts = max(1, sum(piece.count(mark) for mark in (b",", b"[", b"{", b"{")))
    path = tmp_path / "heavy.ipynb"
    path.write_bytes(heavy_notebook(piece, SIZE if is_over else (MAX_PARTS - 10) // n_parts))
    done = subprocess.run(
        [sys.executable, "-c", _CHOOSE, path],
        capture_output=True, text=True, check=True, env=environment, timeout=60,
    )  # fmt: skip
    assert int(done.stdout.split()[-1]) < 380  # 64 MiB of other notebooks may be there already
    assert ("values" in done.stdout) == (is_over and piece != b"text")
