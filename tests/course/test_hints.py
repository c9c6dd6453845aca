"""Every function of every lesson has hints, which lead to the first line and not beyond it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.course.toy import write_toy
from tito.authoring.source import BEGIN_SOLUTION, END_SOLUTION, solution_cells
from tito.course.hints import hints_of
from tito.course.lessons import Lesson, LessonError, all_lessons
from tito.course.notebook import read_cells
from tito.course.parts import parts_of

LESSONS = all_lessons()


def solution_lines(lesson: Lesson) -> list[str]:
    """The lines between the marks, without comments and what every program has."""
    lines, inside = [], False
    for cell in solution_cells(lesson):
        for line in cell.source.splitlines() if cell.kind == "code" else ():
            text = line.strip()
            if text in (BEGIN_SOLUTION, END_SOLUTION):
                inside = text == BEGIN_SOLUTION
            elif inside and len(text) > 12 and not text.startswith("#"):
                lines.append(text)
    return lines


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_every_function_has_two_or_three_hints(lesson: Lesson) -> None:
    hints = hints_of(lesson)
    functions = [name for part in parts_of(read_cells(lesson.release)) for name in part.functions]
    assert list(hints) == functions
    for name, steps in hints.items():
        assert len(steps) in (2, 3), name
        assert steps[0].endswith("?"), f"{name}: the first hint is a question"
        assert len(set(steps)) == len(steps)
        assert all(step == step.strip() and 10 < len(step) < 420 for step in steps), name


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_hints_are_not_the_solution(lesson: Lesson) -> None:
    lines = solution_lines(lesson)
    assert len(lines) > 10
    for name, steps in hints_of(lesson).items():
        given = [line for line in set(lines) if any(line in step for step in steps)]
        assert len(given) <= 2, f"{name}: {given}"
        assert not [line for line in given if any(line in step for step in steps[:-1])], name
        assert not [line for line in given if line.startswith("return")], name


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there is no dictionary HINTS"),
        ("HINTS = [", "was never closed"),
        ("HINTS = {'double': ()}", "must be a tuple of texts"),
        ("HINTS = {'double': 'one'}", "must be a tuple of texts"),
        ("HINTS = open('/etc/passwd')", "malformed node"),
    ],
)
def test_a_file_of_hints_is_data_and_read_as_such(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(LessonError, match=rf"hints\.py.*{why}"):
        hints_of(write_toy(tmp_path, hints=text))


def test_the_hints_of_a_lesson_are_literals() -> None:
    for lesson in LESSONS:
        body = ast.parse((lesson.folder / "hints.py").read_text(encoding="utf-8")).body
        assert [type(node) for node in body] == [ast.Expr, ast.Assign], lesson.id
