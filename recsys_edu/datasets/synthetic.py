"""Synthetic interactions: made by code, the same everywhere, with taste and popularity planted.

Each user and each item has a few latent traits. A user chooses items without replacement, with

    P(next item is i) ∝ exp(popularity_i + taste · p_u · q_i / √d)

where all p, q are standard normal, and popularity is normal too, so that the number of users per
item is long-tailed (log-normal), as activity per user is. Choosing that way is done at a stroke by
the Gumbel-top-k trick: add a Gumbel variate to each score and take the n highest.

Source: Kool, van Hoof and Welling, Stochastic Beams and Where to Find Them: The Gumbel-Top-k Trick
for Sampling Sequences Without Replacement, ICML 2019, section 2.3.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys_backends.random import draws, stream, uniforms
from recsys_edu.datasets._dataset import Dataset
from recsys_edu.errors import InvalidParameterError
from recsys_edu.interactions import Interactions

# Chosen so that popularity and personalised models do about as well as they do on MovieLens 100k.
_N_TRAITS: Final = 8
_TASTE: Final = 1.8
_POPULARITY_SPREAD: Final = 1.8
_ACTIVITY_SPREAD: Final = 0.8
_SEED_100K: Final = 4

_START: Final = 1_700_000_000  # Unix seconds
_SPAN: Final = 365 * 24 * 3600
_PAUSE: Final = 60

_ACTIVITY, _POPULARITY, _USERS, _ITEMS, _CHOICE, _TIME, _ORDER = range(7)


def make_synthetic(
    n_users: int = 943,
    n_items: int = 1682,
    n_interactions: int = 100_000,
    *,
    min_per_user: int = 20,
    seed: int = 0,
) -> Interactions:
    """Make up interactions in which users have a taste.

    Takes memory and time for every (user, item) pair. Ids are 1, 2, 3, …; timestamps are Unix
    seconds: users arrive in the course of a year, and interact once a minute, in random order.

    Args:
        n_users, n_items: size of the matrix.
        n_interactions: exactly so many distinct pairs.
        min_per_user: no user has fewer; the least active ones have about so many.
        seed: 0 <= seed < 2**64.

    Raises:
        InvalidParameterError: numbers that contradict each other.
    """
    if min(n_users, n_items, min_per_user) < 1 or not 0 <= seed < 2**64:
        raise InvalidParameterError(
            "n_users, n_items and min_per_user must be at least 1, and seed from 0 to 2**64 - 1."
        )
    if min_per_user > n_items or not min_per_user * n_users <= n_interactions <= n_users * n_items:
        raise InvalidParameterError(
            f"{n_interactions:,} interactions with at least {min_per_user} for each user do not "
            f"fit into {n_users:,} users × {n_items:,} items."
        )
    root = stream(seed, int.from_bytes(b"synth", "big"))
    activity = _activity(stream(root, _ACTIVITY), n_users, n_items, n_interactions, min_per_user)
    # Best first; the noise makes the n highest a weighted draw without replacement.
    keys = _scores(root, n_users, n_items) + _gumbel(root, n_users, n_items)
    ranking = np.argsort(-keys, axis=1, kind="stable")
    chosen = np.arange(n_items) < activity[:, None]
    rows = np.repeat(np.arange(n_users), activity)
    return Interactions.from_events(
        rows + 1,
        ranking[chosen] + 1,
        timestamps=_times(root, rows, activity),
        user_ids=np.arange(1, n_users + 1),
        item_ids=np.arange(1, n_items + 1),
    )


def _activity(
    key: int, n_users: int, n_items: int, n_interactions: int, minimum: int
) -> NDArray[np.int64]:
    """Return each user's number of interactions: log-normal above the minimum, the exact sum."""
    weights = np.exp(_ACTIVITY_SPREAD * _normals(key, n_users))
    activity = np.full(n_users, minimum, dtype=np.int64)
    left = n_interactions - minimum * n_users
    while left:
        # Shares are rounded down and cut off at the catalogue; what that leaves is shared again.
        room = n_items - activity
        shares = left * weights / weights[room > 0].sum()
        more = np.minimum(np.floor(shares).astype(np.int64), room)
        if not more.any():
            neediest = np.argsort(-shares * (room > 0), kind="stable")[:left]
            more[neediest] = np.minimum(1, room[neediest])
        activity += more
        left -= int(more.sum())
    return activity


def _scores(root: int, n_users: int, n_items: int) -> NDArray[np.float64]:
    """Return how much each user likes each item, noise apart; shape (n_users, n_items)."""
    users = _normals(stream(root, _USERS), n_users * _N_TRAITS).reshape(n_users, _N_TRAITS)
    items = _normals(stream(root, _ITEMS), n_items * _N_TRAITS).reshape(n_items, _N_TRAITS)
    popularity = _POPULARITY_SPREAD * _normals(stream(root, _POPULARITY), n_items)
    scores = np.zeros((n_users, n_items))
    for trait in range(_N_TRAITS):  # not a matrix product, which sums in another order elsewhere
        scores += users[:, trait, None] * items[:, trait]
    scores *= _TASTE / np.sqrt(_N_TRAITS)
    scores += popularity
    return scores


def _gumbel(root: int, n_users: int, n_items: int) -> NDArray[np.float64]:
    """Return standard Gumbel variates, shape (n_users, n_items)."""
    half_step = 2.0**-54  # off 0, whose logarithm is infinite
    drawn = uniforms(stream(root, _CHOICE), n_users * n_items) + half_step
    return -np.log(-np.log(drawn)).reshape(n_users, n_items)


def _normals(key: int, n: int) -> NDArray[np.float64]:
    """Return standard normal variates by the Box-Muller transform, shape (n,)."""
    half = (n + 1) // 2
    drawn = uniforms(key, 2 * half)
    radius = np.sqrt(-2.0 * np.log1p(-drawn[:half]))
    angle = 2.0 * np.pi * drawn[half:]
    return np.concatenate((radius * np.cos(angle), radius * np.sin(angle)))[:n]


def _times(root: int, rows: NDArray[np.int64], activity: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a time for each interaction of ``rows``, which ascend: arrival plus a random turn."""
    arrival = (uniforms(stream(root, _TIME), len(activity)) * _SPAN).astype(np.int64)
    order = np.lexsort((draws(stream(root, _ORDER), len(rows)), rows))
    turns = np.empty(len(rows), dtype=np.int64)
    turns[order] = np.arange(len(rows)) - np.repeat(np.cumsum(activity) - activity, activity)
    return _START + arrival[rows] + _PAUSE * turns


def load_synthetic_100k() -> Interactions:
    """Return the default dataset: the size of MovieLens 100k, and about as hard."""
    return make_synthetic(seed=_SEED_100K)


DATASETS = (
    Dataset(
        "synthetic-100k",
        "made by code: 943 users, 1,682 items, 100,000 interactions with a planted taste",
        load_synthetic_100k,
    ),
)
