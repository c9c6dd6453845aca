"""A virtual environment with the wheel alone, and a learner who works in it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.course.learner import solutions_of, type_in
from tests.packaging.commands import ROOT
from tito.course.lessons import Lesson, lessons_in

LESSONS = lessons_in(ROOT / "modules", ROOT / "notebooks" / "release")
FOREIGN = ("PYTHON", "RECSYS_EDU_", "JUPYTER", "IPYTHON", "VIRTUAL_ENV", "PYTEST", "TITO")
"""Beginnings of variables that say something of this environment."""


class Outcome(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Installation:
    """A virtual environment with the wheel, and the packages that it needs."""

    wheel: Path
    folder: Path

    def run(self, program: str, *arguments: object, cwd: Path) -> Outcome:
        """Run a program of the environment, which hears nothing of this one."""
        done = subprocess.run(
            [self.folder / "bin" / program, *map(str, arguments)],
            cwd=cwd,
            env={k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def python(self, code: str, cwd: Path) -> Outcome:
        """Run a script that has to end well."""
        done = self.run("python", "-c", code, cwd=cwd)
        assert done.status == 0, done
        return done


@dataclass(frozen=True)
class Learner:
    """Somebody in a workspace of their own."""

    installation: Installation
    folder: Path

    def tito(self, *arguments: object) -> Outcome:
        """Run tito in the workspace."""
        return self.installation.run("tito", *arguments, cwd=self.folder)

    def does(self, *arguments: object) -> str:
        """What tito prints; AssertionError where it fails."""
        said = self.tito(*arguments)
        assert said.status == 0, f"tito {arguments}: {said.out}{said.err}"
        return said.out

    def writes(self, lesson: Lesson, solutions: dict[str, str] | None = None) -> None:
        """Type the solutions into the lesson's notebook."""
        type_in(self.folder / "notebooks" / lesson.notebook, solutions or solutions_of(lesson))

    def checkpoints(self) -> tuple[int, dict[str, bool]]:
        """The exit status of `tito checkpoint --all`, and the verdict on each lesson."""
        said = self.tito("checkpoint", "--all", "--json")
        return said.status, {each["lesson"]: each["passed"] for each in json.loads(said.out)}
