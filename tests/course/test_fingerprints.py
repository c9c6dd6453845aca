"""A wrong answer has a name: each mutant is recognised, and no right answer is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.course.toy import MUTANTS, write_toy

pytest.importorskip("jupytext")

from tito.authoring.build import build, drift
from tito.authoring.fingerprints import Answering, draw_fingerprints, has_calls
from tito.authoring.mutants import mutants_of
from tito.authoring.source import AuthoringError, solution_cells
from tito.course.lessons import Lesson, all_lessons, find_lesson
from tito.course.mistakes import find_mistakes
from tito.course.notebook import Cell
from tito.judging.fingerprints import (
    PUBLIC,
    Fingerprints,
    read_fingerprints,
    recognise_answers,
    same_fingerprints,
    write_fingerprints,
)

LESSONS = [lesson for lesson in all_lessons() if has_calls(lesson)]
PUBLISHED = {lesson.id: read_fingerprints(lesson.folder / PUBLIC) for lesson in LESSONS}
HIDDEN_SEED = 3**40
SENTENCED = MUTANTS.replace('"),', '", "Yours is wrong."),')
CALLS = """\
def calls(rng):
    return {"test_double": [("double", (rng.normal(size=3),), {})]}
"""


@pytest.fixture(params=LESSONS, ids=lambda lesson: lesson.id)
def lesson(request: pytest.FixtureRequest) -> Lesson:
    found: Lesson = request.param
    return found


def named(lesson: Lesson, folder: Path, cells: list[Cell], prints: Fingerprints) -> str:
    """Name of the mistake of these cells."""
    answering = Answering(lesson, folder)
    module = answering.loaded(cells)
    known = recognise_answers(lambda call: answering.answer(module, call), prints).misconception
    return known.name if known else ""


def test_all_of_the_first_lessons_have_fingerprints() -> None:
    assert {5} <= {lesson.number for lesson in LESSONS}


def test_each_mutant_is_recognised_as_itself(lesson: Lesson, tmp_path: Path) -> None:
    """On hidden calls, by fingerprints that were stored and read again; none as another."""
    path = tmp_path / PUBLIC
    path.write_bytes(write_fingerprints(draw_fingerprints(lesson, HIDDEN_SEED)))
    prints = read_fingerprints(path)
    known = {
        name: mistake.name
        for test, each in prints.items()
        for mistake in each.misconceptions
        for name in ((test, twin) for twin in mistake.names)
    }
    mutants = [mutant for mutant in mutants_of(lesson) if mutant.sentence is not None]
    missed = []
    for mutant in mutants:
        name = named(lesson, tmp_path, mutant.cells(), prints[mutant.grade_id])
        assert name in ("", known[mutant.grade_id, mutant.name])
        missed += [mutant.name] * (not name)
    assert len(missed) <= 0.05 * len(mutants), missed


class _OtherStyle(ast.NodeTransformer):
    """Rename local variables, and give each result a name before it is returned."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        arguments = {arg.arg for arg in (*node.args.args, *node.args.kwonlyargs)}
        shared = {
            name
            for each in ast.walk(node)
            if isinstance(each, (ast.Global, ast.Nonlocal))
            for name in each.names
        }
        bound = {
            each.id
            for each in ast.walk(node)
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
        }
        own = bound - arguments - shared
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and each.id in own:
                each.id = f"my_{each.id}"
        return node


def in_other_style(cells: list[Cell]) -> list[Cell]:
    found = []
    for cell in cells:
        tree = _OtherStyle().visit(ast.parse(cell.source)) if cell.is_exported else None
        source = ast.unparse(tree) if tree else cell.source
        found.append(Cell(cell.number, cell.kind, source, cell.tags, cell.nbgrader))
    return found


def in_double_precision(cells: list[Cell]) -> list[Cell]:
    """The same with sums in float64 where NumPy's float32 would be used."""
    return [
        Cell(
            cell.number,
            cell.kind,
            cell.source.replace(".copy()", ".astype(np.float64)"),
            cell.tags,
            cell.nbgrader,
        )
        for cell in cells
    ]


