"""Quality is computed here, from what comes back; whatever is no list or no factors is refused."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_backends.errors import ContractViolation
from tests.judging.conftest import freezer
from tests.leaderboard.toy import QUICK, failed_clause
from tito.judging.clock import TimedAnswer
from tito.leaderboard.baseline_fit import fit
from tito.leaderboard.division import DivisionKind, find_division
from tito.leaderboard.draws import generator_of
from tito.leaderboard.entry import Entry
from tito.leaderboard.fit_check import CLAUSES, check_fit
from tito.leaderboard.judge import RIGHT, Task, judge
from tito.leaderboard.quality import HiddenSplit, K, draw_split
from tito.leaderboard.states import State
from tito.leaderboard.trials import trial_of

__all__ = ["freezer"]
DIVISION = find_division("time-to-quality-1")
HONEST = Path(__file__).with_name("honest_fit.py").read_text(encoding="utf-8")
needs_jail = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="bubblewrap is not installed; CI has it"
)
Factors = tuple[Any, Any, Any]


@pytest.fixture(scope="module")
def split() -> HiddenSplit:
    return draw_split(generator_of(1, 0), 200, 300, 8000)


@pytest.fixture(scope="module")
def factors(split: HiddenSplit) -> Factors:
    return fit(split.indptr, split.indices, split.n_items, 3)


def lists_of(split: HiddenSplit, factors: Factors) -> Any:
    from recsys_backends import ops, use_backend

    with use_backend("optimized"):
        return ops.top_k(*factors, split.indptr, split.indices, k=K).items


def test_quality_is_the_formula_user_by_user(split: HiddenSplit, factors: Factors) -> None:
    lists, starts = lists_of(split, factors), split.test_indptr
    by_hand = []
    for user in range(split.n_users):
        relevant = set(split.test_indices[starts[user] : starts[user + 1]].tolist())
        gains = [1 / np.log2(r + 2) for r, item in enumerate(lists[user]) if item in relevant]
        ideal = sum(1 / np.log2(r + 2) for r in range(min(K, len(relevant))))
        by_hand.append(sum(gains) / ideal if relevant else np.nan)
    np.testing.assert_allclose(split.ndcg(lists), by_hand, atol=1e-12)
    assert split.ndcg_of_factors(factors) == pytest.approx(np.nanmean(by_hand))


def test_what_is_held_out_is_in_no_training_part(split: HiddenSplit) -> None:
    for user in range(split.n_users):
        train = split.indices[split.indptr[user] : split.indptr[user + 1]]
        held = split.test_indices[split.test_indptr[user] : split.test_indptr[user + 1]]
        assert not set(train.tolist()) & set(held.tolist())


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda lists, seen: lists.tolist(), "no array"),
        (lambda lists, seen: lists.astype(np.int64), "int64"),
        (lambda lists, seen: lists[:, :9], "shape"),
        (lambda lists, seen: np.full_like(lists, -1), "unknown item"),
        (lambda lists, seen: lists + 300, "unknown item"),
        (lambda lists, seen: np.zeros_like(lists), "twice"),
        (lambda lists, seen: np.concatenate([seen, lists[:, 1:]], axis=1), "has already"),
    ],
)
def test_lists_that_are_none_are_refused_by_name(
    split: HiddenSplit, factors: Factors, spoil: Callable[[Any, Any], Any], said: str
) -> None:
    lists = lists_of(split, factors)
    seen = split.indices[split.indptr[:-1]][:, None]
    with pytest.raises(ContractViolation, match=said):
        split.ndcg(spoil(lists, seen))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda p, q, b: [], "fit answers with"),
        (lambda p, q, b: (p, q), "fit answers with"),
        (lambda p, q, b: (None, q, b), "columns"),
        (lambda p, q, b: (p[:, :0], q[:, :0], b), "columns"),
        (lambda p, q, b: (np.zeros((200, 600), np.float32), q, b), "columns"),
        (lambda p, q, b: (p.astype(np.float64), q, b), "float64"),
        (lambda p, q, b: (p[:-1], q, b), "user factors"),
        (lambda p, q, b: (p, q[:, 1:], b), "item factors"),
        (lambda p, q, b: (p, q, q), "biases"),
        (lambda p, q, b: (p * np.float32(np.nan), q, b), "not finite"),
        (lambda p, q, b: (p, np.full_like(q, np.inf), b), "not finite"),
    ],
)
def test_factors_that_are_none_are_refused_by_name(
    split: HiddenSplit, factors: Factors, spoil: Callable[..., Any], said: str
) -> None:
    with pytest.raises(ContractViolation, match=said):
        split.ndcg_of_factors(spoil(*copy.deepcopy(factors)))


def test_factors_that_learned_nothing_miss_the_target() -> None:
    """Constant factors, popularity, and factors of other data are below it; the baseline is not."""
    call, check = trial_of(DIVISION).draw(generator_of(5, 0))
    right = TimedAnswer(fit(*call.args), list(call.args), {})
    check(call, right, right)
    indptr, indices, n_items, _ = call.args
    n_users = len(indptr) - 1
    popularity = np.bincount(indices, minlength=n_items).astype(np.float32)
    nothing = np.zeros((n_users, 1), np.float32), np.zeros((n_items, 1), np.float32)
    other, _ = trial_of(DIVISION).draw(generator_of(5, 1))
    for answer in ((*nothing, None), (*nothing, popularity), fit(*other.args)):
        with pytest.raises(ContractViolation, match="the target on these data"):
            check(call, TimedAnswer(answer, [], {}), right)


def test_data_are_new_for_every_call() -> None:
    trial = trial_of(DIVISION)
    first, again, other = (trial.draw(generator_of(5, n))[0] for n in (0, 0, 1))
    np.testing.assert_array_equal(first.args[1], again.args[1])
    assert not np.array_equal(first.args[1], other.args[1])
    assert DIVISION.kind is DivisionKind.TIME_TO_QUALITY


CHEATS = {
    "nothing": ("def fit(*args):\n    return []\n", "small_data_have_factors"),
    "raises on small data": (
        f"{HONEST}\nhonest = fit\ndef fit(indptr, *rest):\n    assert len(indptr) > 5\n"
        "    return honest(indptr, *rest)\n",
        "small_data_have_factors",
    ),
    "not a number": (
        f"{HONEST}\nhonest = fit\ndef fit(*args):\n    p, q, b = honest(*args)\n"
        "    return p * np.float32(np.nan), q, b\n",
        "small_data_have_factors",
    ),
    "its inputs written to": (
        f"{HONEST}\nhonest = fit\ndef fit(indptr, indices, n_items, seed):\n"
        "    found = honest(indptr, indices, n_items, seed)\n    indices[:] = 0\n"
        "    return found\n",
        "small_data_have_factors",
    ),
    "trained on the hidden interactions": (
        f"{HONEST}\nimport gc\nhonest = fit\ndef fit(indptr, indices, n_items, seed):\n"
        "    known = {id(indptr), id(indices)}\n"
        "    hidden = [each for held in gc.get_objects() if isinstance(held, (dict, tuple, list))\n"
        "              for each in (held.values() if isinstance(held, dict) else held)\n"
        "              if isinstance(each, np.ndarray) and each.dtype == np.int32\n"
        "              and each.size > 10 and id(each) not in known]\n"
        "    return honest(indptr, hidden[0], n_items, seed)\n",
        "small_data_have_factors",
    ),
    "learned at home": (
        "import numpy as np\ndef fit(indptr, indices, n_items, seed):\n"
        "    rng = np.random.default_rng(0)\n"
        "    return (*(rng.normal(size=(n, 8)).astype(np.float32)\n"
        "              for n in (len(indptr) - 1, n_items)), None)\n",
        "factors_follow_the_data",
    ),
}


@needs_jail
@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_is_ended_by_the_clause_about_it(name: str, tmp_path: Path) -> None:
    source, clause = CHEATS[name]
    assert failed_clause(partial(check_fit, division=DIVISION, seed=3), source, tmp_path) == clause


@needs_jail
def test_an_honest_model_is_measured_and_a_lazy_one_rejected(freezer: None) -> None:
    from dataclasses import replace

    quick = replace(DIVISION, rounds=QUICK)
    found = judge(Task(Entry("mine", "python", HONEST), quick, seed=5))
    assert found.state in (State.VERIFIED, State.LOCAL), found
    lazy = HONEST.replace("range(6)", "range(1)").replace("- 1, 16", "- 1, 1")
    found = judge(Task(Entry("lazy", "python", lazy), quick, seed=5))
    assert (found.state, found.clause) == (State.REJECTED, RIGHT)
    assert "target" in found.sentence


def test_the_clauses_have_names() -> None:
    assert len(CLAUSES) == 3
