"""An instructor's folder for a course of one toy lesson, and nbgrader's own commands."""

from __future__ import annotations

import functools
import json
import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from nbgrader.api import get_alembic_version

from tests.grading.pair import write_pair
from tests.workspace.conftest import ROOT, Outcome, tito, toy
from tito.course.lessons import Lesson
from tito.grading.course import GradingCourse, create_grading_course

__all__ = ["tito", "toy"]

Tito = Callable[..., Outcome]
Nbgrader = Callable[..., Outcome]
Notebook = Callable[..., bytes]
USER = pwd.getpwuid(os.getuid()).pw_name
DUE = "2026-03-01T12:00:00+01:00"


environment = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "backends")]),
}
"""For processes of their own."""

alembic_version = functools.cache(get_alembic_version)


@pytest.fixture(autouse=True)
def _known_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask alembic once for what nbgrader asks it for with every new gradebook: it takes seconds."""
    monkeypatch.setattr("nbgrader.api.get_alembic_version", alembic_version)


@pytest.fixture
def exchange(tmp_path: Path) -> Path:
    """An exchange folder that everybody may write to, as nbgrader wants it."""
    folder = tmp_path / "exchange"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lesson:
    """The only lesson of the course, with two functions."""
    lesson = write_pair(tmp_path / "course")
    monkeypatch.setenv("RECSYS_EDU_COURSE", str(tmp_path / "course"))
    return lesson


@pytest.fixture
def course(
    toy: Lesson, exchange: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> GradingCourse:
    """The instructor's folder, in which this process stands."""
    made, _ = create_grading_course(tmp_path / "grading")
    configure(made, f'[course]\nid = "rec1"\nexchange = "{exchange}"\n[due]\n{toy.id} = {DUE}\n')
    monkeypatch.chdir(made.root)
    return made


def configure(course: GradingCourse, text: str) -> None:
    """Put this into grading.toml, for everybody who looks from now on."""
    (course.root / "grading.toml").write_text(text, encoding="utf-8")
    course.__dict__.pop("settings", None)


@pytest.fixture
def nbgrader(tmp_path: Path) -> Nbgrader:
    """Run an nbgrader command in a process of its own, with a home of its own."""
    home = tmp_path / "home"
    home.mkdir()

    def call(*arguments: object, cwd: Path) -> Outcome:
        done = subprocess.run(
            [Path(sys.executable).with_name("nbgrader"), *map(str, arguments)],
            cwd=cwd,
            env={**environment, "HOME": str(home), "JUPYTER_DATA_DIR": str(home / "data")},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def notebook(toy: Lesson) -> Notebook:
    """A notebook of the lesson, with somebody's words in it."""

    def make(words: str = "mine") -> bytes:
        content = json.loads(toy.release.read_bytes())
        content["cells"][-1]["source"] = [words]
        return json.dumps(content).encode()

    return make
