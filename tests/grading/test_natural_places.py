"""Right answers in places that are unusual, and natural: none loses a point in silence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.grading.chain import WRONG
from tests.grading.pair import cell_of, solved, with_cell
from tests.grading.test_nothing_lost import (
    ALL,
    asked_for,
    chain,
    course,
    graded,
    insert,
    points,
    with_released,
)
from tests.jail.conftest import needs_bubblewrap
from tito.course.lessons import Lesson
from tito.course.notebook import Cell
from tito.grading.autograding import module, splitter
from tito.grading.autograding.module import salvage_cells
from tito.grading.course import GradingCourse
from tito.grading.gradebook import open_gradebook
from tito.judging.failures import LearnerError

__all__ = ["chain", "course"]

pytestmark = needs_bubblewrap
HALVE = "def halve(x):\n    return x / 2\n"
BY_TABLE = "def halve(x):\n    return x * TABLE[1]\n"
BY_SUM = "def halve(x):\n    return x * fsum([0.25, 0.25])\n"


def moved(content: dict[str, Any], left: str, *, kind: str = "code") -> dict[str, Any]:
    """The notebook with ``halve`` in a new cell below its own, in which something else is left."""
    changed = insert(content, "halve", HALVE)
    cell = cell_of(changed, "halve")
    cell["source"], cell["cell_type"] = left, kind
    return changed


def with_copy(content: dict[str, Any], source: str, kind: str) -> dict[str, Any]:
    """The notebook with a copy of the cell ``halve`` below it, metadata included."""
    changed = insert(content, "halve", source, kind)
    at = changed["cells"].index(cell_of(changed, "halve"))
    changed["cells"][at + 1]["metadata"] = changed["cells"][at]["metadata"]
    return changed


@pytest.mark.parametrize("left", ["", "# see below\n"])
def test_a_function_that_was_moved_counts(left: str, course: GradingCourse, chain: Lesson) -> None:
    assert points(graded(course, chain, moved(solved(chain), left))) == ALL


def test_points_by_a_person_are_asked_for_again_where_the_function_has_moved_and_changed(
    course: GradingCourse, chain: Lesson
) -> None:
    def hand_in(source: str) -> bool:
        content = insert(with_cell(solved(chain), "halve", ""), "halve", source)
        graded(course, chain, content)
        return "test_halve" in asked_for(course, chain)

    assert not hand_in("def halve(x):\n    return x\n")
    with open_gradebook(course) as gradebook:
        grade = gradebook.find_grade("test_halve", chain.id, chain.id, "ada")
        grade.manual_score, grade.needs_manual_grade = 1, False
        gradebook.db.commit()
    assert not hand_in("def halve(x):\n    return x\n")
    assert hand_in("def halve(x):\n    return None\n")


@pytest.mark.parametrize(
    ("source", "kind"),
    [("My notes on it.", "markdown"), ("print(halve(np.ones(1)))", "code"), (" ", "code")],
)
def test_a_copy_without_the_function_hides_it_not(
    source: str, kind: str, course: GradingCourse, chain: Lesson
) -> None:
    assert points(graded(course, chain, with_copy(solved(chain), source, kind))) == ALL


@pytest.mark.parametrize(
    ("function", "beside", "source"),
    [
        (BY_SUM, "double", "import numpy as np, math\nfrom math import fsum\n"),
        (BY_SUM.replace("fsum", "math.fsum"), "double", "import math, numpy as np\n"),
        (BY_SUM, "double", "from math import *\n"),
        (BY_SUM, "double", "try:\n    from math import fsum\nexcept ImportError:\n    pass\n"),
        (BY_TABLE, "why", "TABLE = np.ones(9)\nfor n in range(9):\n    TABLE[n] = 1 / (n + 1)\n"),
        (BY_TABLE, "why", "TABLE = []\nTABLE.append(1.0)\nTABLE.append(0.5)\n"),
        (BY_TABLE, "test_octuple", "TABLE = 1 / double(np.ones(2))\n"),
        (BY_TABLE, "why", "TABLE = [1, 0.5]; TABLE[1] = my_notebook\nTABLE = [1, 0.5]\n"),
    ],
)
def test_imports_and_tables_in_added_cells_are_taken_along(
    function: str, beside: str, source: str, course: GradingCourse, chain: Lesson
) -> None:
    content = insert(with_cell(solved(chain), "halve", function), beside, source)
    outcome = graded(course, chain, content)
    assert points(outcome) == ALL or asked_for(course, chain) > {"test_halve"}, outcome.remarks
    assert points(outcome) == ALL or "my_notebook" in source


def test_an_import_among_those_of_the_lesson_is_taken_along(
    course: GradingCourse, chain: Lesson
) -> None:
    content = with_cell(solved(chain), "halve", BY_SUM)
    cell_of(content, "toy_imports")["source"] = "import numpy as np\nfrom math import fsum\n"
    outcome = graded(course, chain, content)
    assert points(outcome) == ALL
    (remark,) = (each for each in outcome.remarks if "fsum" in each)
    assert "from the cell 'toy_imports', which you have changed" in remark


def test_an_import_of_what_is_not_there_costs_no_other(
    course: GradingCourse, chain: Lesson
) -> None:
    source = f"import no_such_module\nfrom math import (\n    fsum,\n)\n{BY_SUM}"
    assert points(graded(course, chain, with_cell(solved(chain), "halve", source))) == ALL


@pytest.mark.parametrize("below", [False, True])
def test_a_mistake_beside_a_helper_costs_once(
    below: bool, course: GradingCourse, chain: Lesson
) -> None:
    """The second run has the helper, though not the student's function beside it."""
    helper = "def again(f, x):\n    return f(f(x))\n"
    content = with_cell(solved(chain), "double", WRONG if below else f"{helper}{WRONG}")
    content = with_cell(content, "quadruple", "def quadruple(x):\n    return again(double, x)\n")
    if below:  # it can be loaded behind the functions only
        content = insert(
            content, "halve", f"ONES = double(np.ones(1))\n{helper}def double_(): pass"
        )
        content = with_cell(
            content, "octuple", "def octuple(x):\n    return double(quadruple(x)) * len(ONES)\n"
        )
    assert points(graded(course, chain, content)) == {**ALL, "test_double": 0}


