"""Every known cheat is an entry, and comes to nothing."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from recsys_backends.errors import ContractViolation
from tests.judging.conftest import freezer
from tests.leaderboard.cheats import (
    AT_THEIR_TRUE_WORTH,
    CAUGHT_BY_THE_ACCOUNT,
    CAUGHT_BY_THE_BUILD,
    CAUGHT_BY_THE_CONTRACT,
    CAUGHT_WHILE_TIMED,
    IDLE_IN_C,
    SLOW_SECONDS,
    WITHOUT_END,
)
from tests.leaderboard.toy import honest, quick
from tito.leaderboard.build import write_module
from tito.leaderboard.contract_check import check_contract
from tito.leaderboard.entry import Entry
from tito.leaderboard.judge import ANSWERS, BUILD, Task, judge
from tito.leaderboard.states import State
from tito.leaderboard.timing import Conditions, time_entry

__all__ = ["freezer"]
DIVISION = quick()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("bwrap") is None, reason="bubblewrap is not installed; CI has it"
    ),
]


def module_of(source: str, folder: Path) -> Path:
    folder.chmod(0o755)
    return write_module(honest(source), DIVISION, folder, jailed=True)


@pytest.mark.parametrize("name", CAUGHT_BY_THE_CONTRACT)
def test_the_contract_ends(name: str, tmp_path: Path) -> None:
    module = module_of(CAUGHT_BY_THE_CONTRACT[name], tmp_path)
    found = check_contract(module, DIVISION, seed=3)
    assert found.failed, f"{name}: all {found.n_clauses} clauses are kept"
    assert found.message


@pytest.mark.parametrize("name", CAUGHT_WHILE_TIMED)
def test_timing_ends(name: str, tmp_path: Path, freezer: None) -> None:
    module = module_of(CAUGHT_WHILE_TIMED[name], tmp_path)
    with pytest.raises(ContractViolation):
        time_entry(module, DIVISION, 3, Conditions())


def test_an_update_that_does_nothing_is_not_within_a_tolerance() -> None:
    verdict = judge(Task(Entry("idle", "c", IDLE_IN_C), quick("bpr-update-1"), seed=3))
    assert verdict.state is State.REJECTED
    assert verdict.clause not in (BUILD, ANSWERS)


@pytest.mark.parametrize("name", AT_THEIR_TRUE_WORTH)
def test_nothing_is_gained_by(name: str, tmp_path: Path, freezer: None) -> None:
    module = module_of(AT_THEIR_TRUE_WORTH[name], tmp_path)
    timing = time_entry(module, DIVISION, 3, Conditions())
    assert min(entry for entry, _ in timing.repeats) >= SLOW_SECONDS


@pytest.mark.parametrize("name", CAUGHT_BY_THE_BUILD)
def test_the_build_ends(name: str) -> None:
    entry = Entry(name, "cython", CAUGHT_BY_THE_BUILD[name])
    limits = replace(DIVISION.limits, build_seconds=30.0)
    verdict = judge(Task(entry, replace(DIVISION, limits=limits), seed=3))
    assert (verdict.state, verdict.clause) == (State.REJECTED, BUILD)
    assert "root:" not in verdict.sentence + "".join(verdict.log), "no secret is quoted"


@pytest.mark.parametrize("name", WITHOUT_END)
def test_the_time_limit_ends(name: str, tmp_path: Path) -> None:
    limits = replace(DIVISION.limits, call_seconds=2.0, memory_mib=256)
    division = replace(DIVISION, limits=limits)
    entry = Entry(name, "python", honest(WITHOUT_END[name]).source)
    verdict = judge(Task(entry, division, seed=3))
    assert verdict.state is State.REJECTED
    assert verdict.sentence


@pytest.mark.parametrize("name", CAUGHT_BY_THE_ACCOUNT)
def test_the_account_shows(name: str, tmp_path: Path, freezer: None) -> None:
    module = module_of(CAUGHT_BY_THE_ACCOUNT[name], tmp_path)
    timing = time_entry(module, DIVISION, 3, Conditions())
    assert timing.breach, timing.reasons
