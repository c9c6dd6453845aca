"""Made-up interactions: as many as were asked for, distinct, skewed, of one density."""

from __future__ import annotations

import numpy as np
import pytest
from scaling import interactions
from skewed import CSR, DENSITY, make_skewed

SIZES = (100_000, 1_000_000)


@pytest.fixture(scope="module", params=SIZES)
def made(request: pytest.FixtureRequest) -> CSR:
    return make_skewed(request.param)


def test_there_are_as_many_as_were_asked_for(made: CSR) -> None:
    assert any(len(made.indices) == pytest.approx(size, rel=0.015) for size in SIZES)


def test_they_are_interactions_and_are_not_copied(made: CSR) -> None:
    train = interactions(made)  # checks that items ascend, distinct and in range
    assert np.shares_memory(train.indices, made.indices)
    assert made.indices.dtype == np.int32


def test_density_is_the_same_at_each_size(made: CSR) -> None:
    assert interactions(made).density == pytest.approx(DENSITY, rel=0.03)


def test_the_popular_tenth_has_what_it_has_in_real_data(made: CSR) -> None:
    popularity = np.sort(interactions(made).popularity())[::-1]
    share = popularity[: len(popularity) // 10].sum() / len(made.indices)
    assert 0.4 < share < 0.5


def test_a_seed_is_a_data_set() -> None:
    first, again, other = (make_skewed(20_000, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.indices, again.indices)
    assert not np.array_equal(first.indices[:1000], other.indices[:1000])
