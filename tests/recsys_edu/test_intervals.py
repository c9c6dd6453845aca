"""Confidence intervals: Wilson's for zeros and ones, bounded for all, and right often enough."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from recsys_edu.intervals import score_interval


@pytest.mark.parametrize(("n_hits", "n"), [(0, 2), (1, 2), (3, 7), (7, 7), (40, 1000)])
def test_wilsons_for_zeros_and_ones(n_hits: int, n: int) -> None:
    values = np.repeat([1.0, 0.0], [n_hits, n - n_hits])
    expected = binomtest(n_hits, n).proportion_ci(0.95, method="wilson")
    assert score_interval(values) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8), st.sampled_from([1.0, 9.5]))
def test_it_stays_within_the_bounds_and_holds_the_mean(values: list[float], highest: float) -> None:
    low, high = score_interval(highest * np.array(values), highest)
    mean = highest * float(np.mean(values))
    assert 0 <= low <= mean + 1e-12
    assert mean - 1e-12 <= high <= highest


def test_for_many_values_it_is_the_normal_one() -> None:
    values = np.random.default_rng(0).beta(2, 5, 5000)
    low, high = score_interval(values)
    margin = 1.959964 * values.std(ddof=1) / math.sqrt(5000)
    assert (low, high) == pytest.approx((values.mean() - margin, values.mean() + margin), abs=3e-5)


def test_it_holds_the_true_mean_where_the_normal_one_does_not() -> None:
    """Few users and low values, where the normal interval misses the mean far more often."""
    rng = np.random.default_rng(0)
    truth, held, held_by_normal = 0.1 / 2, 0, 0
    for _ in range(2000):
        values = (rng.random(10) < 0.1) * rng.random(10)
        low, high = score_interval(values)
        held += low <= truth <= high
        margin = 1.96 * values.std(ddof=1) / math.sqrt(10)
        held_by_normal += abs(values.mean() - truth) <= margin
    assert held / 2000 > 0.9
    assert held_by_normal / 2000 < 0.6


def test_too_few_values_have_none() -> None:
    for values in ([], [0.5]):
        assert all(map(math.isnan, score_interval(np.array(values))))
    assert all(map(math.isnan, score_interval(np.zeros(3), highest=0.0)))
    assert score_interval(np.array([0.5, 0.5])) == (0.5, 0.5)
