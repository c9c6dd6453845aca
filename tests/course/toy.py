"""A lesson small enough for tests: one function, its test, its clauses and its wrong solutions."""

from __future__ import annotations

from pathlib import Path

from tito.course.lessons import Lesson, lessons_in

ABOUT = """\
+++
title = "Toy"
question = "Can my code double?"
hours = 0.1
prerequisites = []
objectives = ["double an array"]
+++
A lesson for tests.
"""
META = (
    '"grade": {grade}, "grade_id": "{id}", "locked": {locked}, "points": {points}, '
    '"schema_version": 3, "solution": {solution}'
)


def header(
    grade_id: str, *, kind: str = "", tags: str = "", points: int = 0, solution: bool = False
) -> str:
    """The first line of a cell."""
    grade = bool(points)
    values = META.format(
        grade=str(grade).lower(),
        id=grade_id,
        locked=str(not solution).lower(),
        points=points,
        solution=str(solution).lower(),
    )
    return f"# %%{kind}{tags} nbgrader={{{values}}}"


EXPORT = ' tags=["export"]'
OP = ' tags=["export", "op"]'
SOURCE = f"""\
# %% [markdown]
# # Toy
# Doubling, $2x$.

{header("toy_imports", tags=OP)}
import numpy as np
from numpy.typing import NDArray

{header("double", tags=OP, solution=True)}
def double(x: NDArray[np.float64]) -> NDArray[np.float64]:
    \"\"\"2x.\"\"\"
    ### BEGIN SOLUTION
    return x + x
    ### END SOLUTION

{header("test_double", points=2)}
assert double(np.ones(1))[0] == 2, "double(1) should be 2."

{header("why", kind=" [markdown]", points=1, solution=True)}
# Because.
#
# === BEGIN MARK SCHEME ===
# 1 point: says why.
# === END MARK SCHEME ===
"""
CLAUSES = """\
from recsys_backends.contract.clause import require


def test_double(remote, rng):
    \"\"\"Twice of any array.\"\"\"
    x = rng.normal(size=3)
    require(abs(remote.double(x) - 2 * x).max() < 1e-12, "double(x) is not 2x.")
"""
HINTS = """\
HINTS = {"double": ("Which number is twice 3?", "Add x to itself.", "Begin with `return`.")}
"""
MUTANTS = """\
MUTANTS = {
    "test_double": {
        "squares": ("return x + x", "return x * x"),
        "copies": ("return x + x", "return x"),
        "off by one": ("return x + x", "return x + x + 1"),
    }
}
"""


def write_toy(folder: Path, **replaced: str) -> Lesson:
    """The toy lesson in a folder of its own; ``replaced`` are other contents, by file's stem."""
    lesson = folder / "modules" / "42_toy"
    lesson.mkdir(parents=True)
    files = {
        "42_toy.py": SOURCE,
        "ABOUT.md": ABOUT,
        "hidden.py": CLAUSES,
        "hints.py": HINTS,
        "checkpoint.py": CLAUSES.replace("test_double", "it_doubles"),
        "mutants.py": MUTANTS,
    }
    for name, text in files.items():
        stem = name.partition(".")[0].removeprefix("42_")
        (lesson / name).write_text(replaced.get(stem, text), encoding="utf-8")
    (found,) = lessons_in(folder / "modules", folder / "notebooks" / "release")
    return found
