"""A lesson of two functions and an experiment, and what students may hand in for it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from tests.course.toy import EXPORT, header, write_toy
from tito.authoring.build import build
from tito.authoring.release import notebook_bytes
from tito.authoring.source import solution_notebook
from tito.course.lessons import Lesson
from tito.grading.course import GradingCourse

SOURCE = f"""\
# %% [markdown]
# # Toy

{header("toy_imports", tags=EXPORT)}
import numpy as np

{header("double", tags=EXPORT, solution=True)}
def double(x):
    ### BEGIN SOLUTION
    return x + x
    ### END SOLUTION

{header("test_double", points=2)}
assert double(np.ones(1))[0] == 2, "double(1) should be 2."

{header("halve", tags=EXPORT, solution=True)}
def halve(x):
    ### BEGIN SOLUTION
    return x / 2
    ### END SOLUTION

{header("test_halve", points=3)}
assert halve(np.ones(1))[0] == 0.5, "halve(1) should be 0.5."

# %% tags=["experiment"]
print("this takes long")

{header("why", kind=" [markdown]", points=1, solution=True)}
# Because.
#
# === BEGIN MARK SCHEME ===
# 1 point: says why.
# === END MARK SCHEME ===
"""
HIDDEN = '''\
from recsys_backends.contract.clause import require_close


def test_double(remote, rng):
    """Twice of any array."""
    for _ in range(3):
        x = rng.normal(size=4)
        require_close(remote.double(x), 2 * x, 1e-12, f"double({x.tolist()})")


def test_halve(remote, rng):
    """Half of any array."""
    x = rng.normal(size=4)
    require_close(remote.halve(x), x / 2, 1e-12, f"halve({x.tolist()})")
'''


def write_pair(folder: Path) -> Lesson:
    """The lesson, built."""
    lesson = write_toy(folder, toy=SOURCE, hidden=HIDDEN, mutants="MUTANTS = {}\n")
    build([lesson], folder)
    return lesson


def solved(lesson: Lesson) -> dict[str, Any]:
    """The notebook of a student who got everything right."""
    content: dict[str, Any] = json.loads(notebook_bytes(solution_notebook(lesson)))
    return content


def with_cell(content: dict[str, Any], grade_id: str, source: str) -> dict[str, Any]:
    """The notebook with another source in one cell."""
    changed = copy.deepcopy(content)
    cell_of(changed, grade_id)["source"] = source
    return changed


def cell_of(content: dict[str, Any], grade_id: str) -> dict[str, Any]:
    """The cell of that id."""
    found: dict[str, Any] = next(
        cell
        for cell in content["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )
    return found


def hand_in(
    course: GradingCourse, lesson: Lesson, student: str, content: dict[str, Any] | bytes
) -> Path:
    """Put a notebook where collecting would have put it."""
    path = course.submission(lesson, student).submitted
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    path.write_bytes(data)
    (path.parent / "timestamp.txt").write_text("2026-02-01 10:00:00.000000 UTC")
    return path
