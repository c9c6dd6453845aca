"""Honest entries, from their source to their verdict, and judges at work."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.judging.conftest import freezer
from tests.leaderboard.toy import HONEST, honest, judged, quick, verdict
from tito.jail.jail import JailUnavailableError
from tito.judging.comparison import BaselineError
from tito.leaderboard import replay as replay_module
from tito.leaderboard import worker
from tito.leaderboard.contract_check import CheckResult
from tito.leaderboard.division import Division
from tito.leaderboard.entry import Entry
from tito.leaderboard.errors import LeaderboardError
from tito.leaderboard.judge import Report, Task, judge
from tito.leaderboard.replay import replay
from tito.leaderboard.states import OUT, State
from tito.leaderboard.store.entries import events_of, find_entry, submit, take_out
from tito.leaderboard.store.judged import judgements_of
from tito.leaderboard.store.queue import take
from tito.leaderboard.store.schema import tasks
from tito.leaderboard.store.store import Store
from tito.leaderboard.timing import OPTIMIZED
from tito.leaderboard.verdict import Verdict
from tito.leaderboard.worker import JudgingError, judge_one

__all__ = ["freezer"]
needs_jail = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="bubblewrap is not installed; CI has it"
)
HERE = Path(__file__).parent
MEASURED = (State.VERIFIED, State.LOCAL)
PAIR_KERNEL = HERE.parents[1] / "tito/engine_kit/templates/c/module/kernel.c.txt"
ITSELF = "from recsys_backends.optimized import {op}\n"


@pytest.mark.slow
@needs_jail
@pytest.mark.parametrize("suffix", [".py", ".pyx"])
def test_an_honest_entry_is_measured(suffix: str, freezer: None) -> None:
    source = (HERE / f"honest_top_k{suffix}").read_text(encoding="utf-8")
    states: list[State] = []
    entry = Entry("mine", {".py": "python", ".pyx": "cython"}[suffix], source)
    found = judge(Task(entry, quick(), seed=5), states.append)
    assert found.state in MEASURED, found
    assert found.score is not None
    assert found.score.value > 0
    assert len(found.repeats) == 2
    built = [State.BUILDING] if suffix == ".pyx" else []
    assert states == [*built, State.CHECKING, State.TIMING]
    assert any("clauses are kept" in line for line in found.log)


@pytest.mark.slow
@needs_jail
def test_the_kernel_of_an_engine_package_in_c_is_an_entry(freezer: None) -> None:
    entry = Entry("mine", "c", PAIR_KERNEL.read_text(encoding="utf-8"))
    found = judge(Task(entry, quick("bpr-update-1"), seed=5))
    assert found.state in MEASURED, found


@pytest.mark.slow
@needs_jail
@pytest.mark.parametrize("op", ["plan_epoch", "bpr_update", "als_half_step", "item_similarity"])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_optimized_itself_is_an_entry_of_every_division(
    op: str, n_threads: int, freezer: None
) -> None:
    entry = Entry("optimized", "python", ITSELF.replace("{op}", op))
    division = quick(f"{op.replace('_', '-')}-{n_threads}")
    found = judge(Task(entry, division, seed=5, allowed=OPTIMIZED))
    assert found.state in MEASURED, found


@pytest.fixture
def contract_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every entry keep the contract, whose check takes longest."""
    kept = CheckResult("", "", 32)
    monkeypatch.setattr("tito.leaderboard.judge.check_contract", lambda *_, **__: kept)


def test_an_own_machine_judges_without_a_jail(contract_kept: None) -> None:
    found = judge(Task(honest(), quick(), seed=5, jailed=False))
    assert found.state is State.LOCAL
    assert "plain process" in found.sentence


@pytest.mark.slow
def test_an_interval_that_stays_wide_is_unstable(contract_kept: None) -> None:
    division = quick()
    narrow = replace(division, rounds=replace(division.rounds, half_width=0.0))
    found = judge(Task(honest(), narrow, seed=5, jailed=False))
    assert (found.state, found.clause) == (State.UNSTABLE, "half-width")


def test_a_language_that_a_division_does_not_take_is_refused() -> None:
    found = judge(Task(honest(), replace(quick(), languages=("c",)), seed=5, jailed=False))
    assert (found.state, found.clause) == (State.REJECTED, "language")


@pytest.mark.parametrize(
    ("source", "clause"),
    [
        ("top_k = 3\n", "every_op_has_its_name"),
        ("def top_k(:\n", "every_op_has_its_name"),
        ("def top_k():\n    return 1\n", "lists_agree_with_exhaustive_search"),
        ("raise SystemExit\ndef top_k():\n    return 1\n", "every_op_has_its_name"),
        ("def top_k():\n    raise NotImplementedError\n", "lists_agree_with_exhaustive_search"),
    ],
)
def test_what_cannot_be_called_is_rejected_by_name(source: str, clause: str) -> None:
    found = judge(Task(Entry("mine", "python", source), quick(), seed=5, jailed=False))
    assert (found.state, found.clause) == (State.REJECTED, clause)
    assert found.sentence


