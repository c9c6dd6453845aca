"""Points and hints of each lesson, in ``.tito/study.json``, which is replaced whole."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from recsys_edu.workspace import Workspace
from tito.workspace.lesson_file import LessonFile


@dataclass
class LessonStudy:
    """Points and hints of one lesson."""

    tests: dict[str, float] = field(default_factory=dict)
    """Points that each visible test earned when they last ran, by the test's name."""
    questions: dict[str, float] = field(default_factory=dict)
    """Points that the learner gave to each of their answers in words."""
    hints: dict[str, int] = field(default_factory=dict)
    """Number of steps that were shown, by function."""


def _checked(entry: dict[str, Any]) -> LessonStudy:
    """Return an entry of the file; raise ValueError where something in it cannot be."""
    study = LessonStudy(**entry)
    numbers = [*study.tests.values(), *study.questions.values(), *study.hints.values()]
    if not all(type(number) in (int, float) and 0 <= number < math.inf for number in numbers):
        raise ValueError
    if not all(type(steps) is int for steps in study.hints.values()):
        raise ValueError
    return study


_FILE: Final = LessonFile(
    "study.json",
    _checked,
    "Nothing else is affected: move it away. `tito test` counts the points of tests anew; your own "
    "marks and the hints shown so far are lost.",
)


@dataclass
class Study:
    """Points and hints of every lesson, by the lesson's id."""

    lessons: dict[str, LessonStudy] = field(default_factory=dict)

    def of(self, lesson_id: str) -> LessonStudy:
        """Return those of a lesson, which may be empty."""
        return self.lessons.setdefault(lesson_id, LessonStudy())


def load_study(workspace: Workspace) -> Study:
    """Read the file; points and hints are empty if nothing was recorded.

    Raises:
        WorkspaceError: the file is damaged, or of another version of tito.
    """
    return Study(_FILE.read(workspace))


@contextmanager
def studying(workspace: Workspace, *, locked: bool = False) -> Iterator[Study]:
    """Run a block that changes points or hints, which are written when the block ends well.

    Args:
        workspace: the workspace.
        locked: True if the caller holds the workspace's lock already.
    """
    with _FILE.changing(workspace, locked=locked) as lessons:
        yield Study(lessons)
