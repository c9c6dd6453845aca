"""How peers are timed, with libraries and a clock that are made up: neither has to be installed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import peer_timing
import pytest
from peer_counts import SKIPS
from peer_timing import OURS, print_table, time_calls, time_fits

from recsys_edu.datasets import make_synthetic
from recsys_edu.interactions import Interactions


class Clock:
    """Stands still, unless somebody works."""

    now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(peer_timing, "time", made)
    return made


@pytest.fixture(scope="module")
def train() -> Interactions:
    return make_synthetic(60, 40, 700, min_per_user=5)


def library(clock: Clock, learned: int, once: float, epoch: float) -> Callable[[int], list[int]]:
    """A library that needs so many seconds for each fit and for each of its epochs."""

    def fit(epochs: int) -> list[int]:
        clock.now += once + epochs * epoch
        return [learned] * epochs

    return fit


def test_only_epochs_count_and_only_triples_that_were_learned_from(
    clock: Clock, train: Interactions
) -> None:
    learned = round((1 - SKIPS["implicit"](train)) * train.nnz)
    times = time_fits(
        {
            OURS: library(clock, train.nnz, once=3.0, epoch=0.5),
            "implicit": library(clock, learned, once=70.0, epoch=2.0),
        },
        train,
        rounds=3,
    )
    assert times[OURS] == pytest.approx([0.5e9 / train.nnz] * 3)
    assert times["implicit"] == pytest.approx([2.0e9 / learned] * 3)


def test_a_library_that_miscounts_is_not_timed(clock: Clock, train: Interactions) -> None:
    with pytest.raises(RuntimeError, match="cornac says"):
        time_fits({"cornac": library(clock, train.nnz, 1.0, 1.0)}, train, rounds=1)


def test_lists_are_timed_by_user_and_must_agree(clock: Clock) -> None:
    lists = np.arange(60).reshape(3, 20)

    def recommend(items: np.ndarray, seconds: float) -> Callable[[], np.ndarray]:
        def call() -> np.ndarray:
            clock.now += seconds
            return items

        return call

    ours, theirs = recommend(lists, 3e-6), recommend(lists[:, ::-1], 6e-6)  # order may differ
    times = time_calls({OURS: ours, "implicit": theirs}, n_users=3, rounds=2)
    assert times[OURS] == pytest.approx([1.0, 1.0])
    assert times["implicit"] == pytest.approx([2.0, 2.0])
    with pytest.raises(RuntimeError, match="cornac recommends other items"):
        time_calls({OURS: ours, "cornac": recommend(lists + 1, 1.0)}, n_users=3, rounds=2)


def test_ratios_are_taken_within_a_round(capsys: pytest.CaptureFixture[str]) -> None:
    print_table({OURS: [1.0, 10.0, 2.0], "implicit": [3.0, 31.0, 5.0]}, "ns/triple")
    ours, theirs = capsys.readouterr().out.splitlines()
    assert ours.split() == [OURS, "2.0", "ns/triple", "1.00", "×", OURS]
    assert theirs.split() == ["implicit", "5.0", "ns/triple", "3.00", "×", OURS]
