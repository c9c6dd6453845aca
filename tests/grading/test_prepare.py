"""``tito grade build``: the notebooks, the gradebook, and nbgrader's own commands afterwards."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook, get_alembic_version

from tests.course.toy import SOURCE, write_toy
from tests.course.toy_named import CALLS, MUTANTS
from tests.grading.conftest import Nbgrader, Tito, configure, environment
from tito.authoring.build import build
from tito.authoring.source import AuthoringError
from tito.course.lessons import Lesson
from tito.grading.course import GradingCourse, GradingError
from tito.grading.gradebook import create_gradebook, open_gradebook
from tito.grading.nbgrader_config import write_config
from tito.grading.prepare import prepare
from tito.grading.settings import SettingsError


def change(toy: Lesson, old: str, new: str) -> None:
    """Edit the lesson's source, and build it."""
    assert old in SOURCE
    toy.source.write_text(SOURCE.replace(old, new), encoding="utf-8")
    build([toy], toy.folder.parents[1])


def add_submission(course: GradingCourse, toy: Lesson) -> None:
    with open_gradebook(course) as gradebook:
        gradebook.add_student("ada")
        gradebook.add_submission(toy.id, "ada")


def test_build_writes_what_students_get_and_what_they_do_not(
    course: GradingCourse, toy: Lesson, tito: Tito
) -> None:
    said = tito("grade", "build", "toy")
    assert said.status == 0, said
    assert "gradebook.db, nbgrader_config.py, source/42_toy/42_toy.ipynb" in said.out
    assert course.release(toy).read_bytes() == toy.release.read_bytes()
    assert "return x + x" in course.source(toy).read_text()
    assert "return x + x" not in course.release(toy).read_text()
    with open_gradebook(course) as gradebook:
        assignment = gradebook.find_assignment(toy.id)
        assert assignment.duedate == datetime(2026, 3, 1, 11)  # UTC, without saying so
        (notebook,) = assignment.notebooks
        points = {cell.name: cell.max_score for cell in notebook.grade_cells}
    assert points == {"test_double": 2, "why": 1}
    assert tito("grade", "build", "--all").out == "42_toy: no change.\n"
    assert not list(course.root.glob(".gradebook*"))


@pytest.mark.parametrize("arguments", [(), ("--all", "42")])
def test_build_is_told_which_lessons(
    arguments: tuple[str, ...], course: GradingCourse, tito: Tito
) -> None:
    said = tito("grade", "build", *arguments)
    assert said.status == 2
    assert "Name lessons, or --all." in said.err


def test_a_release_that_is_not_built_is_refused_and_nothing_is_written(
    course: GradingCourse, toy: Lesson
) -> None:
    toy.source.write_text(SOURCE.replace("# # Toy", "# # Another"))
    with pytest.raises(GradingError, match="tito dev build"):
        prepare(course, toy)
    toy.release.unlink()
    with pytest.raises(GradingError, match="tito dev build"):
        prepare(course, toy)
    assert {path.name for path in course.root.iterdir()} == {".secret", "grading.toml"}


def test_a_wheel_without_sources_is_named(course: GradingCourse, toy: Lesson) -> None:
    toy.source.unlink()
    with pytest.raises(GradingError, match="clone of the repository"):
        prepare(course, toy)


def test_a_due_date_for_no_lesson_is_named(course: GradingCourse, toy: Lesson) -> None:
    configure(course, "[due]\n43_toy = 2026-03-01T12:00:00+01:00\n")
    with pytest.raises(SettingsError, match=r"43_toy: there is no such lesson; there are 42_toy"):
        prepare(course, toy)


