"""NDCG@k: hits weigh less the further down they are, against the best list there could be.

    DCG@k  = Σ_{r ≤ k, item at r is relevant} 1 / log2(r + 1)
    NDCG@k = DCG@k / (the DCG@k of a list that starts with min(k, n_relevant) hits)

Source: Järvelin and Kekäläinen, Cumulated Gain-Based Evaluation of IR Techniques, ACM TOIS 20(4),
2002, with relevance 0 or 1 and the discount 1 / log2(r + 1) that is usual today.

Edge cases: 1 can always be reached, since the ideal list is cut off at k as well. A user with
nothing relevant has no NDCG: nan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_edu.metrics._metric import AccuracyMetric, Counts, Hits, expected_sum, quotient


def ndcg(hits: Hits, n_relevant: Counts) -> NDArray[np.float64]:
    """Return the discounted gain of each list as a share of the best possible.

    Args:
        hits: bool, shape (n_users, k): is the item at this rank relevant.
        n_relevant: int, shape (n_users,): number of relevant items, found or not.

    Returns:
        float64, shape (n_users,), in [0, 1]; nan where ``n_relevant`` is 0.
    """
    k = hits.shape[1]
    discounts = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate(([0.0], np.cumsum(discounts)))
    # Summed one rank after another, as the ideal is, so that a perfect list scores exactly 1.
    gain = np.concatenate((np.zeros((len(hits), 1)), np.cumsum(hits * discounts, axis=1)), axis=1)
    return quotient(gain[:, -1], ideal[np.minimum(n_relevant, k)])


METRIC = AccuracyMetric("ndcg", "NDCG", ndcg, expected_sum(ndcg))
