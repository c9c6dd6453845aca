"""The open division: any model, one hidden draw, and lists that are lists."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from recsys_backends.errors import ContractViolation
from tests.judging.conftest import freezer
from tests.leaderboard.toy import failed_clause, verdict
from tito.jail.timed_group import NotFrozenError
from tito.judging.clock import Sample, TimedAnswer
from tito.judging.shared_files import Call
from tito.judging.timing_rules import Breach
from tito.leaderboard import open_quality, worker
from tito.leaderboard.contract_check import CheckResult
from tito.leaderboard.division import find_division
from tito.leaderboard.entry import Entry
from tito.leaderboard.fit_check import check_lists
from tito.leaderboard.judge import ANSWERS, CHECKS, Report, Task, judge
from tito.leaderboard.open_quality import measure_quality
from tito.leaderboard.states import State
from tito.leaderboard.store.entries import submit
from tito.leaderboard.store.hidden_draws import hidden_seed
from tito.leaderboard.store.store import Store
from tito.leaderboard.verdict import Verdict

__all__ = ["freezer"]
DIVISION = find_division("open-1")
SMALL = replace(DIVISION, size={"n_users": 300, "n_items": 300, "n_interactions": 12000})
HONEST = Path(__file__).with_name("honest_model.py").read_text(encoding="utf-8")
_WRAP = f"{HONEST}\nimport time\nhonest = recommend\ndef recommend(users, k):\n"
needs_jail = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="bubblewrap is not installed; CI has it"
)

CHEATS = {
    "no lists": (f"{_WRAP}    return []\n", "lists_have_new_items"),
    "scores packed behind the lists": (
        f"{_WRAP}    return honest(users, k), np.zeros((len(users), k))\n",
        "lists_have_new_items",
    ),
    "one item again and again": (
        f"{_WRAP}    return np.zeros((len(users), k), np.int32)\n",
        "lists_have_new_items",
    ),
    "items that the user has": (
        HONEST.replace("    scores[seen > 0] = -np.inf\n", ""),
        "lists_have_new_items",
    ),
    "unknown items": (f"{_WRAP}    return honest(users, k) + 10**6\n", "lists_have_new_items"),
    "longer lists": (f"{_WRAP}    return honest(users, k + 5)\n", "lists_have_new_items"),
    "lists in floating point": (
        f"{_WRAP}    return honest(users, k).astype(float)\n",
        "lists_have_new_items",
    ),
    "lists for a crowd only": (
        f"{_WRAP}    return honest(users if len(users) != 20 else users * 0, k)\n",
        "users_can_be_asked_for_alone",
    ),
}


@needs_jail
@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_is_ended_by_the_clause_about_it(name: str, tmp_path: Path) -> None:
    source, clause = CHEATS[name]
    assert failed_clause(partial(check_lists, division=SMALL, seed=3), source, tmp_path) == clause


@needs_jail
def test_an_honest_model_has_its_quality_and_no_more_digits_than_pay(freezer: None) -> None:
    found = judge(Task(Entry("mine", "python", HONEST), SMALL, seed=5))
    assert found.state in (State.VERIFIED, State.LOCAL), found
    assert found.score is not None
    assert 0.1 < found.score.low < found.score.value < found.score.high < 1
    for figure in (found.score.low, found.score.value, found.score.high):
        assert figure == round(figure, 3)
    assert not any(str(found.score.value) in line for line in found.log)
    again = judge(Task(Entry("mine", "python", HONEST), SMALL, seed=5))
    assert again.score == found.score, "the same draw gives the same score"


@needs_jail
def test_a_model_beyond_its_budget_is_rejected(freezer: None) -> None:
    limits = replace(SMALL.limits, call_seconds=1.0)
    slow = f"{_WRAP}    time.sleep(5 * (len(users) == 300))\n    return honest(users, k)\n"
    found = judge(Task(Entry("slow", "python", slow), replace(SMALL, limits=limits), seed=5))
    assert (found.state, found.clause) == (State.REJECTED, ANSWERS)


def test_seen_items_are_refused_on_the_hidden_data_too(tmp_path: Path) -> None:
    """Right on the small data of the clauses, and not where it counts."""
    module = tmp_path / "entry.py"
    module.write_text(
        f"{_WRAP}    found = honest(users, k)\n    if len(users) > 100:\n"
        "        found[:] = np.arange(k)\n    return found\n",
        encoding="utf-8",
    )
    with pytest.raises(ContractViolation, match="has already"):
        measure_quality(module, SMALL, 5, jailed=False)


def session_of(found: Sample | Exception) -> type:
    """A session whose calls all take as much, or fail; its lists are the items from 0 on."""

    class Session:
        problems: tuple[str, ...] = ()

        def __init__(self, *_: object, **__: object) -> None:
            """Start nothing."""

        def __enter__(self) -> Session:
            return self

        def __exit__(self, *_: object) -> None:
            """End nothing."""

        def call(self, call: Call) -> tuple[TimedAnswer, Sample]:
            if isinstance(found, Exception):
                raise found
            return TimedAnswer(None, list(call.args), {}), found

    return Session


def test_an_entry_that_does_not_freeze_is_rejected_and_the_judge_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = NotFrozenError("its processes could not be stopped, and have been ended.")
    monkeypatch.setattr(open_quality, "TimedSession", session_of(error))
    monkeypatch.setitem(CHECKS, DIVISION.kind, lambda *_, **__: CheckResult("", "", 3))
    found = judge(Task(Entry("mine", "python", HONEST), SMALL, seed=5, jailed=False))
    assert (found.state, found.clause) == (State.REJECTED, Breach.NOT_FROZEN)
    assert "could not be stopped" in found.sentence
    assert found.score is None


def test_all_judges_draw_the_same_hidden_data(store: Store) -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(hidden_seed(store, DIVISION)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1
    assert found[0] > 2**64
    assert hidden_seed(store, find_division("top-k-1")) != found[0]


def test_entries_of_a_quality_division_are_judged_by_one_draw(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds: list[int] = []

    def judged(task: Task, report: Report) -> Verdict:
        report(State.CHECKING)
        seeds.append(task.seed)
        return verdict(0.3)

    monkeypatch.setattr(worker, "judge", judged)
    monkeypatch.setattr(worker, "require_jail", lambda: None)
    for n in range(2):
        submit(store, "ada", DIVISION, Entry("mine", "python", f"{HONEST}# {n}"))
        assert worker.judge_one(store)
    assert seeds == [hidden_seed(store, DIVISION)] * 2
