"""What grading found about one submission, kept as JSON: for instructors only."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from recsys_edu.atomic import atomic_path
from tito.grading.autograding.judge import CellMark
from tito.grading.autograding.module import LeftOut

GRADED: Final = "graded"
PARTLY: Final = "partly graded"
NOT: Final = "not gradable"


@dataclass(frozen=True)
class Outcome:
    """What grading found. Hidden inputs may occur in ``marks`` and ``left_out``."""

    student: str
    lesson: str
    key: str
    """A digest of all that it depends on."""
    status: str
    why: str = ""
    """Why it cannot be graded; empty where it can."""
    remarks: tuple[str, ...] = ()
    marks: tuple[CellMark, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    notebook: dict[str, Any] | None = None
    """The notebook as graders and students see it; None where it cannot be graded."""
    seconds: float = 0.0
    grader_failed: bool = False
    """Whether that is why: the next run tries it again."""

    @property
    def earned(self) -> float:
        """The points by tests."""
        return sum(mark.points for mark in self.marks if mark.passed)

    @property
    def possible(self) -> float:
        """As many as there are."""
        return sum(mark.points for mark in self.marks)


def write_outcome(path: Path, outcome: Outcome) -> None:
    """Keep an outcome; it is there whole, or as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as unfinished:
        unfinished.write_text(json.dumps(asdict(outcome)), encoding="utf-8")


def read_outcome(path: Path) -> Outcome | None:
    """An outcome that was kept; None where there is none, or none of this version."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        content["marks"] = tuple(CellMark(**mark) for mark in content["marks"])
        content["left_out"] = tuple(LeftOut(**cell) for cell in content["left_out"])
        content["remarks"] = tuple(content["remarks"])
        return Outcome(**content)
    except (OSError, ValueError, TypeError, KeyError):
        return None
