"""Refuse samplers that a backend could not rely on; used by ``recsys_backends.ops`` alone.

They are looked at in every call, as the interactions are: it costs less than drawing by them, and
arrays of the caller's that were changed in between cannot slip through.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_backends.checks import array
from recsys_backends.errors import InvalidArgumentError
from recsys_backends.plan import AdaptiveSampler, UniformSampler, WeightedSampler

_TOO_MUCH = 2**32
"""Draws are scaled by multiply-shift, which works for totals of 32 bits."""


def sampler(value: object, n_users: int, n_items: int) -> None:
    """One of the three samplers, whose arrays fit the interactions."""
    if type(value) is WeightedSampler:
        weights = array("sampler.weights", value.weights, np.int64, 1)
        _weights("sampler.weights", weights, n_items)
    elif type(value) is AdaptiveSampler:
        _adaptive(value, n_users, n_items)
    elif type(value) is not UniformSampler:
        raise InvalidArgumentError(
            "sampler must be a UniformSampler, a WeightedSampler or an AdaptiveSampler, "
            f"not {value!r:.60}."
        )


def _adaptive(value: AdaptiveSampler, n_users: int, n_items: int) -> None:
    rankings = array("sampler.rankings", value.rankings, np.int32, 2)
    user_weights = array("sampler.user_weights", value.user_weights, np.int32, 2)
    rank_weights = array("sampler.rank_weights", value.rank_weights, np.int64, 1)
    d = len(rankings)
    if d == 0 or rankings.shape[1] != n_items:
        raise InvalidArgumentError(
            f"sampler.rankings must have at least one row and {n_items} columns, one per item, "
            f"not shape {rankings.shape}."
        )
    if user_weights.shape != (n_users, d):
        raise InvalidArgumentError(
            f"sampler.user_weights must have shape ({n_users}, {d}), one row per user and one "
            f"column per ranking, not {user_weights.shape}."
        )
    _weights("sampler.rank_weights", rank_weights, n_items)
    if np.any(rank_weights[1:] > rank_weights[:-1]):
        raise InvalidArgumentError("sampler.rank_weights must never rise.")
    _permutations(rankings)
    if np.any(np.abs(user_weights, dtype=np.int64).sum(axis=1) >= _TOO_MUCH):
        raise InvalidArgumentError(
            "sampler.user_weights must have magnitudes that add up to less than 2**32 in each row."
        )


def _weights(name: str, weights: NDArray[np.int64], n_items: int) -> None:
    if len(weights) != n_items:
        raise InvalidArgumentError(
            f"{name} must have one entry per item ({n_items}), not {len(weights)}."
        )
    if weights.min() < 0:
        raise InvalidArgumentError(f"{name} must be at least 0, but one is {weights.min()}.")
    # Each is looked at first: with fewer than 2**31 of them, the sum cannot overflow then.
    if weights.max() >= _TOO_MUCH or not 0 < weights.sum() < _TOO_MUCH:
        raise InvalidArgumentError(f"{name} must add up to more than 0 and less than 2**32.")


def _permutations(rankings: NDArray[np.int32]) -> None:
    n_items = rankings.shape[1]
    if rankings.min() >= 0 and rankings.max() < n_items:
        ranked = np.zeros(rankings.shape, dtype=np.bool_)
        np.put_along_axis(ranked, rankings, values=True, axis=1)
        if ranked.all():
            return
    raise InvalidArgumentError(
        f"sampler.rankings must hold each item from 0 to {n_items - 1} once in every row."
    )
