"""Partial credit: the core of a cell earns its share, parts earn theirs, a stub earns nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.grading.conftest import Tito
from tests.grading.pair import HIDDEN, cell_of, hand_in, solved, with_cell, write_pair
from tests.grading.test_autograde import marks_in, outcome_of, said_by, shown
from tito.authoring.lint import problems
from tito.authoring.mutants import hidden_verdicts
from tito.course.lessons import Lesson, all_lessons, find_lesson
from tito.course.notebook import Cell, cells_of
from tito.grading.autograding.clause_parts import core_of, parts_of
from tito.grading.course import GradingCourse, create_grading_course
from tito.grading.gradebook import open_gradebook
from tito.grading.prepare import prepare
from tito.judging.clauses import functions_of, load_clauses

PARTS = '''

def test_halve__whole(remote, rng):
    """Half of whole numbers."""
    x = rng.integers(1, 9, size=4)
    require_close(remote.halve(x), x / 2, 1e-12, "halve of whole numbers")


def test_halve__empty(remote, rng):
    """An empty array has an empty half."""
    require_close(remote.halve(rng.normal(size=0)), rng.normal(size=0), 0.0, "halve([])")
'''
NOTHING = {
    "zeros": "import numpy as np\n\ndef halve(x):\n    return np.zeros_like(x)\n",
    "echo": "def halve(x):\n    return x\n",
    "nothing": "def halve(x):\n    return None\n",
}


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lesson:
    lesson = write_pair(tmp_path / "course")
    (lesson.folder / "hidden.py").write_text(HIDDEN + PARTS)
    monkeypatch.setenv("RECSYS_EDU_COURSE", str(tmp_path / "course"))
    return lesson


@pytest.fixture
def course(pair: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GradingCourse:
    made, _ = create_grading_course(tmp_path / "grading")
    prepare(made, pair)
    monkeypatch.chdir(made.root)
    return made


def test_a_part_that_does_not_hold_costs_its_share(
    course: GradingCourse, pair: Lesson, tito: Tito
) -> None:
    one = "def halve(x):\n    return x / 2 if len(x) else 1 / 0\n"
    two = "def halve(x):\n    return x / 2 if x.dtype.kind == 'f' else x\n"
    sources = {"one": one, "two": two, **NOTHING}
    hand_in(course, pair, "all", solved(pair))
    hand_in(course, pair, "stub", pair.release.read_bytes())
    for student, source in sources.items():
        hand_in(course, pair, student, with_cell(solved(pair), "halve", source))
    assert tito("grade", "autograde", "42", "--jobs", 2).status == 0
    points = {
        name: marks_in(course, pair, name)["test_halve"] for name in (*sources, "all", "stub")
    }
    assert points == {
        "all": 3.0, "one": 2.0, "two": 2.0,
        "zeros": 0.0, "echo": 0.0, "nothing": 0.0, "stub": 0.0,
    }  # fmt: skip
    outcome = outcome_of(course, pair, "one")
    assert (outcome.earned, outcome.possible) == (4.0, 5.0)
    said = said_by(cell_of(shown(course, pair, "one"), "test_halve"))
    assert "Tests: 2 of 3 points: the main part is right." in said
    assert "Not yet: An empty array has an empty half." in said
    assert "ZeroDivisionError" not in said
    assert "ZeroDivisionError" in tito("grade", "report", "42", "one").out
    assert tito("grade", "feedback", "42", "--student", "one", "--partial").status == 0
    page = course.submission(pair, "one").feedback.read_text(encoding="utf-8")
    assert "◐ Some points" in page
    assert "Not yet: An empty array has an empty half." in page


def test_a_persons_points_stand_beside_partial_ones(
    course: GradingCourse, pair: Lesson, tito: Tito
) -> None:
    source = "def halve(x):\n    return x / 2 if len(x) else 1 / 0\n"
    hand_in(course, pair, "ada", with_cell(solved(pair), "halve", source))
    tito("grade", "autograde", "42")
    with open_gradebook(course) as gradebook:
        grade = gradebook.find_grade("test_halve", pair.id, pair.id, "ada")
        assert (grade.auto_score, grade.manual_score) == (2.0, None)
        assert not grade.needs_manual_grade
        grade.manual_score = 2.5
        gradebook.db.commit()
    tito("grade", "autograde", "42", "--force")
    with open_gradebook(course) as gradebook:
        grade = gradebook.find_grade("test_halve", pair.id, pair.id, "ada")
        assert (grade.auto_score, grade.score, grade.needs_manual_grade) == (2.0, 2.5, False)


def test_a_part_without_a_cell_is_a_fault_of_the_lesson(pair: Lesson) -> None:
    hidden = pair.folder / "hidden.py"
    hidden.write_text(hidden.read_text().replace("test_halve__empty", "test_other__empty"))
    found = [each for each in problems(pair) if "__" in each]
    assert len(found) == 1
    assert "judges test_other__empty, but no graded cell has this name" in found[0]


def parted() -> list[tuple[Lesson, str]]:
    """Cells of the course's lessons whose points are shared by several clauses."""
    return [
        (lesson, name)
        for lesson in all_lessons()
        for clauses in [functions_of(load_clauses(lesson.folder, "hidden.py"))]
        for name in clauses
        if core_of(name) == name and parts_of(clauses, name)
    ]


def test_there_are_cells_with_parts() -> None:
    assert parted()


def test_every_wrong_engine_is_in_one_group() -> None:
    """Else the cell of ``agree`` would be passed by a test that misses it."""
    engines = load_clauses(find_lesson("7").folder, "engines.py")
    grouped = [name for group in engines.GROUPS.values() for name in group]
    assert sorted(grouped) == sorted(engines.WRONG)


@pytest.mark.parametrize("body", ["raise NotImplementedError", "return 0", "return args[0]"])
@pytest.mark.parametrize(("lesson", "name"), parted())
def test_stub_zeros_and_echo_earn_nothing(lesson: Lesson, name: str, body: str) -> None:
    """Of every cell with parts in the course: their core does not hold."""
    content = json.loads(lesson.release.read_bytes())
    cells = cells_of(content, lesson.release)
    function = name.removeprefix("test_")
    source = f"def {function}(*args, **kwargs):\n    {body}\n"
    changed = [
        Cell(cell.number, cell.kind, source, cell.tags, cell.nbgrader)
        if cell.grade_id == function
        else cell
        for cell in cells
    ]
    assert [cell for cell in changed if cell.source == source]
    core, *_ = hidden_verdicts(lesson, changed, 3, name)
    assert core.name == name
    assert not core.passed
