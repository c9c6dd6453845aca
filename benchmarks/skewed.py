"""Interactions of any size, made fast and in little memory: popular items, busy users, no taste."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

DENSITY, USERS_PER_ITEM = 0.03, 1.67
"""As in ml-1m-implicit."""
_PAIRS_AT_A_TIME = 1 << 22


class CSR(NamedTuple):
    """The arrays of ``Interactions``, and the number of columns."""

    indptr: np.ndarray
    indices: np.ndarray
    n_items: int


def make_skewed(nnz: int, seed: int = 0) -> CSR:
    """About ``nnz`` interactions (within 1 %), users busy and items popular by one law.

    The shape grows with the square root of ``nnz``, so the density stays as it is; and so does that
    of a tile, whatever the number of blocks. Each (user, item) pair is there or not by a draw of
    its own, so items are distinct and ascend.
    """
    n_items = max(64, round(math.sqrt(nnz / DENSITY / USERS_PER_ITEM)))
    n_users = max(64, round(n_items * USERS_PER_ITEM))
    rng = np.random.default_rng(seed)
    activity = rng.permutation(_zipf_mandelbrot(n_users))
    popularity = rng.permutation(_zipf_mandelbrot(n_items))
    share = _share_for(nnz, activity, popularity)
    indptr = np.zeros(n_users + 1, dtype=np.int64)
    indices = np.empty(int(1.02 * nnz) + 10_000, dtype=np.int32)
    step = max(1, _PAIRS_AT_A_TIME // n_items)
    for first in range(0, n_users, step):
        rows = slice(first, min(first + step, n_users))
        chance = share * np.multiply.outer(activity[rows], popularity)
        there = rng.random(chance.shape, dtype=np.float32) < chance
        counts = np.count_nonzero(there, axis=1)
        indptr[rows.start + 1 : rows.stop + 1] = indptr[rows.start] + np.cumsum(counts)
        found = np.flatnonzero(there)
        indices[indptr[rows.start] : indptr[rows.stop]] = found % n_items
    indices.resize(int(indptr[-1]), refcheck=False)  # in place: a view would be copied later
    for array in (indptr, indices):
        array.flags.writeable = False  # as Interactions takes over without a copy
    return CSR(indptr, indices, n_items)


def _zipf_mandelbrot(n: int) -> np.ndarray:
    """Weights 1 / (rank + n / 50) with mean 1: the first tenth has 46 % (ml-1m-implicit: 47 %)."""
    weights = 1.0 / (np.arange(n) + n / 50.0)
    return (weights / weights.mean()).astype(np.float32)


def _share_for(nnz: int, activity: np.ndarray, popularity: np.ndarray) -> np.float32:
    """The factor at which Σ min(1, factor · activity · popularity) over all pairs is ``nnz``.

    Found by bisection on a thousand of the users and items.
    """
    sample = np.linspace(0.0, 1.0, 1000)
    pairs = np.multiply.outer(np.quantile(activity, sample), np.quantile(popularity, sample))
    wanted = nnz / (len(activity) * len(popularity))
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        if np.minimum(1.0, middle * pairs).mean() < wanted:
            low = middle
        else:
            high = middle
    return np.float32(high)