def test_a_due_date_can_be_moved_and_taken_out(course: GradingCourse, toy: Lesson) -> None:
    prepare(course, toy)
    configure(course, f"[due]\n{toy.id} = 2026-03-02T12:00:00Z\n")
    prepare(course, toy)
    configure(course, "")
    prepare(course, toy)
    with open_gradebook(course) as gradebook:
        assert gradebook.find_assignment(toy.id).duedate is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"points": 2', '"points": 3', "its cell test_double has 3 points now, and had 2 points"),
        ('"test_double"', '"test_twice"', "its cell test_double is gone"),
        ('# %% [markdown] nbgrader={"grade": true', '# %% nbgrader={"grade": true', "is code now"),
    ],
)
def test_what_marks_were_given_for_cannot_change(
    old: str, new: str, said: str, course: GradingCourse, toy: Lesson
) -> None:
    prepare(course, toy)
    change(toy, old, new)
    prepare(course, toy)  # nobody has marks: it may change, and back
    change(toy, old, old)
    prepare(course, toy)
    add_submission(course, toy)
    before = course.release(toy).read_bytes()
    change(toy, old, new)
    with pytest.raises(GradingError, match=said):
        prepare(course, toy)
    assert course.release(toy).read_bytes() == before


def test_an_explanation_can_change_though_there_are_marks(
    course: GradingCourse, toy: Lesson
) -> None:
    prepare(course, toy)
    add_submission(course, toy)
    change(toy, "should be 2.", "is 2.")
    assert course.release(toy) in prepare(course, toy).written
    with open_gradebook(course) as gradebook:
        (cell,) = [
            cell
            for cell in gradebook.find_notebook(toy.id, toy.id).source_cells
            if cell.name == "test_double"
        ]
        assert "is 2." in cell.source
        assert len(gradebook.assignment_submissions(toy.id)) == 1


def test_a_second_lesson_leaves_the_first(course: GradingCourse, toy: Lesson) -> None:
    prepare(course, toy)
    other = toy.folder.parent / "43_more"
    write_toy(course.root.parent / "second").folder.rename(other)
    (other / "42_toy.py").rename(other / "43_more.py")
    release = toy.release.parents[1] / "43_more" / "43_more.ipynb"
    lesson = Lesson(43, "more", other, release)
    build([lesson], toy.folder.parents[1])
    prepare(course, lesson)
    with open_gradebook(course) as gradebook:
        assert {found.name for found in gradebook.assignments} == {"42_toy", "43_more"}


@pytest.mark.parametrize("content", [b"this is no database at all" * 50, b"SQLite format 3\0"])
def test_a_damaged_gradebook_is_a_sentence(
    content: bytes, course: GradingCourse, toy: Lesson, tito: Tito
) -> None:
    course.gradebook.write_bytes(content)
    said = tito("grade", "build", "42")
    assert said.status == 1
    assert "gradebook.db cannot be used" in said.err
    assert said.err.count("\n") == 1
    assert course.gradebook.read_bytes() == content


