"""Killed at any moment, grading loses nothing, and ends with the marks of an undisturbed run."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests.grading.pair import hand_in, solved, with_cell, write_pair
from tests.jail.conftest import needs_bubblewrap
from tests.workspace.conftest import start_tito
from tito.course.lessons import Lesson
from tito.grading.autograding.outcome import latest_outcome, outcome_store
from tito.grading.course import GradingCourse, create_grading_course
from tito.grading.prepare import prepare

pytestmark = [needs_bubblewrap, pytest.mark.slow]
N_STUDENTS = 12
N_KILLS = 20
Marks = dict[tuple[str, str], float | None]


def folder(root: Path, lesson: Lesson) -> GradingCourse:
    """An instructor's folder with every kind of submission."""
    course, _ = create_grading_course(root)
    prepare(course, lesson)
    right = solved(lesson)
    kinds = [
        right,
        with_cell(right, "halve", "def halve(x):\n    return x\n"),
        with_cell(right, "double", "import os\nos._exit(1)"),
        lesson.release.read_bytes(),
    ]
    for number in range(N_STUDENTS):
        hand_in(course, lesson, f"s{number:02}", kinds[number % len(kinds)])
    return course


def marks_of(course: GradingCourse) -> Marks:
    """All marks, after a look at whether the database is in order."""
    with sqlite3.connect(course.gradebook) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = database.execute(
            "SELECT sa.student_id, bc.name, g.auto_score FROM grade g "
            "JOIN submitted_notebook sn ON g.notebook_id = sn.id "
            "JOIN submitted_assignment sa ON sn.assignment_id = sa.id "
            "JOIN base_cell bc ON g.cell_id = bc.id"
        ).fetchall()
    return {(student, cell): score for student, cell, score in rows}


def kept_in(course: GradingCourse, lesson: Lesson) -> set[str]:
    return {
        student
        for student in course.students(lesson)
        if latest_outcome(course.submission(lesson, student)) is not None
    }


def run(course: GradingCourse) -> subprocess.Popen[str]:
    return start_tito("grade", "autograde", "42", "--jobs", 2, cwd=course.root)


def test_killed_twenty_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = write_pair(tmp_path / "course")
    monkeypatch.setenv("RECSYS_EDU_COURSE", str(tmp_path / "course"))
    undisturbed, killed = folder(tmp_path / "one", lesson), folder(tmp_path / "two", lesson)
    (killed.root / ".secret").write_bytes((undisturbed.root / ".secret").read_bytes())
    start = time.monotonic()
    process = run(undisturbed)
    said, complaint = process.communicate()
    seconds = time.monotonic() - start
    assert process.returncode == 0, complaint
    assert f"{N_STUDENTS} of them in this run" in said
    moments = random.Random(0)
    kept: set[str] = set()
    entered: Marks = {}
    n_killed = 0
    for attempt in range(N_KILLS):
        if len(kept) == N_STUDENTS:  # all is done: begin again with a few of them
            for student in sorted(kept)[::2]:
                outcome_store(killed, lesson).path(student).unlink()
            kept, entered = kept_in(killed, lesson), {}
        process = run(killed)
        time.sleep(moments.uniform(0.2, 0.7 * seconds))
        process.kill()
        process.communicate()
        n_killed += process.returncode == -9
        now = marks_of(killed)
        assert kept <= kept_in(killed, lesson), attempt
        assert {key: now[key] for key, score in entered.items() if score is not None} == {
            key: score for key, score in entered.items() if score is not None
        }
        kept, entered = kept_in(killed, lesson), now
    assert n_killed >= N_KILLS // 2
    process = run(killed)
    _, complaint = process.communicate()
    assert process.returncode == 0, complaint
    assert marks_of(killed) == marks_of(undisturbed)
    assert not (killed.state / "tmp").exists()
    for student in killed.students(lesson):
        ours, theirs = (
            latest_outcome(c.submission(lesson, student)) for c in (killed, undisturbed)
        )
        assert ours is not None
        assert theirs is not None
        assert ours.marks == theirs.marks
        assert killed.submission(lesson, student).autograded.is_file()
