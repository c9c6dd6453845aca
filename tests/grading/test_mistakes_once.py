"""One mistake costs once, and no answer key ever gives points for itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.grading.chain import WRONG
from tests.grading.pair import hand_in, solved, with_cell
from tests.grading.test_nothing_lost import (
    ALL,
    chain,
    course,
    graded,
    insert,
    points,
    shown,
    with_released,
)
from tests.jail.conftest import needs_bubblewrap
from tito.course.lessons import Lesson
from tito.grading.autograding.batch import autograde
from tito.grading.course import GradingCourse, GradingError

__all__ = ["chain", "course"]

pytestmark = needs_bubblewrap
LOST = {**ALL, "test_double": 0}


@pytest.mark.parametrize(
    "source",
    [WRONG, "def double(\n   pass", "def double(x):\n    raise ValueError\n", ""],
    ids=["wrong", "no Python", "raises", "empty"],
)
def test_a_mistake_costs_its_own_points(source: str, course: GradingCourse, chain: Lesson) -> None:
    outcome = graded(course, chain, with_cell(solved(chain), "double", source))
    assert points(outcome) == LOST
    for mark in outcome.marks[1:3]:
        assert mark.mend_first == ("part 1 (double)",)
        assert mark.message.startswith("Mend part 1 (double) first")
    assert "Mend part 1 (double) first" in json.dumps(shown(course, chain))


@pytest.mark.parametrize("own", ["double", "quadruple", "octuple"])
def test_a_mistake_in_a_cell_with_several_functions_costs_once(
    own: str, course: GradingCourse, chain: Lesson
) -> None:
    everything = (
        f"{WRONG}def quadruple(x):\n    return double(double(x))\n"
        "def octuple(x):\n    return double(quadruple(x))\n"
    )
    content = with_cell(solved(chain), own, everything)
    others = {"double", "quadruple", "octuple"} - {own}
    outcome = graded(course, chain, with_released(content, chain, *others))
    assert points(outcome) == LOST


def test_ones_own_mistake_in_a_dependent_still_costs(course: GradingCourse, chain: Lesson) -> None:
    content = with_cell(solved(chain), "double", WRONG)
    outcome = graded(
        course, chain, with_cell(content, "quadruple", "def quadruple(x):\n    return double(x)\n")
    )
    assert points(outcome) == {**LOST, "test_quadruple": 0}
    (mark,) = (each for each in outcome.marks if each.grade_id == "test_quadruple")
    assert "with the answer key of that, it fails as well" in mark.message


def test_what_only_the_students_own_function_calls_counts_too(
    course: GradingCourse, chain: Lesson
) -> None:
    """The lesson's halve calls nothing."""
    content = with_cell(solved(chain), "double", WRONG)
    outcome = graded(
        course, chain, with_cell(content, "halve", "def halve(x):\n    return double(x) / 4\n")
    )
    assert points(outcome) == LOST
    helped = insert(
        with_cell(content, "halve", "def halve(x):\n    return quarter(double(x))\n"),
        "halve",
        "def quarter(x):\n    return x / 4\n",
    )
    assert points(graded(course, chain, helped)) == LOST


def forgeries(lesson: Lesson) -> dict[str, dict[str, Any]]:
    """Notebooks that want points for functions that they do not have."""
    wrong = with_cell(solved(lesson), "double", WRONG)
    peek = (
        "import inspect, sys\n\ndef quadruple(x):\n    import gc, linecache\n"
        "    print(inspect.getsource(double))\n    open('/tmp/key', 'w').write('x')\n"
        "    globals()['double'] = double\n    return double(double(x))\n"
    )
    return {
        "tells of the key": with_cell(wrong, "quadruple", peek),
        "declares the key's names": with_cell(
            with_released(wrong, lesson, "quadruple"),
            "double",
            "# quadruple octuple halve\ndef double(x):\n    return quadruple(x) / 2\n",
        ),
        "calls itself in a circle": with_cell(
            with_cell(wrong, "double", "def double(x):\n    return quadruple(x) / 2\n"),
            "quadruple",
            "def quadruple(x):\n    return 2 * double(x)\n",
        ),
    }


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("tells of the key", {"test_double"}),
        ("declares the key's names", {"test_double", "test_quadruple"}),
        ("calls itself in a circle", {"test_double"}),
    ],
)
def test_the_answer_key_gives_no_points_for_itself(
    name: str, lost: set[str], course: GradingCourse, chain: Lesson
) -> None:
    outcome = graded(course, chain, forgeries(chain)[name])
    assert points(outcome) == {**ALL, **dict.fromkeys(lost, 0)}
    assert "return x + x" not in json.dumps(shown(course, chain))


def test_an_empty_notebook_gets_nothing(course: GradingCourse, chain: Lesson) -> None:
    outcome = graded(course, chain, json.loads(chain.release.read_bytes()))
    assert set(points(outcome).values()) == {0}
    assert not any(mark.mend_first for mark in outcome.marks)


def test_without_the_answer_key_nothing_is_graded(course: GradingCourse, chain: Lesson) -> None:
    hand_in(course, chain, "ada", solved(chain))
    course.source(chain).unlink()
    with pytest.raises(GradingError, match="run `tito grade build 42`"):
        list(autograde(course, chain, ["ada"], jobs=1))


@pytest.mark.parametrize("content", [b"{", b"\xff"])
def test_a_released_notebook_that_is_damaged_is_named(
    content: bytes, course: GradingCourse, chain: Lesson
) -> None:
    hand_in(course, chain, "ada", solved(chain))
    course.release(chain).write_bytes(content)
    with pytest.raises(
        GradingError, match=r"cannot be read \(\w+Error\): run `tito grade build 42`"
    ):
        list(autograde(course, chain, ["ada"], jobs=1))