def test_words_far_from_empty_boxes_are_for_a_person(course: GradingCourse, chain: Lesson) -> None:
    content = with_released(solved(chain), chain, "why")
    content["cells"].append({"cell_type": "markdown", "source": "1: Because.", "metadata": {}})
    graded(course, chain, content)
    assert asked_for(course, chain) == {"why", "why_not"}
    nothing = with_released(solved(chain), chain, "why")
    graded(course, chain, nothing)
    assert asked_for(course, chain) == {"why_not"}


def test_names_are_those_of_the_module() -> None:
    """Blocks bind and change names of the module; functions and comprehensions have their own."""
    source = (
        "for i in range(3):\n    table[i] = [k for k in range(i)]\n"
        "if True:\n    import a.b as c\n    def f():\n        inner = 1\n"
        "table.sort()\nprint(table)\nx.y.z = 1\n"
    )
    (cell,) = splitter.statements([source])
    assert [(kind, binds) for _, _, kind, binds, _ in cell] == [
        ("block", ["i", "table"]),
        ("block", ["c", "f"]),
        ("loose", ["table"]),
        ("loose", []),
        ("value", ["x"]),
    ]


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("SCALE = 0.5\n", "for SCALE in (1, 2, 3):\n    print(SCALE)\n"),
        ("SCALE = 0.5\n", "if True:\n    SCALE = 7\n"),
        ("SCALE = 0.5\n", "SCALE = 3\n"),
    ],
)
def test_a_name_that_several_cells_bind_is_for_a_person(
    above: str, below: str, course: GradingCourse, chain: Lesson
) -> None:
    content = with_cell(solved(chain), "halve", "def halve(x):\n    return x * SCALE\n")
    content = insert(insert(content, "halve", above), "test_halve", below)
    found = graded(course, chain, content)
    assert points(found).get("test_halve") or "test_halve" in asked_for(course, chain)


def test_the_same_import_in_two_added_cells_is_nobodys_to_look_at(
    course: GradingCourse, chain: Lesson
) -> None:
    source = "def halve(x):\n    return x / math.sqrt(9)\n"
    content = with_cell(solved(chain), "halve", source)
    for beside in ("double", "why"):
        content = insert(content, beside, "import math\nprint(math.pi)\n")
    assert points(graded(course, chain, content))["test_halve"] == 0
    assert "test_halve" not in asked_for(course, chain)


def test_helpers_are_tried_for_a_bounded_time(
    course: GradingCourse, chain: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred of them, each of which takes long to fail, took a hundred times as long."""
    tried: list[int] = []

    def load(cells: Sequence[Cell]) -> None:
        tried.append(len(cells))
        raise LearnerError("no")

    released = [Cell(n, "code", "" if n else "x = 1", frozenset(), {}) for n in range(9)]
    written = [replace(cell, source=f"y = {cell.number}") for cell in released]
    monkeypatch.setattr(module, "SECONDS_FOR_PARTS", -1.0)
    kept, left_out = salvage_cells(written, released, load, lambda sources: [[] for _ in sources])
    assert len(tried) == 1, "the lesson's own cell alone"
    assert kept == released
    assert [each.why for each in left_out] == ["no", *[module.NOT_TRIED] * 8]


def test_a_function_beside_a_helper_that_was_taken_is_looked_at(
    course: GradingCourse, chain: Lesson
) -> None:
    content = with_cell(solved(chain), "halve", "def halve(x):\n    return scale(x)\n")
    below = f"def scale(x):\n    return x / 3\n\n{HALVE}"
    assert graded(course, chain, insert(content, "halve", below))
    assert "test_halve" in asked_for(course, chain)


def test_the_cost_of_looking_for_names_grows_with_a_cells_length() -> None:
    """Blank lines took time by their square: hours for the longest cell."""
    look = (
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (60, 60))\n"
        "from tito.grading.autograding.helpers import _may_bind\n"
        "for blank in ('\\n', ' ', '\\t', ' \\n', 'from ', 'a, '):\n"
        "    assert not _may_bind('x\\n' + blank * 100_000 + 'x', {'y'})\n"
    )
    subprocess.run([sys.executable, "-c", look], check=True)