def test_a_gradebook_in_use_is_a_sentence(
    course: GradingCourse, toy: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(course, toy)
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **{**k, "timeout": 0}))
    other = connect(course.gradebook, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(GradingError, match="in use by another program"):
        prepare(course, toy)
    other.close()
    prepare(course, toy)


def test_a_gradebook_is_made_without_a_path_and_half_of_one_is_never_seen(
    course: GradingCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbgrader.api.get_alembic_version", get_alembic_version)
    monkeypatch.setenv("PATH", "/nowhere")
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(GradingError, match="cannot run alembic"):
            create_gradebook(course)
    assert {path.name for path in course.root.iterdir()} == {".secret", "grading.toml"}
    assert create_gradebook(course)
    assert not create_gradebook(course)
    assert os.environ["PATH"] == "/nowhere"
    with sqlite3.connect(course.gradebook) as database:
        (version,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    database.close()
    assert version


def test_the_config_follows_the_settings_until_it_is_edited(
    course: GradingCourse, toy: Lesson, tito: Tito
) -> None:
    path = course.root / "nbgrader_config.py"
    assert write_config(course) == "written"
    assert "'rec1'" in path.read_text()
    configure(course, '[course]\nid = "rec2"\n')
    assert write_config(course) == "written"
    assert "'rec2'" in path.read_text()
    assert write_config(course) == "unchanged"
    path.write_text(path.read_text() + "c.ClearSolutions.code_stub = {}\n")
    mine = path.read_text()
    configure(course, "")
    assert "nbgrader_config.py was edited" in tito("grade", "build", "42").out
    assert path.read_text() == mine


@pytest.mark.slow
def test_nbgraders_commands_work_in_the_folder(
    course: GradingCourse, toy: Lesson, nbgrader: Nbgrader
) -> None:
    prepare(course, toy)
    said = nbgrader("db", "assignment", "list", cwd=course.root)
    assert "42_toy (due: 2026-03-01 11:00:00)" in said.out, said
    assert nbgrader("export", cwd=course.root).status == 0
    assert (course.root / "grades.csv").is_file()
    said = nbgrader("list", cwd=course.root)
    assert said.status == 0, said
    said = nbgrader("generate_assignment", toy.id, "--force", cwd=course.root)
    assert said.status == 0, said  # what tito has put into source/ is what nbgrader expects there


def handed_in(course: GradingCourse, toy: Lesson) -> Path:
    """A submission, and an older one that was graded."""
    prepare(course, toy)
    for path, stamp in (
        (course.submission(toy, "ada").submitted, datetime.now()),
        (course.submission(toy, "ada").autograded, datetime.now() - timedelta(days=1)),
    ):
        path.parent.mkdir(parents=True)
        path.write_bytes(toy.release.read_bytes())
        (path.parent / "timestamp.txt").write_text(f"{stamp} UTC")
    return course.submission(toy, "ada").autograded


@pytest.mark.slow
@pytest.mark.parametrize("flags", [(), ("--force",)])
def test_nbgraders_own_autograding_refuses_before_it_removes_anything(
    flags: tuple[str, ...], course: GradingCourse, toy: Lesson, nbgrader: Nbgrader
) -> None:
    graded = handed_in(course, toy)
    said = nbgrader("autograde", toy.id, *flags, cwd=course.root)
    assert said.status == 1
    assert "Use `tito grade autograde`" in said.err
    assert "Traceback" not in said.err
    assert graded.read_bytes() == toy.release.read_bytes()


@pytest.mark.slow
def test_the_form_graders_button_refuses_as_well(course: GradingCourse, toy: Lesson) -> None:
    graded = handed_in(course, toy)
    code = f"""
from nbgrader.apps import NbGrader
from nbgrader.apps.api import NbGraderAPI
app = NbGrader()
app.initialize([])
result = NbGraderAPI(parent=app).autograde({toy.id!r}, "ada", force=True)
assert result["success"] is False, result
print(result["log"])
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=course.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Use `tito grade autograde`" in done.stdout
    assert graded.read_bytes() == toy.release.read_bytes()
    with Gradebook(f"sqlite:///{course.gradebook}", "rec1") as gradebook:
        assert gradebook.students == []


def test_a_draw_that_does_not_show_a_mistake_is_drawn_again(
    course: GradingCourse, toy: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    (toy.folder / "mutants.py").write_text(MUTANTS, encoding="utf-8")
    seldom = CALLS.replace("rng.normal(size=3)", "np.full(3, rng.choice([0.0, 3.0], p=[0.7, 0.3]))")
    (toy.folder / "calls.py").write_text(f"import numpy as np\n{seldom}", encoding="utf-8")
    secret = course.root / ".secret"
    for number in range(8):  # with one draw, all would be told with probability 0.3 ** 8
        secret.write_text(f"{number:064x}", encoding="ascii")
        prepare(GradingCourse(course.root), toy)
        first = course.fingerprints(toy).read_bytes()
        prepare(GradingCourse(course.root), toy)
        assert course.fingerprints(toy).read_bytes() == first
    monkeypatch.setattr("tito.grading.prepare.DRAWS", 1)
    said = []
    for number in range(8):
        secret.write_text(f"{number:064x}", encoding="ascii")
        try:
            prepare(GradingCourse(course.root), toy)
        except AuthoringError as error:
            said.append(str(error))
    assert said
    assert all("as the solution does" in each for each in said)
