"""Small random vectors, from which models begin."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys_backends.memory import aligned_zeros
from recsys_backends.random import stream, uniforms
from recsys_edu.interactions import Interactions
from recsys_edu.models.factor_state import Vectors

_INITIAL_FACTORS: Final = 2**32
"""Branch of the random stream: far from the epochs, which are numbered from 0."""
_DRAWS_AT_A_TIME: Final = 1 << 16
"""Vectors are drawn in 64-bit numbers, several for each 32-bit factor: not all at once."""


def random_vectors(train: Interactions, n_factors: int, seed: int, init_scale: float) -> Vectors:
    """Return first vectors, zeros for users without interactions, and no biases.

    Args:
        train: interactions, for the numbers of users and items.
        n_factors: length of each vector.
        seed: seed of the draws.
        init_scale: standard deviation of the numbers, which are uniform.
    """
    key = stream(seed, _INITIAL_FACTORS)
    users = random_rows(stream(key, 0), train.n_users, n_factors, init_scale)
    items = random_rows(stream(key, 1), train.n_items, n_factors, init_scale)
    users[np.diff(train.indptr) == 0] = 0.0
    return Vectors(users, items, None)


def random_rows(key: int, n_rows: int, n_factors: int, init_scale: float) -> NDArray[np.float32]:
    """Return rows uniform in ±√3 · init_scale, which has standard deviation init_scale."""
    rows = aligned_zeros(n_rows, n_factors)
    values = rows.reshape(-1)
    for start in range(0, rows.size, _DRAWS_AT_A_TIME):
        part = values[start : start + _DRAWS_AT_A_TIME]
        drawn = uniforms(key, len(part), start)
        part[...] = (2.0 * drawn - 1.0) * (math.sqrt(3.0) * init_scale)
    return rows
