"""SplitMix64 is the published generator, and its vectorised forms are its scalar form."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recsys_backends import random

keys = st.integers(0, 2**64 - 1)


def test_known_draws() -> None:
    # The first outputs of SplitMix64 from state 0, as its authors' C code prints them.
    expected = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC]
    assert [random.draw(0, i) for i in range(4)] == expected


@given(keys, st.integers(0, 2**62), st.integers(1, 20))
def test_vectorised_draws_are_the_scalar_ones(key: int, start: int, n: int) -> None:
    expected = [random.draw(key, start + i) for i in range(n)]
    assert random.draws(key, n, start).tolist() == expected


@given(keys, st.integers(0, 1000), st.integers(1, 2**32))
def test_bounded_is_in_range_and_scale_agrees(key: int, index: int, bound: int) -> None:
    value = random.bounded(key, index, bound)
    assert 0 <= value < bound
    assert random.scale(random.draws(key, 1, index), bound).tolist() == [value]


@given(keys, st.integers(0, 60))
def test_permutation_holds_each_number_once(key: int, n: int) -> None:
    assert sorted(random.permutation(key, n).tolist()) == list(range(n))


def test_permutation_is_fisher_yates_as_specified() -> None:
    key, n = 12345, 50
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        j = random.bounded(key, i, i + 1)
        order[i], order[j] = order[j], order[i]
    assert random.permutation(key, n).tolist() == order


def test_permutations_are_uniform() -> None:
    counts: dict[tuple[int, ...], int] = {}
    for key in range(6000):
        order = tuple(random.permutation(key, 3).tolist())
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert all(850 < count < 1150 for count in counts.values())  # 1000 ± 5 σ


def test_streams_differ_by_every_step_of_their_path() -> None:
    paths = [(0,), (1,), (0, 0), (0, 1), (1, 0), (0, 0, 0), (2, 3), (3, 2)]
    found = {random.stream(seed, *path) for seed in (0, 1, 2**64 - 1) for path in paths}
    assert len(found) == 3 * len(paths)


def test_uniforms_lie_in_the_unit_interval_and_fill_it() -> None:
    values = random.uniforms(7, 100_000)
    assert values.min() >= 0.0
    assert values.max() < 1.0
    assert abs(values.mean() - 0.5) < 0.005
    assert np.histogram(values, 10, (0, 1))[0].min() > 9_500