# Judges at work, whose verdicts are given


def judging_as(monkeypatch: pytest.MonkeyPatch, found: Verdict | Exception) -> list[Task]:
    tasks: list[Task] = []

    def given(task: Task, report: Report) -> Verdict:
        tasks.append(task)
        report(State.CHECKING)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(worker, "judge", given)
    for module in (worker, replay_module):
        monkeypatch.setattr(module, "require_jail", lambda: None)
    return tasks


def submitted(store: Store, suffix: str = "") -> int:
    from tito.leaderboard.division import find_division

    return submit(store, "ada", find_division("top-k-1"), honest(suffix))


def test_a_judge_takes_what_waits_and_keeps_the_verdict(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = judging_as(monkeypatch, verdict(1.0))
    numbers = [submitted(store, "# 1"), submitted(store, "# 2")]
    while judge_one(store):
        pass
    assert [find_entry(store, n).state for n in numbers] == [State.VERIFIED] * 2
    assert len({task.seed for task in tasks}) == 2, "each judgement has a seed of its own"
    assert all(task.jailed and not task.allowed for task in tasks)


def test_a_fault_of_the_machine_costs_the_entry_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = submitted(store)
    judging_as(monkeypatch, BaselineError("the baseline failed"))
    with pytest.raises(JudgingError, match="waits again"):
        judge_one(store)
    assert find_entry(store, number).state is State.QUEUED
    assert "the machine is at fault" in events_of(store, number)[-1][2]
    assert judgements_of(store, number) == []


def test_a_lease_outlives_a_long_judgement(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    number = submitted(store)
    others: list[object] = []

    def slow(task: Task, report: object) -> Verdict:
        time.sleep(1.5)
        others.append(take(store, "another"))
        return verdict(1.0)

    judging_as(monkeypatch, verdict(1.0))
    monkeypatch.setattr(worker, "judge", slow)
    assert judge_one(store, lease_seconds=0.8)
    assert others == [None]
    assert find_entry(store, number).state is State.VERIFIED


@pytest.mark.parametrize(
    ("first", "again", "agrees"),
    [
        (verdict(1.0), verdict(1.01), True),
        (verdict(1.0), verdict(1.5), False),
        (verdict(1.0), verdict(1.01, state=State.LOCAL), True),
        (verdict(1.0), Verdict(State.REJECTED, "a clause"), False),
        (Verdict(State.REJECTED, "a clause"), Verdict(State.REJECTED, "a clause"), True),
        (Verdict(State.REJECTED, "a clause"), Verdict(State.REJECTED, "another"), False),
    ],
)
def test_a_replay_uses_the_same_seed_and_says_whether_both_agree(
    store: Store, monkeypatch: pytest.MonkeyPatch, first: Verdict, again: Verdict, agrees: bool
) -> None:
    number = judged(store, "ada", first)
    tasks = judging_as(monkeypatch, again)
    found = replay(store, number)
    assert found.agrees is agrees
    assert found.same_machine
    assert [task.seed for task in tasks] == [7]
    assert [state for _, state, _ in events_of(store, number)] == ["queued", first.state]


def test_a_replay_that_could_not_be_made_changes_no_state(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = judged(store, "ada", verdict(1.0))
    judging_as(monkeypatch, BaselineError("the baseline failed"))
    with pytest.raises(JudgingError, match="waits again"):
        replay(store, number)
    assert find_entry(store, number).state is State.VERIFIED


def test_a_judgement_by_other_rules_is_not_replayed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = judged(store, "ada", verdict(1.0))
    tasks = judging_as(monkeypatch, verdict(1.0))
    monkeypatch.setattr(Division, "rules", "other")
    with pytest.raises(LeaderboardError, match="another judgement"):
        replay(store, number)
    assert tasks == []


@pytest.mark.parametrize("state", OUT)
def test_what_is_out_is_not_replayed_and_leaves_no_task(
    store: Store, monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    number = judged(store, "ada", verdict(1.0))
    take_out(store, number, state, "a reason")
    judging_as(monkeypatch, verdict(1.0))
    with pytest.raises(LeaderboardError, match=f"is {state}: it is not judged any more"):
        replay(store, number)
    assert n_tasks(store) == 1


def test_where_no_jail_can_be_had_a_replay_leaves_no_task(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_jail() -> None:
        raise JailUnavailableError("there is no jail.")

    number = judged(store, "ada", verdict(1.0))
    monkeypatch.setattr(worker, "require_jail", no_jail)
    monkeypatch.setattr(replay_module, "require_jail", no_jail)
    with pytest.raises(JailUnavailableError):
        replay(store, number)
    assert n_tasks(store) == 1


def n_tasks(store: Store) -> int:
    with store.reading() as connection:
        return len(connection.execute(sa.select(tasks.c.id)).all())


def test_the_honest_source_is_what_the_cheats_stand_on() -> None:
    assert "def top_k(" in HONEST
