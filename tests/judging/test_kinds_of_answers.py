"""A lesson one of whose answers is a test, and one of whose answers uses PyTorch."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.course.toy_kinds import write_toy_of_kinds
from tests.jail.conftest import needs_bubblewrap
from tests.judging.evil_remote import EvilRemote, Solutions
from tests.judging.test_evil_answers import let_through
from tests.workspace.conftest import tito

pytest.importorskip("jupytext")
pytest.importorskip("torch", reason="the extra 'torch' is not installed")

from tito.authoring.lint import problems
from tito.authoring.mutants import hidden_verdicts, mutants_of
from tito.authoring.release import notebook_bytes
from tito.authoring.source import solution_cells, solution_notebook
from tito.course.checkpoint import run_checkpoint
from tito.course.cython_cells import module_text
from tito.course.judged import session_of
from tito.course.lessons import Lesson
from tito.judging.clauses import functions_of, generator_for, load_clauses, run_clause

__all__ = ["tito"]


@pytest.fixture
def lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lesson:
    made = write_toy_of_kinds(tmp_path / "course")
    monkeypatch.setenv("RECSYS_EDU_COURSE", str(tmp_path / "course"))
    return made


def module_of(lesson: Lesson, folder: Path) -> Path:
    path = folder / f"{lesson.name}.py"
    path.write_text(module_text(cell for cell in solution_cells(lesson) if cell.is_exported))
    return path


def test_the_lesson_is_as_it_should_be(lesson: Lesson, tmp_path: Path) -> None:
    assert problems(lesson) == []
    assert all(verdict.passed for verdict in hidden_verdicts(lesson, solution_cells(lesson), 1))
    assert run_checkpoint(lesson, module_of(lesson, tmp_path)).passed


def test_wrong_answers_are_told_from_right_ones(lesson: Lesson) -> None:
    said = {}
    for mutant in mutants_of(lesson):
        (verdict,) = hidden_verdicts(lesson, mutant.cells(), 1, mutant.grade_id)
        assert not verdict.passed
        said[mutant.name] = verdict.message
    assert said["looks at nothing"].startswith("it accepts 4 of 4 functions that are wrong")
    assert said["refuses all"] == "it refuses 2 of 2 functions that are right."
    assert "changes its argument" in said["no look at the argument"]
    assert "1 of 4" in said["no look at the argument"]
    assert said["meta"].endswith("to its judges: a Tensor is not plain data.")


@pytest.mark.slow
def test_no_wrong_answer_about_a_handed_function_is_let_through(lesson: Lesson) -> None:
    clause = functions_of(load_clauses(lesson.folder, "hidden.py"))["test_agree"]

    def passes(remote: EvilRemote) -> bool:
        return run_clause("test_agree", clause, remote, generator_for("test_agree", 3)).passed

    pieces = ("false", "true", "not a number", "zeros", "a word", "nothing")
    assert sorted(let_through(Solutions(lesson), passes, pieces)) == [
        ("agree", "argument 0 is changed"),  # by a handed function, it may be; nothing rests on it
        ("agree", "true"),  # which accepts, as None does
    ]


@needs_bubblewrap
def test_both_kinds_are_judged_in_a_jail(lesson: Lesson, tmp_path: Path) -> None:
    clauses = functions_of(load_clauses(lesson.folder, "hidden.py"))
    with session_of(lesson, jailed=True, seconds=60.0).open(module_of(lesson, tmp_path)) as remote:
        verdicts = [
            run_clause(name, clause, remote, generator_for(name, 2))
            for name, clause in clauses.items()
        ]
    assert [verdict.message for verdict in verdicts] == ["", ""]


@needs_bubblewrap
@pytest.mark.slow
def test_the_grader_gives_the_right_marks(
    lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tito: Callable[..., object]
) -> None:
    gradebook = pytest.importorskip("nbgrader.api")
    folder = tmp_path / "grading"
    tito("grade", "init", folder)
    monkeypatch.chdir(folder)
    tito("grade", "build", "42")
    right = json.loads(notebook_bytes(solution_notebook(lesson)))
    for student, edits in {
        "ada": {},
        "ben": {"agree": "def agree(total, x):\n    return True\n"},
        "cyd": {"scores": "def scores(p, q):\n    return p.sum()\n"},
    }.items():
        notebook = json.loads(json.dumps(right))
        for cell in notebook["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
            cell["source"] = edits.get(name, cell["source"])
        path = folder / "submitted" / student / lesson.id / lesson.notebook
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook))
    tito("grade", "autograde", "42", "--jobs", 2)
    with gradebook.Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        marks = {
            student: {
                grade.name: grade.auto_score
                for grade in book.find_submission_notebook(lesson.id, lesson.id, student).grades
            }
            for student in ("ada", "ben", "cyd")
        }
    assert marks == {
        "ada": {"test_agree": 3, "test_scores": 2},
        "ben": {"test_agree": 0, "test_scores": 2},
        "cyd": {"test_agree": 3, "test_scores": 0},
    }
