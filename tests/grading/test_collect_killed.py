"""Killed while it collects, tito leaves the old submission or the new one."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.grading.conftest import Notebook
from tests.grading.exports import content_of, statuses
from tito.course.lessons import Lesson
from tito.grading.collecting import swap
from tito.grading.collecting.collect import collect
from tito.grading.collecting.submitted import existing, read_receipt
from tito.grading.course import GradingCourse


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("function", ["_exchange", "rename", "fsync"])
def test_a_submission_is_the_old_or_the_new_whenever_it_is_killed(
    function: str,
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    notebook: Notebook,
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
        receipt, found = (
            read_receipt(course.submission(toy, "ada")),
            existing(course.submission(toy, "ada")),
        )
        assert receipt is not None
        assert found is not None
        assert (found[0], found[1].isoformat()) == (receipt.sha256, receipt.submitted)
    assert killed[0]
    assert not killed[-1]
    assert content_of(course, toy, "ada") == notebook("version 4")
    assert list((course.state / "incoming").iterdir()) == []
    kept = {each.read_bytes() for each in (course.state / "earlier").rglob(toy.notebook)}
    assert kept >= {notebook(words) for words in ("first", "version 2", "version 3")}


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
    notebook: Notebook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(swap, "_exchange", lambda one, other: errno.EINVAL)
    path = tmp_path / "ada.ipynb"
    for words, time in (("old", 1_000_000_000), ("new", 1_000_000_001)):
        path.write_bytes(notebook(words))
        os.utime(path, (0, time))
        collect(course, toy, [path])
    assert content_of(course, toy, "ada") == notebook("new")
    place = course.submission(toy, "ada").submitted.parent
    place.rename(place.with_name(".42_toy.aside"))  # as after the first of its three steps
    assert statuses(collect(course, toy, [path])) == {"ada": "unchanged"}
    assert content_of(course, toy, "ada") == notebook("new")


def test_a_disk_that_is_full_is_noticed_before_anything_is_replaced(
    course: GradingCourse,
    toy: Lesson,
    tmp_path: Path,
    notebook: Notebook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "ada.ipynb"
    path.write_bytes(notebook("old"))
    os.utime(path, (0, 1_000_000_000))
    collect(course, toy, [path])
    path.write_bytes(notebook("new"))
    os.utime(path, (0, 1_000_000_001))
    made = Path.mkdir

    def full(folder: Path, *arguments: object, **options: object) -> None:
        if "earlier" in folder.parts:
            raise OSError(errno.ENOSPC, "No space left on device")
        made(folder, *arguments, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Path, "mkdir", full)
        assert statuses(collect(course, toy, [path])) == {"ada": "refused"}
    assert content_of(course, toy, "ada") == notebook("old")
    assert statuses(collect(course, toy, [path])) == {"ada": "newer"}