@pytest.mark.parametrize("style", [list, in_other_style, in_double_precision])
def test_a_right_answer_has_no_name(lesson: Lesson, tmp_path: Path, style: object) -> None:
    assert callable(style)
    cells = style(solution_cells(lesson))
    for prints in (PUBLISHED[lesson.id], draw_fingerprints(lesson, HIDDEN_SEED)):
        for test, each in prints.items():
            assert named(lesson, tmp_path, cells, each) == "", test


def test_the_published_ones_tell_no_solution(lesson: Lesson) -> None:
    text = (lesson.folder / PUBLIC).read_text(encoding="ascii")
    assert "def " not in text
    for mutant in mutants_of(lesson):
        assert mutant.before not in text
    assert len(text) < 400_000, "learners carry it in the wheel"


def test_a_mistake_is_told_from_the_learners_file(tmp_path: Path) -> None:
    lesson = find_lesson("5")
    stale = next(m for m in mutants_of(lesson) if m.name == "stale row")
    module = tmp_path / "bpr.py"
    cells = [cell for cell in stale.cells() if cell.is_exported]
    module.write_text("\n\n\n".join(cell.source for cell in cells), encoding="utf-8")
    (mistake,) = find_mistakes(lesson, module)
    assert (mistake.part.test, mistake.name) == ("test_bpr_update", "stale row")
    assert mistake.sentence == stale.sentence


def test_what_depends_on_a_wrong_part_is_told_to_wait(tmp_path: Path) -> None:
    lesson = find_lesson("5")
    draws = next(m for m in mutants_of(lesson) if m.name == "never the last item")
    module = tmp_path / "bpr.py"
    cells = [cell for cell in draws.cells() if cell.is_exported]
    module.write_text("\n\n\n".join(cell.source for cell in cells), encoding="utf-8")
    first, second = find_mistakes(lesson, module)
    assert (first.part.number, first.name) == (4, "never the last item")
    assert second.part.test == "test_plan_epoch"
    assert second.name == ""
    assert second.sentence.startswith("Mend part 4 (draw_negative) first")


def toy(folder: Path, mutants: str = SENTENCED, calls: str = CALLS) -> Lesson:
    lesson = write_toy(folder, mutants=mutants)
    (lesson.folder / "calls.py").write_text(calls, encoding="utf-8")
    return lesson


def test_the_build_writes_them_and_sees_when_they_are_old(tmp_path: Path) -> None:
    lesson = toy(tmp_path)
    build([lesson], tmp_path)
    assert drift([lesson], tmp_path) == []
    path = lesson.folder / PUBLIC
    prints = read_fingerprints(path)
    assert [mistake.name for mistake in prints["test_double"].misconceptions] == [
        "squares",
        "copies",
        "off by one",
    ]
    path.write_bytes(path.read_bytes().replace(b"Yours is wrong.", b"Yours is right."))
    assert drift([lesson], tmp_path) == [path]
    assert not same_fingerprints(prints, read_fingerprints(path))


@pytest.mark.parametrize(
    ("mutants", "calls", "said"),
    [
        (MUTANTS, CALLS, "no sentence says so"),
        (SENTENCED.replace("return x * x", "return 2 * x"), CALLS, "as the solution does"),
        (SENTENCED, CALLS.replace("test_double", "test_half"), "test_half"),
    ],
)
def test_a_build_with_mutants_that_nobody_can_tell_fails(
    tmp_path: Path, mutants: str, calls: str, said: str
) -> None:
    with pytest.raises(AuthoringError, match=said):
        draw_fingerprints(toy(tmp_path, mutants, calls), 1)


def test_twins_share_a_name_and_slow_ones_have_none(tmp_path: Path) -> None:
    twin = '"copies": ("return x + x", "return x", "Copies."),'
    more = (
        '"copies too": ("return x + x", "return 1 * x", "Copies."),'
        '"slow": ("return x + x", "return 2 * x", None),'
    )
    mutants = SENTENCED.replace('"copies": ("return x + x", "return x", "Yours is wrong."),', twin)
    prints = draw_fingerprints(toy(tmp_path, mutants.replace(twin, twin + more)), 1)
    names = [mistake.names for mistake in prints["test_double"].misconceptions]
    assert ("copies", "copies too") in names
    assert "slow" not in str(names)
