"""The instructor's folder: made once, found again, and its secret is kept."""

from __future__ import annotations

import errno
import secrets
import stat
from pathlib import Path

import pytest

from tests.grading.conftest import Tito
from tito.course.lessons import Lesson
from tito.grading.course import (
    LEAST_SECRET,
    STUDENT_ID,
    GradingCourse,
    GradingError,
    create_grading_course,
    find_grading_course,
)


def test_init_makes_a_folder_and_changes_nothing_in_one(
    tito: Tito, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "new" / "grading"
    said = tito("grade", "init", folder)
    assert said.status == 0
    assert ".secret, grading.toml written" in said.out
    secret = (folder / ".secret").read_bytes()
    assert len(bytes.fromhex(secret.decode())) == 32
    assert stat.S_IMODE((folder / ".secret").stat().st_mode) == 0o600
    (folder / "grading.toml").write_text('[course]\nid = "mine"\n')
    monkeypatch.chdir(folder)
    assert "complete" in tito("grade", "init").out
    assert (folder / ".secret").read_bytes() == secret
    assert find_grading_course().settings.course.id == "mine"


def test_init_adds_what_is_missing(tmp_path: Path) -> None:
    course, written = create_grading_course(tmp_path)
    assert {path.name for path in written} == {".secret", "grading.toml"}
    (tmp_path / "grading.toml").unlink()
    secret = (tmp_path / ".secret").read_bytes()
    assert create_grading_course(tmp_path)[1] == [tmp_path / "grading.toml"]
    assert (tmp_path / ".secret").read_bytes() == secret
    assert course.settings.course.id == "recsys"


def test_the_folder_is_found_from_below_and_missed_in_a_sentence(
    course: GradingCourse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tito: Tito
) -> None:
    below = course.root / "submitted" / "ada"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert find_grading_course().root == course.root
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GradingError, match="tito grade init"):
        find_grading_course()
    said = tito("grade", "build", "42")
    assert (said.status, said.err.count("\n")) == (1, 1)


def test_a_cell_has_the_same_hidden_inputs_for_this_folder_only(
    toy: Lesson, course: GradingCourse, tmp_path: Path
) -> None:
    seed = course.inputs_seed(toy, "test_double")
    assert GradingCourse(course.root).inputs_seed(toy, "test_double") == seed
    assert course.inputs_seed(toy, "test_other") != seed
    other, _ = create_grading_course(tmp_path / "other")
    assert other.inputs_seed(toy, "test_double") != seed


def test_without_the_secret_there_is_a_sentence(toy: Lesson, course: GradingCourse) -> None:
    (course.root / ".secret").unlink()
    with pytest.raises(GradingError, match="restore it from a copy"):
        course.inputs_seed(toy, "test_double")


@pytest.mark.parametrize("content", ["", "\n", "0123456789abcdef"])
def test_a_secret_that_could_be_guessed_is_refused(
    content: str, toy: Lesson, course: GradingCourse
) -> None:
    """A disk that was full may leave an empty file."""
    (course.root / ".secret").write_text(content)
    with pytest.raises(GradingError, match="is empty or cut off, and hidden inputs are drawn"):
        course.inputs_seed(toy, "test_double")


def test_a_secret_that_cannot_be_written_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(n_bytes: int) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(secrets, "token_hex", full)
        with pytest.raises(OSError, match="No space left"):
            create_grading_course(tmp_path / "full")
    assert list((tmp_path / "full").iterdir()) == []
    create_grading_course(tmp_path / "full")
    assert len((tmp_path / "full" / ".secret").read_text()) == 2 * LEAST_SECRET


def test_students_are_those_who_handed_in(toy: Lesson, course: GradingCourse) -> None:
    assert course.students(toy) == []
    for name in ("ben", "ada", ".hidden", "has space"):
        course.submission(toy, name).submitted.parent.mkdir(parents=True)
    (course.root / "submitted" / "other" / "01_else").mkdir(parents=True)
    assert course.students(toy) == ["ada", "ben"]


@pytest.mark.parametrize("name", ["ada", "a.b@uni-x.edu", "1234567", "A_b-c", "x" * 64])
def test_ids(name: str) -> None:
    assert STUDENT_ID.fullmatch(name)


@pytest.mark.parametrize("name", ["", ".a", "-a", "a/b", "a b", "a+b", "é", "x" * 65, "a\n", ".."])
def test_what_is_no_id(name: str) -> None:
    assert not STUDENT_ID.fullmatch(name)
