"""Nothing that a student wrote is lost: it is graded, or shown, told to both, and marked."""

from __future__ import annotations

import base64
import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.grading.chain import write_chain
from tests.grading.pair import cell_of, hand_in, solved, with_cell
from tests.jail.conftest import needs_bubblewrap
from tito.course.lessons import Lesson
from tito.grading.autograding.grade import grade_submission, key_of
from tito.grading.autograding.outcome import Outcome
from tito.grading.autograding.replay import replay
from tito.grading.course import GradingCourse, create_grading_course
from tito.grading.gradebook import open_gradebook
from tito.grading.prepare import prepare

pytestmark = needs_bubblewrap
OWN = "def double(x):\n    return 2 * x\n"
ALL = {"test_double": 4, "test_quadruple": 3, "test_octuple": 2, "test_halve": 1}


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lesson:
    """The only lesson of the course."""
    lesson = write_chain(tmp_path / "course")
    monkeypatch.setenv("RECSYS_EDU_COURSE", str(tmp_path / "course"))
    return lesson


@pytest.fixture
def course(chain: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GradingCourse:
    """The instructor's folder; the lesson is prepared."""
    made, _ = create_grading_course(tmp_path / "grading")
    monkeypatch.chdir(made.root)
    prepare(made, chain)
    return made


def graded(course: GradingCourse, lesson: Lesson, content: dict[str, Any]) -> Outcome:
    """The outcome, entered into the gradebook; without the processes of a batch."""
    hand_in(course, lesson, "ada", content)
    submission = course.submission(lesson, "ada")
    outcome = grade_submission(submission, {})
    assert not outcome.why
    replay(submission, outcome, key_of(submission))
    return outcome


def points(outcome: Outcome) -> dict[str, float]:
    return {mark.grade_id: mark.points * mark.passed for mark in outcome.marks}


def asked_for(course: GradingCourse, lesson: Lesson) -> set[str]:
    """Cells at which a person has to look."""
    with open_gradebook(course) as gradebook:
        grades = gradebook.find_submission_notebook(lesson.id, lesson.id, "ada").grades
        return {grade.name for grade in grades if grade.needs_manual_grade}


def insert(
    content: dict[str, Any], beside: str, source: str, kind: str = "code", *, above: bool = False
) -> dict[str, Any]:
    """The notebook with one more cell beside one of the lesson's."""
    changed = copy.deepcopy(content)
    place = changed["cells"].index(cell_of(changed, beside)) + (not above)
    cell = {"cell_type": kind, "source": source, "metadata": {}, "id": "mine"}
    if kind == "code":
        cell |= {"outputs": [], "execution_count": None}
    changed["cells"].insert(place, cell)
    return changed


def with_released(content: dict[str, Any], lesson: Lesson, *names: str) -> dict[str, Any]:
    """The notebook with some cells as they were released."""
    release = json.loads(lesson.release.read_bytes())
    for name in names:
        content = with_cell(content, name, "".join(cell_of(release, name)["source"]))
    return content


def shown(course: GradingCourse, lesson: Lesson) -> list[dict[str, Any]]:
    text = course.submission(lesson, "ada").autograded.read_text()
    cells: list[dict[str, Any]] = json.loads(text)["cells"]
    return cells


# Words --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beside", "above", "kind", "box"),
    [
        ("why", False, "markdown", "why"),
        ("why", True, "markdown", "why"),
        ("why", False, "code", "why"),
        ("why_not", False, "raw", "why_not"),
    ],
)
def test_words_beside_an_empty_box_are_marked_by_a_person(
    beside: str, above: bool, kind: str, box: str, course: GradingCourse, chain: Lesson
) -> None:
    empty = with_released(solved(chain), chain, "why", "why_not")
    outcome = graded(course, chain, insert(empty, beside, "38 GB, I say", kind, above=above))
    assert asked_for(course, chain) == {box}
    cell = cell_of({"cells": shown(course, chain)}, box)
    assert "38 GB, I say" in cell["source"]
    assert any(f"The box '{box}' is empty, and cell number" in each for each in outcome.remarks)


