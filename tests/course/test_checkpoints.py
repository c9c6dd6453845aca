"""Checkpoints speak of the recommender: what they say of wrong answers, and where all is well."""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from recsys_backends.contract import CLAUSES
from recsys_backends.plan import UniformSampler
from recsys_edu.artefacts.cell import headers_in
from tests.course.words import CODE_TALK
from tests.workspace.conftest import Outcome
from tests.workspace.conftest import solved as solved
from tests.workspace.conftest import tito as tito
from tests.workspace.conftest import toy as toy
from tests.workspace.conftest import workspace as workspace
from tito.authoring.mutants import Mutant, mutants_of
from tito.authoring.source import solution_cells
from tito.commands._lessons import VerdictLines
from tito.course.checkpoint import CheckpointResult, run_checkpoint
from tito.course.cython_cells import write_module
from tito.course.judged import session_of
from tito.course.lessons import Lesson, all_lessons
from tito.course.notebook import Cell
from tito.judging.clauses import (
    Verdict,
    functions_of,
    generator_for,
    load_clauses,
    run_clause,
)

LESSONS = all_lessons()
WITH_OPS = [x for x in LESSONS if hasattr(load_clauses(x.folder, "checkpoint.py"), "OPS")]
FIRST_ALONE = frozenset({"07_backends", "09_parallel"})
"""Lessons of which only the first clause that fails is read: a look at agree() takes long."""


def own_verdicts(lesson: Lesson, cells: list[Cell]) -> Iterator[Verdict]:
    """The verdicts of the lesson's own clauses, without the contract of its ops."""
    clauses = load_clauses(lesson.folder, "checkpoint.py")
    with tempfile.TemporaryDirectory() as folder:
        exported = Path(folder, f"{lesson.name}.py")
        write_module([c for c in cells if c.is_exported], exported, headers_in(lesson.folder))
        with session_of(lesson).open(exported) as remote:
            for name, function in functions_of(clauses).items():
                yield run_clause(name, function, remote, generator_for(name, 0))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_a_right_answer_ends_with_a_figure(lesson: Lesson) -> None:
    verdicts = tuple(own_verdicts(lesson, solution_cells(lesson)))
    assert [verdict.message for verdict in verdicts if not verdict.passed] == []
    result = CheckpointResult(lesson.id, "?", verdicts)
    assert re.search(r"\d", result.finding)
    assert not result.finding.endswith(".")
    assert sum(bool(verdict.finding) for verdict in verdicts) == 1


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_a_wrong_answer_is_told_in_the_lessons_words(lesson: Lesson) -> None:
    said: list[tuple[Mutant, str]] = []
    for mutant in mutants_of(lesson):
        failed = (verdict for verdict in own_verdicts(lesson, mutant.cells()) if not verdict.passed)
        shown = itertools.islice(failed, 1) if lesson.id in FIRST_ALONE else failed
        said += [(mutant, verdict.message) for verdict in shown]
    assert len(said) > 5
    for mutant, message in said:
        about = f"{mutant.grade_id}, {mutant.name}: {message}"
        assert "the answer cannot be used" not in message, about
        assert not CODE_TALK.search(message), about


@pytest.mark.parametrize("lesson", WITH_OPS, ids=lambda lesson: lesson.id)
def test_every_clause_of_an_ops_contract_has_a_meaning(lesson: Lesson) -> None:
    clauses = load_clauses(lesson.folder, "checkpoint.py")
    judged = {
        clause.name
        for clause in CLAUSES
        if clause.op in clauses.OPS
        and clause.belongs_to("lesson")
        and lesson.about().order in clause.orders
        and set(clause.samplers) <= {UniformSampler}
        and (lesson.about().tiles or not clause.tiles)
    }
    assert set(clauses.MEANINGS) == judged
    for meaning in clauses.MEANINGS.values():
        assert meaning.endswith(".")
        assert meaning[0].isupper()
        assert len(meaning) < 200
        assert not CODE_TALK.search(meaning)


def judged_05(tmp_path: Path, before: str, after: str) -> list[Verdict]:
    """What lesson 05's checkpoint says of its solution with an edit."""
    (lesson,) = [lesson for lesson in LESSONS if lesson.name == "bpr"]
    cells = [cell for cell in solution_cells(lesson) if cell.is_exported]
    exported = tmp_path / "bpr.py"
    write_module(cells, exported, headers_in(lesson.folder))
    text = exported.read_text(encoding="utf-8")
    assert text.count(before) == 1
    exported.write_text(text.replace(before, after), encoding="utf-8")
    return [verdict for verdict in run_checkpoint(lesson, exported).verdicts if not verdict.passed]


def test_the_meaning_stands_above_the_figures(tmp_path: Path) -> None:
    copied = "positive = item_factors[i].copy()"
    failed = judged_05(tmp_path, copied, copied + "\n        learning_rate = 2.0 * learning_rate")
    (gradient,) = [v for v in failed if v.name.endswith(": step_follows_the_gradient")]
    first, second = gradient.message.split("\n")
    assert first.startswith("Your step is not along the gradient of the objective")
    assert second.startswith("(In the contract's words: step / learning_rate of")


def test_an_error_is_not_given_another_meaning(tmp_path: Path) -> None:
    failed = judged_05(
        tmp_path, "positive = item_factors[i].copy()", 'raise ValueError("not today")'
    )
    contract = [verdict.message for verdict in failed if ": " in verdict.name]
    assert contract
    assert all(message.startswith("bpr_update raised ValueError") for message in contract)


def test_of_many_failing_clauses_the_first_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    lines = VerdictLines()
    for number in range(8):
        lines(Verdict(f"op: clause_{number}", number == 0, "" if number == 0 else "it is wrong."))
    lines(Verdict("my_own", True, ""))
    lines.end()
    shown = capsys.readouterr().out
    assert shown.count("it is wrong.") == 3
    assert "clause 0" not in shown
    assert "✓ my own" in shown
    assert "4 more of the checks of op fail" in shown


@pytest.mark.parametrize("returned", ["None", "'0.463 of 1'"])
def test_the_finding_is_part_of_the_answer(
    solved: Path, toy: Lesson, tito: Callable[..., Outcome], returned: str
) -> None:
    path = toy.folder / "checkpoint.py"
    path.write_text(path.read_text() + f"    return {returned}\n")
    expected = "Yes: 0.463 of 1." if "463" in returned else "Yes. "
    assert expected in tito("complete", 42).out


def test_a_clause_that_fails_has_no_finding() -> None:
    def clause(remote: object, rng: np.random.Generator) -> str:
        raise ValueError

    verdict = run_clause("clause", clause, None, np.random.default_rng())  # type: ignore[arg-type]
    assert (verdict.passed, verdict.finding) == (False, "")
    result = CheckpointResult("x", "?", (Verdict("a", True, "", "0.5"), verdict))
    assert result.finding == ""
