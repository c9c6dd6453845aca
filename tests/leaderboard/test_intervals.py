"""The interval of a median holds what it promises, for any shape of the errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tito.leaderboard.intervals import median_estimate


@pytest.mark.parametrize("n", [9, 14, 21, 32, 45])
def test_the_interval_encloses_the_median_in_19_of_20(n: int) -> None:
    rng = np.random.default_rng(n)
    for draw in (rng.normal, rng.exponential, rng.standard_cauchy):
        samples = draw(size=(2000, n))
        middle = {"normal": 0.0, "exponential": math.log(2), "standard_cauchy": 0.0}
        found = [median_estimate(row.tolist()) for row in samples]
        inside = np.mean([e.low <= middle[draw.__name__] <= e.high for e in found])
        assert 0.94 <= inside <= 0.99, draw.__name__


@pytest.mark.parametrize("n", range(1, 6))
def test_few_values_have_no_interval(n: int) -> None:
    found = median_estimate([1.0] * n)
    assert (found.low, found.high) == (-math.inf, math.inf)
    assert found.half_width == math.inf


def test_six_values_have_one_from_the_least_to_the_largest() -> None:
    found = median_estimate([6, 1, 5, 2, 4, 3])
    assert (found.value, found.low, found.high) == (3.5, 1, 6)
    assert found.half_width == pytest.approx(2.5 / 3.5)


def test_one_outlier_moves_no_end() -> None:
    steady = [1.0 + n / 1000 for n in range(9)]
    assert median_estimate([*steady[:8], 100.0]).high == steady[7]
