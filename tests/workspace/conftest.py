"""A course of one toy lesson, a workspace for it, and ``tito`` in this process or another."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple

import pytest

from tests.course.learner import solutions_of, type_in
from tests.course.toy import write_toy
from tito.authoring.build import build
from tito.course.lessons import Lesson
from tito.main import main

ROOT = Path(__file__).resolve().parents[2]


class Outcome(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lesson:
    """The only lesson of the course, built."""
    lesson = write_toy(tmp_path / "course")
    build([lesson], tmp_path / "course")
    monkeypatch.setenv("RECSYS_EDU_COURSE", str(tmp_path / "course"))
    return lesson


@pytest.fixture
def tito(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Run tito in this process."""

    def call(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["tito", *map(str, arguments)])
        with pytest.raises(SystemExit) as leaving:
            main()
        status = leaving.value.code
        return Outcome(
            status if isinstance(status, int) else int(bool(status)), *capsys.readouterr()
        )

    return call


@pytest.fixture
def workspace(
    toy: Lesson, tito: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A workspace in which this process stands."""
    folder = tmp_path / "mine"
    assert tito("init", folder).status == 0
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def solved(workspace: Path, toy: Lesson) -> Path:
    """The same with the solution typed in."""
    type_in(workspace / "notebooks" / toy.notebook, solutions_of(toy))
    return workspace


def start_tito(
    *arguments: object, cwd: Path, code: str = "", output: int | IO[str] = subprocess.PIPE
) -> subprocess.Popen[str]:
    """Tito in a process of its own; ``code`` runs before it, and it prints to ``output``."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "backends")])
    return subprocess.Popen(
        [sys.executable, "-c", f"{code}\nfrom tito.main import main; main()", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path},
        stdout=output,
        stderr=output,
        text=True,
        start_new_session=True,
    )
