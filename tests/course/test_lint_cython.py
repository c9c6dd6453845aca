"""The linter knows cells in Cython; trial, mutants and answer key go on with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("jupytext")

from tests.artefacts.compilers import needs_compiler, own_cache
from tests.course.toy_kernels import ABOUT, SOURCE, write_kernels
from tito.authoring.build import build
from tito.authoring.lesson_checks import check_lesson
from tito.authoring.lint import problems
from tito.authoring.mutants import hidden_verdicts, mutants_of, visible_message

TRAPS = {
    "another signature": ("# def matmul(const", "# def matmul(*, const", "other parameters"),
    "another name": ("float[:, ::1] b):", "float[:, ::1] right):", "the protocol says: a, b."),
    "no def": ("# def dot(const", "# cdef double dot(const", "no function that begins with `def`"),
    "the magic is not loaded": ("# %load_ext recsys_edu.cython_magic", "pass", "%load_ext recsys"),
    "what is refused": ("# from libc.math", '# include "x"\n# from libc.math', "line 3: 'include'"),
    "an option": (' language="cython"', ' language="cython" magic_args="-3"', "takes no option"),
    "a name that is no file's": (
        '"grade_id": "dot"',
        '"grade_id": "dot-product"',
        "letters, digits and '_' only",
    ),
    "a stub in C": (
        "#     ### BEGIN SOLUTION\n#     cdef double total = 0\n",
        "#     return _dot(x)\n#\n# cdef double _dot(const double[::1] x):\n"
        "#     ### BEGIN SOLUTION\n#     cdef double total = 0\n",
        "stands outside of a function `def`",
    ),
    "the head is in the solution": (
        "# def dot(const double[::1] x, const double[::1] y):\n"
        '#     """x · y."""\n#     ### BEGIN SOLUTION\n',
        "# ### BEGIN SOLUTION\n# def dot(const double[::1] x, const double[::1] y):\n"
        '#     """x · y."""\n',
        "the head of dot has to stay",
    ),
    "an op imports the library": (
        "# import numpy as np\n#\n#\n# def matmul",
        "# import recsys_edu\n#\n#\n# def matmul",
        "may not import recsys_edu",
    ),
    "a name of the judges": ("# def dot(", "# def order(): pass\n# def dot(", "not call order"),
}


def test_the_lesson_has_no_problems(tmp_path: Path) -> None:
    assert problems(write_kernels(tmp_path)) == []


@pytest.mark.parametrize("trap", TRAPS)
def test_traps_are_found(trap: str, tmp_path: Path) -> None:
    before, after, said = TRAPS[trap]
    assert before in SOURCE
    found = problems(write_kernels(tmp_path, kernels=SOURCE.replace(before, after, 1)))
    assert any(said in problem for problem in found), found


def test_a_lesson_has_to_ask_for_compilers(tmp_path: Path) -> None:
    found = problems(write_kernels(tmp_path, ABOUT=ABOUT.replace("compilers = true\n", "")))
    assert any("ABOUT.md has to say `compilers = true`" in problem for problem in found)


def test_the_build_keeps_metadata_and_leaves_cython_out_of_naive(tmp_path: Path) -> None:
    lesson = write_kernels(tmp_path)
    written = {path.name for path in build([lesson], tmp_path)}
    assert "kernels.py" not in written
    cells = json.loads(lesson.release.read_text())["cells"]
    (dot,) = [c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == "dot"]
    text = "".join(dot["source"])
    assert text.startswith("%%cython\n# cython: boundscheck=False")
    assert text.endswith("    # YOUR CODE HERE\n    raise NotImplementedError()")
    assert dot["metadata"]["tags"] == ["export"]
    assert dot["metadata"]["nbgrader"]["solution"] is True


@needs_compiler
@pytest.mark.slow
def test_solutions_pass_and_the_release_does_not(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_cache(tmp_path_factory, monkeypatch)
    lesson = write_kernels(tmp_path)
    build([lesson], tmp_path)
    found = [trial for trial in check_lesson(lesson) if "it runs in" not in trial.description]
    assert [trial.description for trial in found if not trial.ok] == []
    assert sum("as released: cell 'test_" in trial.description for trial in found) == 3


@needs_compiler
@pytest.mark.slow
def test_wrong_kernels_are_caught_by_clause_or_by_visible_test(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_cache(tmp_path_factory, monkeypatch)
    lesson = write_kernels(tmp_path)
    for mutant in mutants_of(lesson):
        cells = mutant.cells()
        (verdict,) = hidden_verdicts(lesson, cells, 7, mutant.grade_id)
        assert not verdict.passed, mutant.name
    adds = next(mutant for mutant in mutants_of(lesson) if mutant.grade_id == "test_dot")
    said = visible_message(adds.cells(), "test_dot")
    assert said == "AssertionError: dot of ones should count them."
