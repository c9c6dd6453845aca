"""Parts and questions of a lesson: numbers, functions, points."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.course.toy import EXPORT, SOURCE, header, write_toy
from tests.course.toy_kinds import SOURCE as KINDS
from tito.authoring.source import solution_cells
from tito.course.lessons import all_lessons
from tito.course.notebook import NotebookError, read_cells
from tito.course.parts import find_parts, parts_of, questions_of, without_docstrings

TWO_CELLS = f"""\
# %% [markdown]
# ## 3. Helpers

{header("helper", tags=EXPORT, solution=True)}
def helper(x):
    return x

{header("words", kind=" [markdown]", points=2, solution=True)}
# ## 9. A heading in an answer
# === BEGIN MARK SCHEME ===
# 2 points: yes.
# === END MARK SCHEME ===

{header("main_one", tags=EXPORT, solution=True)}
def main_one(x):
    return helper(x)

def main_two(x):
    return helper(x)

{header("test_main", points=4)}
assert main_one(1)
"""


def test_the_parts_of_the_course_are_its_headings() -> None:
    for lesson in all_lessons():
        released = read_cells(lesson.release)
        parts = parts_of(released)
        assert parts == parts_of(solution_cells(lesson))
        numbers = [part.number for part in parts]
        assert numbers == sorted(set(numbers)), lesson.id
        points = sum(float(c.nbgrader["points"]) for c in released if c.is_graded)
        in_words = sum(question.points for question in questions_of(released))
        assert sum(part.points for part in parts) + in_words == points


def test_a_part_has_all_cells_above_its_test(tmp_path: Path) -> None:
    cells = solution_cells(write_toy(tmp_path, toy=TWO_CELLS))
    (part,) = parts_of(cells)
    assert (part.number, part.test, part.points) == (3, "test_main", 4.0)
    assert part.cells == ("helper", "main_one")
    assert part.functions == ("helper", "main_one", "main_two")
    assert [(question.name, question.points) for question in questions_of(cells)] == [("words", 2)]


def test_without_numbers_parts_are_counted(tmp_path: Path) -> None:
    parts = parts_of(solution_cells(write_toy(tmp_path, toy=KINDS)))
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))


@pytest.mark.parametrize("wanted", ["1", " double", "test_double"])
def test_a_part_is_found(tmp_path: Path, wanted: str) -> None:
    parts = parts_of(solution_cells(write_toy(tmp_path, toy=SOURCE)))
    assert find_parts(parts, wanted) == parts
    with pytest.raises(NotebookError, match="parts: 1: double"):
        find_parts(parts, f"{wanted}9")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('def f():\n    """A\n    b."""\n    return 1', "def f():\n    return 1"),
        ('def f():\n    """Only this."""', 'def f():\n    """Only this."""'),
        ("def f(:", "def f(:"),
        ("%%cython\ncdef int x", "%%cython\ncdef int x"),
        ('x = """\nno docstring\n"""', 'x = """\nno docstring\n"""'),
        ("\0", "\0"),
        ('def f(): "one line"; return 1', 'def f(): "one line"; return 1'),
        ('def f():\n    "one line"; x = 1', 'def f():\n    "one line"; x = 1'),
    ],
)
def test_docstrings_are_left_out(source: str, expected: str) -> None:
    assert without_docstrings(source) == expected
