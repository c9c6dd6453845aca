"""Mistakes of authors end `tito dev lint` and `tito dev build` in sentences, not tracebacks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from recsys_edu.errors import RecsysError
from tests.course.toy import SOURCE, write_toy
from tito.authoring.build import build
from tito.authoring.lint import problems
from tito.course.lessons import Lesson

pytest.importorskip("jupytext")
Mistake = Callable[[Lesson], object]


def source(before: str, after: str) -> Mistake:
    assert before in SOURCE
    return lambda lesson: lesson.source.write_text(SOURCE.replace(before, after, 1))


def beside(name: str, content: bytes) -> Mistake:
    return lambda lesson: (lesson.folder / name).write_bytes(content)


POINTS = '"locked": true, "points": 2'
MISTAKES: dict[str, tuple[Mistake, str, str]] = {
    # name: the mistake, what lint says, and what build says (empty: it builds)
    "not UTF-8": (beside("42_toy.py", b"# \xe9"), "not UTF-8", "not UTF-8"),
    "no file": (lambda lesson: lesson.source.unlink(), "No such file", "No such file"),
    "no Python": (source("def double(x", "def double(x,,"), "'double', line 1: it is not Py", ""),
    "a zero byte": (source("def double(x", "def dou\0ble(x"), "it is not Python", ""),
    "points in words": (source(POINTS, f'{POINTS[:-1]}"two"'), "points must be", "points must be"),
    "points below 0": (source(POINTS, f"{POINTS[:-1]}-2"), "points must be", "points must be"),
    "no points": (source(POINTS, '"locked": true'), "needs exactly", "ComputeChecksums"),
    "id is a number": (source('"grade_id": "double"', '"grade_id": 7'), "must be text", "must be"),
    "tags are a number": (source('["export", "op"]', "3"), "jupytext cannot", "jupytext cannot"),
    "no end": (source("    ### END SOLUTION\n", ""), "would be taken out", "ClearSolutions"),
    "clauses": (beside("hidden.py", b"def ("), "hidden.py cannot be imported: SyntaxError", ""),
    "clauses raise": (beside("hidden.py", b"1/0"), "imported: ZeroDivisionError", ""),
    "clauses leave": (beside("hidden.py", b"raise SystemExit(3)"), "imported: SystemExit", ""),
    "clauses import": (beside("hidden.py", b"import nowhere_"), "ModuleNotFoundError", ""),
    "checkpoint": (beside("checkpoint.py", b"1/0"), "checkpoint.py cannot be imported", ""),
    "no mutants": (beside("mutants.py", b"x = 1"), "has no dictionary MUTANTS", ""),
    "mutants": (beside("mutants.py", b"MUTANTS = {'test_double': 3}"), "are no list", ""),
    "guide": (beside("../../INSTRUCTORS.md", b"\xe9"), "", "INSTRUCTORS.md is not UTF-8"),
    "about": (beside("ABOUT.md", b"+++\nx"), "ABOUT.md", "ABOUT.md"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_said_in_a_sentence(name: str, tmp_path: Path) -> None:
    mistake, in_lint, in_build = MISTAKES[name]
    lesson = write_toy(tmp_path)
    (tmp_path / "INSTRUCTORS.md").write_text(
        "<!-- written by `tito dev build` from the lessons: -->\n<!-- end of what is written -->\n"
    )
    mistake(lesson)
    assert in_lint in "\n".join(problems(lesson) or [""])
    assert bool(problems(lesson)) == bool(in_lint)
    if not in_build:
        build([lesson], tmp_path)
        return
    with pytest.raises(RecsysError) as caught:
        build([lesson], tmp_path)
    assert in_build in str(caught.value)


def test_without_a_mistake_nothing_is_said(tmp_path: Path) -> None:
    lesson = write_toy(tmp_path)
    assert problems(lesson) == []
