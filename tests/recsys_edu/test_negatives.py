"""Samplers made of counts and of factors: the odds that they are meant to give, as integers."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_backends import sampler_checks
from recsys_edu.models.negatives import adaptive, by_popularity


def factors(n_rows: int, n_factors: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n_rows, n_factors)).astype(np.float32)


# Popularity


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=50).filter(any),
    st.sampled_from([0.01, 0.5, 0.75, 1.0, 2.0, 10.0]),
)
def test_weights_are_powers_of_the_counts(counts: list[int], power: float) -> None:
    sampler = by_popularity(np.array(counts), power)
    sampler_checks.sampler(sampler, 3, len(counts))
    weights = sampler.weights.astype(np.float64)
    wanted = np.where(np.array(counts) > 0, np.array(counts, dtype=np.float64) ** power, 0)
    np.testing.assert_allclose(weights / weights.sum(), wanted / wanted.sum(), atol=1e-7)
    np.testing.assert_array_equal(weights == 0, np.array(counts) == 0)
    assert weights.sum() > 2**31  # no more is rounded away than has to be


def test_weights_are_these_integers_everywhere() -> None:
    found = by_popularity(np.array([0, 1, 2, 3, 583, 2]), 0.75).weights
    assert found.tolist() == [0, 34280582, 57652837, 78142829, 4067238201, 57652837]


# What ranks high


def test_rankings_are_by_falling_value_and_ties_by_number() -> None:
    items = np.round(factors(60, 4) * 3)  # many ties, and zeros of both signs
    items[[3, 9]] = -0.0
    items[:2, 0] = np.finfo(np.float32).max, -np.finfo(np.float32).max
    sampler = adaptive(factors(5, 4), items, None, 0.1)
    expected = np.argsort(-items.T, axis=1, kind="stable")
    np.testing.assert_array_equal(sampler.rankings, expected)
    assert sampler.rankings.dtype == np.int32


def test_a_factor_counts_by_the_users_value_and_the_items_spread() -> None:
    users, items = factors(7, 3), factors(50, 3) * np.array([1, 5, 0], np.float32)
    users[2] = 0.0
    sampler = adaptive(users, items, None, 0.1)
    sampler_checks.sampler(sampler, 7, 50)
    wanted = users * items.std(axis=0, dtype=np.float64)
    np.testing.assert_array_equal(np.sign(sampler.user_weights), np.sign(wanted))
    assert not sampler.user_weights[2].any()
    for found, row in zip(sampler.user_weights, wanted, strict=True):
        if row.any():
            shares = np.abs(found).astype(np.float64) / np.abs(found).astype(np.int64).sum()
            np.testing.assert_allclose(shares, np.abs(row) / np.abs(row).sum(), atol=1e-8)


def test_biases_are_a_factor_that_all_users_share() -> None:
    users, items = factors(4, 2), factors(9, 2)
    biases = np.arange(9, dtype=np.float32)
    sampler = adaptive(users, items, biases, 0.1)
    assert sampler.rankings[2].tolist() == list(range(8, -1, -1))
    assert (sampler.user_weights[:, 2] > 0).all()
    np.testing.assert_array_equal(sampler.rankings[:2], adaptive(users, items, None, 0.1).rankings)


@pytest.mark.parametrize("rank_scale", [0.01, 0.1, 0.3])
def test_the_mean_rank_is_a_share_of_the_catalogue(rank_scale: float) -> None:
    weights = adaptive(factors(2, 1), factors(5000, 1), None, rank_scale).rank_weights
    mean = (weights * np.arange(5000)).sum() / weights.sum()
    untruncated = rank_scale * 5000
    lost = (untruncated + 5000) * np.exp(-1 / rank_scale)  # of the mean, by ending at 5,000
    assert mean == pytest.approx((untruncated - lost) / (1 - np.exp(-1 / rank_scale)), rel=1e-3)
    assert (np.diff(weights) <= 0).all()


@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (3, 200), (40, 7)])
@pytest.mark.parametrize("rank_scale", [1e-9, 0.1, 1.0])
@pytest.mark.parametrize("scale", [0.0, 1e-38, 1.0, 1e38])
def test_any_finite_factors_give_a_sampler(
    shape: tuple[int, int], rank_scale: float, scale: float
) -> None:
    items = factors(*shape).clip(-3, 3) * np.float32(scale)
    users = factors(6, shape[1], seed=1).clip(-3, 3) * np.float32(scale)
    sampler = adaptive(users, items, items[:, 0].copy(), rank_scale)
    sampler_checks.sampler(sampler, 6, shape[0])


def digest() -> str:
    users, items = factors(300, 33), factors(500, 33, seed=1)
    found = hashlib.sha256()
    for some in (
        adaptive(users, items, items[:, 5].copy(), 0.07),
        adaptive(users[:, :1], items[:, :1], None, 0.3),
    ):
        for array in (some.rankings, some.user_weights, some.rank_weights):
            found.update(array.tobytes())
    return found.hexdigest()


def test_the_instructions_that_numpy_finds_make_no_difference() -> None:
    from numpy._core._multiarray_umath import (  # type: ignore[attr-defined]
        __cpu_dispatch__,
        __cpu_features__,
    )

    there = [name for name in __cpu_dispatch__ if __cpu_features__[name]]
    code = "from tests.recsys_edu.test_negatives import digest; print(digest())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ,
            "NPY_DISABLE_CPU_FEATURES": " ".join(there),
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == digest()
