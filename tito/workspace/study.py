"""Points and hints of each lesson, in ``.tito/study.json``, which is replaced whole."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from recsys_edu.atomic import atomic_path
from recsys_edu.errors import WorkspaceError
from recsys_edu.workspace import Workspace
from tito.workspace.lock import writing

VERSION: Final = 1
_PATIENCE: Final = 10.0
"""Seconds to wait while another tito writes, which takes milliseconds."""


@dataclass
class LessonStudy:
    """Points and hints of one lesson."""

    tests: dict[str, float] = field(default_factory=dict)
    """Points that each visible test earned when they last ran, by the test's name."""
    questions: dict[str, float] = field(default_factory=dict)
    """Points that the learner gave to each of their answers in words."""
    hints: dict[str, int] = field(default_factory=dict)
    """Number of steps that were shown, by function."""


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
    path = workspace.state / "study.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] == VERSION:
            return Study({name: _checked(entry) for name, entry in content["lessons"].items()})
    except FileNotFoundError:
        return Study()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise WorkspaceError(
            f"{path} is damaged. Nothing else is affected: move it away. `tito test` counts the "
            "points of tests anew; your own marks and the hints shown so far are lost."
        ) from None
    raise WorkspaceError(f"{path} is of another version of tito: update recsys_edu.")


@contextmanager
def studying(workspace: Workspace, *, locked: bool = False) -> Iterator[Study]:
    """Run a block that changes points or hints, which are written when the block ends well.

    Args:
        workspace: the workspace.
        locked: True if the caller holds the workspace's lock already.
    """
    with nullcontext() if locked else writing(workspace, _PATIENCE):
        study = load_study(workspace)
        yield study
        content: dict[str, Any] = {"version": VERSION, **asdict(study)}
        with atomic_path(workspace.state / "study.json") as unfinished:
            unfinished.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _checked(entry: dict[str, Any]) -> LessonStudy:
    """Return an entry of the file; raise ValueError where something in it cannot be."""
    study = LessonStudy(**entry)
    numbers = [*study.tests.values(), *study.questions.values(), *study.hints.values()]
    if not all(type(number) in (int, float) and 0 <= number < math.inf for number in numbers):
        raise ValueError
    if not all(type(steps) is int for steps in study.hints.values()):
        raise ValueError
    return study
