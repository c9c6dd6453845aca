"""Does the exported file answer as the model does? Asked at every export, before it is kept."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys_edu.errors import ExportError
from recsys_edu.models.base import Recommender
from recsys_edu.serving.ranker import Ranker

TOLERANCE: Final = 1e-5
"""How far scores may lie apart: absolutely, and relative to those above 1."""
_USERS: Final = 1000
_LENGTH: Final = 20
_CELLS: Final = 1 << 28
"""Scores to compute for it, at most: in large catalogues, fewer users are asked for."""


class Parity(NamedTuple):
    """What the comparison found."""

    n_users: int
    """How many users' lists were compared."""
    k: int
    """How long the lists were."""
    largest_difference: float
    """Between two scores at the same rank, relative to the score where that is above 1."""
    n_exchanged: int
    """Ranks at which the items differ, because their scores differ by less than TOLERANCE."""


def check_parity(model: Recommender, ranker: Ranker) -> Parity:
    """Compare lists of up to 1,000 users, spread evenly; the model ranks on the backend in use.

    Raises:
        ExportError: at some rank, scores differ by more than TOLERANCE, or the items differ and
            their scores in the model do.
    """
    train = model.train
    n_users = max(1, min(_USERS, train.n_users, _CELLS // train.n_items))
    rows = np.linspace(0, train.n_users - 1, n_users).astype(np.int64)
    k = min(_LENGTH, train.n_items)
    expected_items, expected = model.rank(rows, k)
    items, scores = ranker.rank(rows, k)
    exchanged = items != expected_items
    apart = _apart(expected, scores)
    apart[(items < 0) != (expected_items < 0)] = np.inf
    # An item that the model ranks elsewhere must be as good as the one it stands for.
    at, rank = np.nonzero(exchanged & (items >= 0) & (expected_items >= 0))
    own = model._scores(rows[at], items[at, rank].astype(np.int64))
    apart[at, rank] = np.maximum(apart[at, rank], _apart(expected[at, rank], own))
    worst = float(apart.max(initial=0.0))
    if not worst <= TOLERANCE:
        user = train.user_ids[rows[int(np.argmax(apart.max(axis=1)))]].item()
        raise ExportError(
            f"the exported graph does not answer as the model does: for user {user!r} a score is "
            f"off by {worst:.2g}, and {TOLERANCE:g} is allowed; nothing was written"
        )
    return Parity(n_users, k, worst, int(exchanged.sum()))


def _apart(expected: NDArray[np.float32], found: NDArray[np.float32]) -> NDArray[np.float64]:
    """Distances of scores, relative to those above 1; 0 where both are the same infinity."""
    with np.errstate(invalid="ignore"):
        distance = np.abs(expected.astype(np.float64) - found)
    distance[expected == found] = 0.0
    distance[np.isnan(distance)] = np.inf
    size = np.where(np.isfinite(expected), np.abs(expected), 1.0)
    return distance / np.maximum(size, 1.0)
