"""No clause lets a wrong answer pass, whatever a process that holds submitted code may send."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_backends.contract.clause import require, require_close
from tests.judging.evil import PIECES, PLAINLY_WRONG, Evil, evils_for
from tests.judging.evil_remote import EvilRemote, Solutions
from tito.course.lessons import Lesson, all_lessons
from tito.judging.clauses import (
    ClauseFunction,
    _contract_of,
    functions_of,
    generator_for,
    load_clauses,
    run_clause,
)
from tito.judging.remote import LearnerError, Remote

pytest.importorskip("jupytext")
QUICK = ("01_interactions", "04_factorization")
LESSONS = [
    pytest.param(lesson, id=lesson.id, marks=() if lesson.id in QUICK else pytest.mark.slow)
    for lesson in all_lessons()
    if not lesson.about().compilers  # what a cell in Cython answers is wrong in mutants.py
]
SEED = 3
# Answers that are tests: what they say of each function is judged by test_judged_tests.py.
TESTS_AS_ANSWERS = frozenset({"agree"})
THEIR_CLAUSES = frozenset({"my_test_catches_wrong_engines"})
"""Clauses that call nothing else, and take half a minute."""

EQUAL = r"(half precision|complex|bytes|truth values|true|flat|a row|a column|in two brackets)"
ACCEPTED: list[tuple[str, str, str]] = [
    # where (lesson/clause/function), which evil, why it is no wrong answer: regular expressions
    (
        r"01_interactions/test_(counting_sort|build_csr|transpose|find_leaks)/.*",
        r"half precision at .*",
        "these are the right whole numbers, and the clause asks for no dtype of them",
    ),
    (
        r"02_evaluation/test_(rank_unseen|rank_unseen__ties|sampled_ranks)/.*",
        r"(half precision|complex|bytes)",
        "item numbers and ranks, right as numbers",
    ),
    (
        r"02_evaluation/test_confidence_interval/.*",
        r"(flat|half precision at \[1\])",
        "an array of three instead of a tuple; an end is asked for to a thousandth",
    ),
    (
        r"03_neighbors/test_(users_of_items|common_users|best_neighbors)/.*",
        EQUAL + r"( at .*)?",
        "lists and dictionaries of the right whole numbers, each in some other type",
    ),
    (
        r"03_neighbors/(test_steps|checkpoint)/steps",
        r"(flat|half precision|complex|in two brackets)( at .*)?",
        "the right whole numbers in another type, or in an array instead of a tuple",
    ),
    (
        r"04_factorization/test_solve_user(_fast)?/.*",
        r"complex",
        "the right numbers, with nothing imaginary beside them",
    ),
    (
        r"04_factorization/test_train_als/train_als",
        r"half precision at .*",
        "scores are asked for to 0.02, losses to a thousandth",
    ),
    (
        r"04_factorization/(test_fast_loss|checkpoint)/probe\.peak_bytes_of_fast_loss",
        r"(ones|true|truth values|bytes|complex|the (last|first) is one more)",
        "any memory below the limit is right",
    ),
    (
        r"05_bpr/test_draw_negative/.*",
        r"(half precision|complex)",
        "the number of the right item",
    ),
    (
        r"05_bpr/test_bpr_update/bpr_update",
        r"flat",
        "an array of three numbers instead of a tuple",
    ),
    (
        r"06_profiling/(test_timed|test_traced|test_cost_per_call|checkpoint)/probe\..*",
        r".* at \[(1|2|3|4|5)\](\[.*\])?",
        "what the probe tells of its own doings, not of what the learner's code answered",
    ),
    (
        r"06_profiling/(test_timed|test_traced|checkpoint)/probe\..*",
        r"(half precision|complex|bytes|zeros|false) at .*|half precision|complex|bytes|"
        r"the first answer again",
        "times between two bounds, memory to a tenth of a megabyte, and the larger of two peaks "
        "whichever comes first",
    ),
    (
        r"06_profiling/test_(triple_cost|roofline|time_shares|compare)/.*",
        r"(flat|half precision|the (last|first) is one more)( at .*)?",
        "an array of two instead of a tuple; whole numbers that are exact in half precision; one "
        "more among 10¹⁰",
    ),
    (
        r"07_backends/(test_(registry|switch|check_array)|checkpoint)/probe\..*",
        r".* at \[.*",
        "what the probe tells of its own doings, of which the clause asks a part",
    ),
    (
        r"09_parallel/(test_(count_conflicts|conflict_free_rounds|plan_epoch|balance_blocks)|checkpoint)/.*",
        r"bytes( at .*)?",
        "the right whole numbers in another type",
    ),
    (
        r"09_parallel/(test_run_rounds|checkpoint)/probe\.play_rounds",
        r".* at \[1\].*",
        "what the probe tells of its own doings: numbers of tiles in another type, and tiles of "
        "which the order is free",
    ),
]


def by_function(log: list[tuple[str, dict[str, Any], dict[str, Any]]]) -> dict[str, list[Any]]:
    """The calls and answers of an honest run, by function."""
    found: dict[str, list[Any]] = {}
    for name, call, right in log:
        found.setdefault(name, []).append((call, right))
    return found


def let_through(
    solutions: Solutions,
    clauses: Callable[[EvilRemote], bool],
    pieces: Collection[str] = PIECES,
    skipped: Collection[str] = (),
) -> Iterator[tuple[str, str]]:
    """Every function and evil that clauses let through, although an answer was another."""
    with EvilRemote(solutions) as honest:
        assert clauses(honest), "they do not let the solutions through"
    for name, answers in by_function(honest.log).items():
        if name in skipped:
            continue
        for make in evils_for(answers, pieces):
            evil: Evil = make()
            with EvilRemote(solutions, evil, name) as remote:
                if clauses(remote) and remote.differs:
                    yield name, evil.name


def accepted(where: str, evil: str) -> bool:
    return any(re.fullmatch(w, where) and re.fullmatch(e, evil) for w, e, _ in ACCEPTED)


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_graded_clause_lets_a_wrong_answer_through(lesson: Lesson) -> None:
    solutions = Solutions(lesson)
    wrong = []
    for name, function in functions_of(load_clauses(lesson.folder, "hidden.py")).items():

        def clause(
            remote: EvilRemote,
            name: str = name,
            function: ClauseFunction = function,
        ) -> bool:
            return run_clause(name, function, remote, generator_for(name, SEED)).passed

        wrong += [
            f"{lesson.id}/{name}/{victim}: {evil}"
            for victim, evil in let_through(solutions, clause, skipped=TESTS_AS_ANSWERS)
            if not accepted(f"{lesson.id}/{name}/{victim}", evil)
        ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_checkpoint_lets_a_wrong_answer_through(lesson: Lesson) -> None:
    """One clause of it, or of the contract of its ops, says no: that is what a checkpoint needs."""
    clauses = load_clauses(lesson.folder, "checkpoint.py")

    def checkpoint(remote: EvilRemote) -> bool:
        passed = (
            run_clause(name, function, remote, generator_for(name, SEED)).passed
            for name, function in functions_of(clauses).items()
            if name not in THEIR_CLAUSES
        )
        return all(passed) and all(
            verdict.passed
            for op in getattr(clauses, "OPS", ())
            for verdict in _contract_of(op, remote, SEED)
        )

    found = let_through(Solutions(lesson), checkpoint, PLAINLY_WRONG, TESTS_AS_ANSWERS)
    wrong = [
        f"{lesson.id}/checkpoint/{victim}: {evil}"
        for victim, evil in found
        if not accepted(f"{lesson.id}/checkpoint/{victim}", evil)
    ]
    assert not wrong, "\n".join(wrong)


FORGED = """\
import numpy as np