def test_words_in_the_question_or_below_a_full_box_are_shown(
    course: GradingCourse, chain: Lesson
) -> None:
    content = insert(solved(chain), "why_not", "and one thing more")
    (question,) = (cell for cell in content["cells"] if cell["source"] == ["Why not?"])
    question["source"] = ["Why not?\n", "my words in the question"]
    outcome = graded(course, chain, content)
    assert asked_for(course, chain) == {"why", "why_not"}
    text = json.dumps(shown(course, chain))
    assert "and one thing more" in text
    assert "my words in the question" in text
    assert outcome.status == "partly graded"
    assert len(outcome.remarks) == 2


def test_lost_cells_of_words_are_put_into_their_own_boxes(
    course: GradingCourse, chain: Lesson
) -> None:
    content = solved(chain)
    for name in ("why", "why_not"):
        cell = cell_of(content, name)
        cell["source"], cell["metadata"] = f"my {name}", {}
        del cell["id"]
    outcome = graded(course, chain, content)
    found = {"cells": shown(course, chain)}
    for name in ("why", "why_not"):
        assert cell_of(found, name)["source"].endswith(f"my {name}")
    assert not any("There is no cell" in remark for remark in outcome.remarks)


def test_a_long_cell_hides_no_other(course: GradingCourse, chain: Lesson) -> None:
    content = insert(solved(chain), "test_halve", "short = 1")
    content = insert(content, "test_double", f"long = {'1' * 500_000}")
    outcome = graded(course, chain, content)
    text = json.dumps(shown(course, chain))
    assert "short = 1" in text
    assert "11111" not in text
    assert any("1 more cells of your notebook" in remark for remark in outcome.remarks)


def test_code_beside_a_box_pushes_no_words_out(course: GradingCourse, chain: Lesson) -> None:
    content = with_released(solved(chain), chain, "why")
    content = insert(content, "why", "my words", "markdown")
    graded(course, chain, insert(content, "why", "x = 1\n" * 5_000))
    assert "my words" in cell_of({"cells": shown(course, chain)}, "why")["source"]


def test_pictures_of_several_cells_beside_a_box_stay_apart(
    course: GradingCourse, chain: Lesson
) -> None:
    """Jupyter gives the first picture of each cell the same name."""
    content = with_released(solved(chain), chain, "why")
    pictures = [base64.b64encode(b"\x89PNG\r\n\x1a\n" + end).decode() for end in (b"1", b"2")]
    for picture in pictures:
        content = insert(content, "why", "![it](attachment:image.png)", "markdown")
        place = content["cells"].index(cell_of(content, "why")) + 1
        content["cells"][place]["attachments"] = {"image.png": {"image/png": picture}}
    graded(course, chain, content)
    box = cell_of({"cells": shown(course, chain)}, "why")
    names = re.findall(r"\(attachment:([^)]+)\)", box["source"])
    assert {box["attachments"][name]["image/png"] for name in names} == set(pictures)


# Functions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        f"{OWN}print(double(raw_users))\n",
        f"%%time\n{OWN}",
        f"!pip install x\n{OWN}%timeit double(1)\n",
        f"{OWN}assert double(1) == 3\n",
        f"{OWN}here are (my words\n",
        f"{OWN}for k in range(3):\n    plot(k)\n",
        f"TABLE = compute_all()\n{OWN}",
        f"import no_such_module\n{OWN}",
    ],
)
def test_a_loose_line_beside_a_right_function_costs_nothing(
    source: str, course: GradingCourse, chain: Lesson
) -> None:
    outcome = graded(course, chain, with_cell(solved(chain), "double", source))
    assert points(outcome) == ALL
    assert any("Cell 'double' was loaded in part" in remark for remark in outcome.remarks)
    assert outcome.status == "partly graded"


def test_a_cell_that_cannot_be_loaded_is_not_called_unwritten(
    course: GradingCourse, chain: Lesson
) -> None:
    source = "def double(x, n=no_such_name):\n    return 2 * x\n"
    outcome = graded(course, chain, with_cell(solved(chain), "double", source))
    assert points(outcome) == {**ALL, "test_double": 0}
    assert outcome.marks[0].message.startswith("its cell cannot be loaded")
    assert asked_for(course, chain) == {"test_double", "why", "why_not"}


