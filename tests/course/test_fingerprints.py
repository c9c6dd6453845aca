"""A wrong answer has a name: each mutant is recognised, and no right answer is."""

from __future__ import annotations

import ast
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from recsys_edu.artefacts.cell import is_cython
from tests.artefacts.compilers import needs_compiler
from tests.course.toy import MUTANTS as WITHOUT_SENTENCES
from tests.course.toy_named import CALLS, MUTANTS, write_toy_with_calls

pytest.importorskip("jupytext")

from tito.authoring import fingerprints
from tito.authoring.build import build, drift
from tito.authoring.fingerprints import (
    Answering,
    draw_fingerprints,
    has_calls,
    public_fingerprints,
)
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
HIDDEN_SEED = 3**40
BUILT = [pytest.mark.slow, needs_compiler]
"""Marks of a lesson in Cython, each of whose wrong solutions has to be built."""


@pytest.fixture(
    params=[
        pytest.param(lesson, id=lesson.id, marks=BUILT if lesson.about().compilers else [])
        for lesson in LESSONS
    ]
)
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
    assert [lesson.number for lesson in LESSONS][:8] == [1, 2, 3, 4, 5, 6, 7, 8]


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
        python = cell.is_exported and not is_cython(cell.source)
        tree = _OtherStyle().visit(ast.parse(cell.source)) if python else None
        source = ast.unparse(tree) if tree else cell.source
        found.append(Cell(cell.number, cell.kind, source, cell.tags, cell.nbgrader))
    return found


def in_double_precision(cells: list[Cell]) -> list[Cell]:
    """The same with sums in float64 where NumPy's float32 would be used.

    The copies that ``agree`` makes are what it hands on, not what it computes with.
    """
    return [
        Cell(
            cell.number,
            cell.kind,
            cell.source
            if cell.grade_id == "agree"
            else cell.source.replace(".copy()", ".astype(np.float64)"),
            cell.tags,
            cell.nbgrader,
        )
        for cell in cells
    ]


@pytest.mark.parametrize("style", [list, in_other_style, in_double_precision])
def test_a_right_answer_has_no_name(lesson: Lesson, tmp_path: Path, style: object) -> None:
    assert callable(style)
    cells = style(solution_cells(lesson))
    for prints in (
        read_fingerprints(lesson.folder / PUBLIC),
        draw_fingerprints(lesson, HIDDEN_SEED),
    ):
        for test, each in prints.items():
            assert named(lesson, tmp_path, cells, each) == "", test


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_the_published_ones_tell_no_solution(lesson: Lesson) -> None:
    """But for the sentences, which are written for learners, there is no code in them."""
    content = (lesson.folder / PUBLIC).read_bytes()
    wordless = {
        test: replace(
            prints, misconceptions=tuple(replace(m, sentence="") for m in prints.misconceptions)
        )
        for test, prints in read_fingerprints(lesson.folder / PUBLIC).items()
    }
    text = write_fingerprints(wordless).decode()
    assert "def " not in text
    for mutant in mutants_of(lesson):
        assert mutant.before not in text
    assert len(content) < 100_000, "learners carry it in the wheel"


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


def test_an_error_of_an_earlier_part_is_not_given_the_name_of_a_later_one(tmp_path: Path) -> None:
    """A rank of 0 divides by 0 in part 6 as well, and so does a mistake of part 6."""
    lesson = find_lesson("2")
    solved = (cell.source for cell in solution_cells(lesson) if cell.is_exported)
    text = "\n\n\n".join(solved)
    right = "1.0 / (int(places[0]) + 1)"
    assert text.count(right) == 1
    module = tmp_path / "evaluation.py"
    module.write_text(text.replace(right, "1.0 / int(places[0])"), encoding="utf-8")
    first, second = find_mistakes(lesson, module)
    assert first.sentence == "Your ranks are counted from 0: the first place has rank 1."
    assert second.part.test == "test_evaluate_users"
    assert second.sentence.startswith("Mend part 3 (reciprocal_rank) first")


def test_a_test_that_uses_a_wrong_part_is_told_to_wait(tmp_path: Path) -> None:
    """The function itself calls no other, and is right."""
    lesson = find_lesson("4")
    solved = "\n\n\n".join(c.source for c in solution_cells(lesson) if c.is_exported)
    right = "c * (p - x @ y.T) ** 2"
    assert solved.count(right) == 1
    module = tmp_path / "factorization.py"
    module.write_text(solved.replace(right, "(p - x @ y.T) ** 2"), encoding="utf-8")
    failed = {"test_loss_of_all_pairs", "test_solve_user"}
    first, second = find_mistakes(lesson, module, failed)
    assert first.name
    assert second.part.test == "test_solve_user"
    assert second.sentence.startswith("Mend part 2 (loss_of_all_pairs) first, which is used by")


def test_the_build_writes_them_and_sees_when_they_are_old(tmp_path: Path) -> None:
    lesson = write_toy_with_calls(tmp_path)
    build([lesson], tmp_path)
    assert drift([lesson], tmp_path) == []
    path = lesson.folder / PUBLIC
    prints = read_fingerprints(path)
    assert [mistake.name for mistake in prints["test_double"].misconceptions] == [
        "squares",
        "copies",
        "off by one",
    ]
    path.write_bytes(path.read_bytes().replace(b"squares x", b"cubes x"))
    assert drift([lesson], tmp_path) == [path]
    assert not same_fingerprints(prints, read_fingerprints(path))


def test_fingerprints_of_a_lesson_in_cython_are_drawn_where_its_sources_changed_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = find_lesson("8")
    known = (lesson.folder / PUBLIC).read_bytes()
    monkeypatch.setattr(fingerprints, "draw_fingerprints", lambda *_: pytest.fail("drawn"))
    assert public_fingerprints(lesson) == known
    for name in ("calls.py", "mutants.py", "probe.py"):
        folder = tmp_path / name / lesson.folder.name
        shutil.copytree(lesson.folder, folder)
        with (folder / name).open("a") as file:
            file.write("\n")
        with pytest.raises(pytest.fail.Exception, match="drawn"):
            public_fingerprints(replace(lesson, folder=folder))


@pytest.mark.parametrize(
    ("mutants", "calls", "said"),
    [
        (WITHOUT_SENTENCES, CALLS, "no sentence says so"),
        (MUTANTS.replace("return x * x", "return 2 * x"), CALLS, "as the solution does"),
        (MUTANTS, CALLS.replace("test_double", "test_half"), "test_half"),
    ],
)
def test_a_build_with_mutants_that_nobody_can_tell_fails(
    tmp_path: Path, mutants: str, calls: str, said: str
) -> None:
    with pytest.raises(AuthoringError, match=said):
        draw_fingerprints(write_toy_with_calls(tmp_path, mutants, calls), 1)


def test_twins_share_a_name_and_slow_ones_have_none(tmp_path: Path) -> None:
    twin = '"copies": ("return x + x", "return x", "Your function returns x itself."),'
    more = (
        '"copies too": ("return x + x", "return 1 * x", "Copies."),'
        '"slow": ("return x + x", "return 2 * x", None),'
    )
    assert twin in MUTANTS
    lesson = write_toy_with_calls(tmp_path, MUTANTS.replace(twin, twin + more))
    prints = draw_fingerprints(lesson, 1)
    names = [mistake.names for mistake in prints["test_double"].misconceptions]
    assert ("copies", "copies too") in names
    assert "slow" not in str(names)
