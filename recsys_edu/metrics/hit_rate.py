"""Hit rate@k: share of users whose list holds anything relevant.

    hit_rate@k = 1 if any of the first k items is relevant, else 0

Source: Deshpande and Karypis, Item-Based Top-N Recommendation Algorithms, ACM TOIS 22(1), 2004,
section 6.2; there with a single relevant item a user, where it is the same as recall.

Edge cases: the more relevant items a user has, the easier it gets, so compare models on one split
only. A user with none scores 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_edu.metrics._metric import AccuracyMetric, Counts, Hits, TiedHits


def hit_rate(hits: Hits, n_relevant: Counts) -> NDArray[np.float64]:
    """Return 1 for each list with a hit, 0 for the others.

    Args:
        hits: bool, shape (n_users, k): is the item at this rank relevant.
        n_relevant: int, shape (n_users,); not used.

    Returns:
        float64, shape (n_users,), 0 or 1.
    """
    del n_relevant
    found: NDArray[np.float64] = hits.max(axis=1, initial=False).astype(np.float64)
    return found


def expected_hit_rate(tied: TiedHits, n_relevant: Counts) -> NDArray[np.float64]:
    """Return the mean of ``hit_rate`` over all orders of equal scores: 1 − P(no hit)."""
    del n_relevant
    found: NDArray[np.float64] = 1.0 - tied.no_hit_so_far()[:, -1]
    return found


METRIC = AccuracyMetric("hit_rate", "Hit rate", hit_rate, expected_hit_rate)
