"""Comparisons: figures in pairs, and what cheating the clock comes to."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recsys_backends.errors import ContractViolation
from tests.judging.conftest import ENTRIES
from tito.jail import timed
from tito.jail.timed_group import NotFrozenError, NoTimedGroupError, TimedGroup
from tito.jail.untimed import TimedProcess
from tito.judging import comparison
from tito.judging.clock import Sample, TimedAnswer
from tito.judging.comparison import BaselineError, TimedModule, Validity, compare
from tito.judging.failures import LearnerError
from tito.judging.shared_files import Call
from tito.judging.timing_rules import (
    SHORTEST_NS,
    SLACK_NS,
    TOLERANCE,
    Breach,
    Round,
    reasons_in,
)

SAME = TimedModule(ENTRIES)
MS = 10**6
EMPTY = Sample(wall=MS // 10, cpu=MS // 10, between=MS // 4)
HONEST = Sample(wall=10 * MS + MS // 10, cpu=10 * MS + MS // 10, between=MS // 4)


def calls(function: str, *args: Any) -> Callable[[int], Call]:
    return lambda number: Call(function, args)


def other(function: str) -> TimedModule:
    """A contestant whose function is another of the entries."""
    return TimedModule(ENTRIES, function=function)


def breaches(entry: Sample, n_threads: int = 1, baseline: Sample = HONEST) -> set[Breach | None]:
    rounds = [Round(entry, baseline, EMPTY)] * 20
    return {reason.breach for reason in reasons_in(rounds, n_threads)}


# The rules, on samples made up


def test_an_entry_like_the_baseline_breaks_no_rule() -> None:
    assert breaches(HONEST) == set()
    assert breaches(Sample(5 * MS, 5 * MS, MS // 4)) == set()
    assert breaches(Sample(500 * MS, 5 * MS, 0)) == set()  # others had the processor
    assert breaches(Sample(5 * MS, 10 * MS, MS // 4), n_threads=2) == set()


@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_more_processor_time_than_threads_have_is_hidden_threads(n_threads: int) -> None:
    wall = 10 * MS
    most = n_threads * wall * (1 + TOLERANCE) + SLACK_NS
    for share, found in ((0.99, set()), (1.01, {Breach.HIDDEN_THREADS})):
        sample = Sample(EMPTY.wall + wall, int(share * most), MS // 4)
        assert breaches(replace(sample, cpu=sample.cpu + EMPTY.cpu), n_threads) == found


def test_other_work_on_the_machine_does_not_excuse_hidden_threads_in_other_calls() -> None:
    cheat, slowed = Sample(10 * MS, 14 * MS, 0), Sample(100 * MS, 10 * MS, 0)
    rounds = [Round(s, HONEST, EMPTY) for s in (cheat, slowed) * 10]
    assert [r.breach for r in reasons_in(rounds[::2], 1)] == [Breach.HIDDEN_THREADS]
    assert [r.breach for r in reasons_in(rounds, 1)] == [Breach.HIDDEN_THREADS]


def test_more_work_between_calls_than_the_baseline_does_is_refused() -> None:
    most = TOLERANCE * 10 * MS + SLACK_NS
    for share, found in ((0.99, set()), (1.01, {Breach.WORK_BETWEEN_CALLS})):
        assert breaches(replace(HONEST, between=MS // 4 + int(share * most))) == found


def test_an_account_that_is_off_for_the_baseline_proves_nothing() -> None:
    off = replace(HONEST, cpu=15 * MS)
    reasons = reasons_in([Round(HONEST, off, EMPTY)] * 20, 1)
    assert [reason.breach for reason in reasons] == [None]
    assert "this machine's account is off" in reasons[0].sentence


def test_calls_that_are_too_short_for_the_account_are_not_verified() -> None:
    short = Sample(EMPTY.wall + SHORTEST_NS - 1, MS, MS // 4)
    reasons = reasons_in([Round(short, short, EMPTY)] * 20, 1)
    assert ["too coarse" in reason.sentence for reason in reasons] == [True]
    assert reasons[0].breach is None


def test_in_short_calls_noise_is_no_breach_and_work_is() -> None:
    short = Sample(EMPTY.wall + MS // 2, MS // 2, MS // 4)
    for extra, found in ((2 * SLACK_NS, {None}), (MS, {None, Breach.WORK_BETWEEN_CALLS})):
        assert breaches(replace(short, between=MS // 4 + extra), baseline=short) == found
    for extra, found in ((2 * SLACK_NS, {None}), (MS, {None, Breach.HIDDEN_THREADS})):
        assert breaches(replace(short, cpu=short.cpu + extra), baseline=short) == found


def test_where_nobody_counts_nothing_is_refused() -> None:
    silent = Sample(10 * MS, None, None)
    assert [r.breach for r in reasons_in([Round(silent, silent, silent)] * 3, 1)] == [None]
    found = comparison.Comparison((Round(silent, silent, silent),), 1, ())
    assert found.cpu_seconds() is None


def test_figures_are_in_pairs_and_without_the_cost_of_timing() -> None:
    fast = Sample(EMPTY.wall + 5 * MS, EMPTY.cpu + 4 * MS, 0)
    found = comparison.Comparison((Round(fast, HONEST, EMPTY),) * 3, 1, ())
    assert found.validity is Validity.VERIFIED
    assert found.seconds() == [pytest.approx((0.005, 0.010))] * 3
    assert found.cpu_seconds() == [pytest.approx((0.004, 0.010))] * 3
    assert found.speedups() == [pytest.approx(2.0)] * 3
    assert found.empty_seconds == pytest.approx(1e-4)


# In jails


def test_two_honest_functions_are_compared_round_by_round(freezer: None) -> None:
    made, checked = [], []

    def generate(number: int) -> Call:
        made.append(number)
        return Call("add", (np.full(10, float(number)), np.ones(10)), updates=[0])

    def check(call: Call, entry: TimedAnswer, baseline: TimedAnswer) -> None:
        np.testing.assert_array_equal(entry.args[0], baseline.args[0])
        checked.append(float(entry.args[0][0]))

    found = compare(SAME, SAME, generate, n_rounds=4, n_warmups=2, check=check)
    assert made == list(range(6))
    assert checked == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert len(found.rounds) == 4
    assert found.validity is Validity.LOCAL
    assert ["too coarse" in reason.sentence for reason in found.reasons] == [True]


def test_honest_functions_are_verified(freezer: None) -> None:
    found = compare(SAME, SAME, calls("digest", 16), n_rounds=8)
    assert found.validity is Validity.VERIFIED, found.reasons
    assert found.cpu_seconds() is not None


def test_a_wrong_answer_ends_the_comparison(freezer: None) -> None:
    def check(call: Call, entry: TimedAnswer, baseline: TimedAnswer) -> None:
        raise ContractViolation("it is wrong")

    with pytest.raises(ContractViolation, match="it is wrong"):
        compare(SAME, SAME, calls("count"), n_rounds=2, check=check)


def test_processes_can_be_new_for_every_round(freezer: None) -> None:
    counts = []

    def check(call: Call, entry: TimedAnswer, baseline: TimedAnswer) -> None:
        counts.append(entry.value)

    compare(SAME, SAME, calls("count"), n_rounds=2, n_warmups=1, check=check, fresh=True)
    assert counts == [1, 2, 1, 2]
    counts.clear()
    compare(SAME, SAME, calls("count"), n_rounds=2, n_warmups=1, check=check)
    assert counts == [1, 2, 3]


def test_hidden_threads_are_refused(freezer: None) -> None:
    """On a busy machine both threads share a processor in many rounds, and gain nothing there."""
    entry = other("with_a_hidden_thread")
    found = compare(entry, SAME, calls("digest", 16), n_rounds=40)
    assert found.validity is Validity.REFUSED
    told = {reason.breach: reason.sentence for reason in found.reasons}
    assert "more threads ran" in told[Breach.HIDDEN_THREADS]


def test_threads_that_are_allowed_are_not_refused(freezer: None) -> None:
    entry = other("with_a_hidden_thread")
    found = compare(entry, entry, calls("digest", 16), n_rounds=8, n_threads=2)
    assert found.validity is Validity.VERIFIED, found.reasons


def test_work_between_calls_is_refused(freezer: None) -> None:
    found = compare(other("work_between_calls"), SAME, calls("digest", 16), n_rounds=6)
    assert found.validity is Validity.REFUSED
    assert [reason.breach for reason in found.reasons] == [Breach.WORK_BETWEEN_CALLS]
    assert "between calls" in found.reasons[0].sentence


def test_a_stopped_clock_changes_nothing(freezer: None) -> None:
    found = compare(other("digest_by_a_stopped_clock"), SAME, calls("digest", 16), n_rounds=8)
    assert found.validity is Validity.VERIFIED, found.reasons
    used = found.cpu_seconds()
    assert used is not None
    ratios = [entry / baseline for entry, baseline in used]
    assert 0.5 < statistics.median(ratios) < 2.0


def test_an_entry_that_does_not_freeze_is_refused(
    freezer: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen: list[TimedGroup] = []

    def freeze(group: TimedGroup) -> None:
        frozen.append(group)
        if frozen.count(frozen[0]) > 4:  # the entry's, the first to start
            assert group is frozen[0]
            group.end()
            raise NotFrozenError("its processes could not be stopped, and have been ended.")
        ordinary(group)

    ordinary = TimedGroup.freeze
    monkeypatch.setattr(TimedGroup, "freeze", freeze)
    found = compare(SAME, SAME, calls("count"), n_rounds=5)
    assert found.validity is Validity.REFUSED
    assert found.reasons[0].breach is Breach.NOT_FROZEN


def test_who_failed_is_told_apart(freezer: None) -> None:
    with pytest.raises(LearnerError, match="fail raised ValueError"):
        compare(other("fail"), SAME, calls("count"), n_rounds=1)
    with pytest.raises(BaselineError, match="the baseline failed: fail raised ValueError"):
        compare(SAME, other("fail"), calls("count"), n_rounds=1)


# Elsewhere


def test_without_control_groups_nothing_is_verified(
    freezer: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_group(n_cpus: int) -> TimedGroup:
        raise NoTimedGroupError("there is no freezer here.")

    monkeypatch.setattr(timed, "timed_group", no_group)
    found = compare(SAME, SAME, calls("digest", 16), n_rounds=2)
    assert found.validity is Validity.LOCAL
    assert [reason.sentence for reason in found.reasons] == ["there is no freezer here."]
    assert found.cpu_seconds() is None


def test_in_plain_processes_nothing_is_verified() -> None:
    found = compare(SAME, SAME, calls("digest", 16), n_rounds=2, launch=TimedProcess)
    assert found.validity is Validity.LOCAL
    assert "plain process" in found.reasons[0].sentence
    assert len(found.seconds()) == 2


def test_a_comparison_holds_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    held = []

    class Lock:
        def __enter__(self) -> None:
            held.append("taken")

        def __exit__(self, *_: object) -> None:
            held.append("given back")

    monkeypatch.setattr(comparison, "measuring", lambda announce: Lock())
    with pytest.raises(ZeroDivisionError):
        compare(SAME, SAME, lambda number: 1 / 0, n_rounds=1, launch=TimedProcess)  # type: ignore[arg-type,return-value]
    assert held == ["taken", "given back"]
