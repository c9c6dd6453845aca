"""The toy lesson with calls, on which its wrong solutions are recognised."""

from __future__ import annotations

from pathlib import Path

from tests.course.toy import write_toy
from tito.course.lessons import Lesson

MUTANTS = """\
MUTANTS = {
    "test_double": {
        "squares": ("return x + x", "return x * x", "Your function squares x."),
        "copies": ("return x + x", "return x", "Your function returns x itself."),
        "off by one": ("return x + x", "return x + x + 1", "Your function adds 1."),
    }
}
"""
CALLS = """\
def calls(rng):
    return {"test_double": [("double", (rng.normal(size=3),), {})]}
"""


def write_toy_with_calls(folder: Path, mutants: str = MUTANTS, calls: str = CALLS) -> Lesson:
    """The lesson in a folder of its own."""
    lesson = write_toy(folder, mutants=mutants)
    (lesson.folder / "calls.py").write_text(calls, encoding="utf-8")
    return lesson