class EqualToAll:
    def __eq__(self, other):
        return True

def precision(hits, k):
    {body}
"""
BODIES = {
    "nan": "return float('nan')",
    "equal to all": "return EqualToAll()",
    "equal to all, in a list": "return [EqualToAll()]",
    "a subclass of float": "return type('F', (float,), {'__eq__': lambda a, b: True})(0.5)",
    "a subclass of array": "return np.ones(3).view(type('A', (np.ndarray,), {}))",
    "a generator": "return (hit for hit in hits)",
    "the question changed to fit": "hits[:] = False; return 0.0",
    "the question changed through its memory": (
        "import ctypes; ctypes.memset(hits.ctypes.data, 0, hits.nbytes); return 0.0"
    ),
    "an object array": "return np.array([0.5], dtype=object)",
    "a structured array": "return np.zeros(1, dtype=[('a', 'f8')])",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_wrong_answers_through_a_real_pipe(body: str, tmp_path: Path) -> None:
    path = tmp_path / "evaluation.py"
    path.write_text(FORGED.replace("{body}", body), encoding="utf-8")

    def clause(remote: Remote, rng: np.random.Generator) -> None:
        for _ in range(3):
            hits = rng.random(20) < 0.5
            require_close(remote.precision(hits, 20), hits.mean(), 1e-9, "precision")

    with Remote(path) as remote:
        assert not run_clause("precision", clause, remote, np.random.default_rng(1)).passed


def test_what_a_judge_asks_about_stays_as_it_was(tmp_path: Path) -> None:
    """Even inside of lists and dictionaries, and where numbers of arrays are made up."""
    path = tmp_path / "evaluation.py"
    path.write_text(
        "def f(x):\n    x['a'][0][:] = 7\n    return 1\n"
        "def bpr_update(a, b, c, d):\n    d[0] = 9\n",
        encoding="utf-8",
    )
    array = np.zeros(3)
    with Remote(path) as remote:
        with pytest.raises(LearnerError, match="only reads"):
            remote.f({"a": [array]})
        with pytest.raises(LearnerError, match="only reads"):
            remote.bpr_update(array, array, None, array)
    assert not array.any()


def test_no_answer_is_quoted_in_full(tmp_path: Path) -> None:
    path = tmp_path / "evaluation.py"
    path.write_text("def f():\n    return [1] * 100_000\n", encoding="utf-8")

    def quotes(remote: Remote, rng: np.random.Generator) -> None:
        answer = remote.f()
        require(answer == [], f"{answer} is not nothing.")

    def stumbles(remote: Remote, rng: np.random.Generator) -> None:
        raise ValueError(f"{remote.f()}")

    with Remote(path) as remote:
        for clause in (quotes, stumbles):
            verdict = run_clause("f", clause, remote, np.random.default_rng(1))
            assert not verdict.passed
            assert 100 < len(verdict.message) <= 2000