def test_helpers_in_added_cells_are_taken_along(course: GradingCourse, chain: Lesson) -> None:
    used = "def double(x):\n    return add(x, x)\n"
    content = insert(
        with_cell(solved(chain), "double", used),
        "double",
        "from operator import add as plus\nprint('no')\nhalve = None\nmax = 7\n"
        "def add(a, b):\n    return plus(a, b) + ZERO\nZERO = 0\n",
        above=True,
    )
    outcome = graded(course, chain, content)
    assert points(outcome) == ALL
    (remark,) = (each for each in outcome.remarks if "taken along" in each)
    assert "ZERO, add, plus" in remark
    assert "`tito export` needs it" in remark


def test_a_helper_beside_an_empty_box_is_taken_along_as_well(
    course: GradingCourse, chain: Lesson
) -> None:
    used = "def double(x):\n    return add(x, x)\n"
    content = with_released(with_cell(solved(chain), "double", used), chain, "why_not")
    content = insert(content, "why_not", "def add(a, b):\n    return a + b\n")
    outcome = graded(course, chain, content)
    assert points(outcome) == ALL
    assert any("taken along" in remark for remark in outcome.remarks)
    found = {"cells": shown(course, chain)}
    assert "def add" in cell_of(found, "why_not")["source"]


def test_a_function_far_below_its_own_cell_is_looked_at(
    course: GradingCourse, chain: Lesson
) -> None:
    """The cell of its own was begun, so that nobody can say which one is meant."""
    content = with_cell(solved(chain), "double", "def double(x):\n    return None  # see the end\n")
    content["cells"].append(
        {"cell_type": "code", "source": OWN, "metadata": {}, "id": "mine", "outputs": []}
    )
    outcome = graded(course, chain, content)
    assert outcome.to_look_at == ("test_double",)
    assert "test_double" in asked_for(course, chain)


def test_a_function_in_another_cell_counts(course: GradingCourse, chain: Lesson) -> None:
    content = with_released(solved(chain), chain, "double")
    outcome = graded(course, chain, insert(content, "test_double", OWN))
    assert points(outcome) == ALL
    assert any("'double' is as it was released" in remark for remark in outcome.remarks)


def test_code_beside_a_test_without_points_is_looked_at_once(
    course: GradingCourse, chain: Lesson
) -> None:
    """And again only where it has changed."""
    wrong = with_cell(solved(chain), "halve", "def halve(x):\n    return x\n")
    content = insert(wrong, "halve", "def my_halve(x):\n    return x / 2\n")
    outcome = graded(course, chain, content)
    assert outcome.to_look_at == ("test_halve",)
    assert "test_halve" in asked_for(course, chain)
    assert "def my_halve" in json.dumps(shown(course, chain))
    with open_gradebook(course) as gradebook:
        grade = gradebook.find_grade("test_halve", chain.id, chain.id, "ada")
        grade.manual_score, grade.needs_manual_grade = 0.5, False
        gradebook.db.commit()
    graded(course, chain, content)
    assert "test_halve" not in asked_for(course, chain)
    again = insert(wrong, "halve", "def my_halve(x):\n    return 0.5 * x\n")
    graded(course, chain, again)
    assert "test_halve" in asked_for(course, chain)


def test_points_by_a_person_are_asked_for_again_without_the_function(
    course: GradingCourse, chain: Lesson
) -> None:
    wrong = with_cell(solved(chain), "halve", "def halve(x):\n    return x\n")
    graded(course, chain, wrong)
    with open_gradebook(course) as gradebook:
        grade = gradebook.find_grade("test_halve", chain.id, chain.id, "ada")
        grade.manual_score, grade.needs_manual_grade = 1, False
        gradebook.db.commit()
    graded(course, chain, wrong)
    assert "test_halve" not in asked_for(course, chain)
    graded(course, chain, with_released(wrong, chain, "halve"))
    assert "test_halve" in asked_for(course, chain)
    cell = cell_of({"cells": shown(course, chain)}, "test_halve")
    assert "Tests: 0 of 1 points" in json.dumps(cell["outputs"])
    assert "Points that a person gave stand above" in json.dumps(cell["outputs"])
