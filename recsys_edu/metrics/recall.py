"""Recall@k: share of the relevant items that the list found.

    recall@k = (number of relevant items among the first k) / (number of relevant items)

Source: Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008, section 8.4.

Edge cases: a user with more than k relevant items cannot reach 1; some papers divide by
min(k, number of relevant items) instead, which gives higher figures. A user with none has no
recall: nan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_edu.metrics._metric import AccuracyMetric, Counts, Hits, expected_sum, quotient


def recall(hits: Hits, n_relevant: Counts) -> NDArray[np.float64]:
    """Return the share of each user's relevant items that the list holds.

    Args:
        hits: bool, shape (n_users, k): is the item at this rank relevant.
        n_relevant: int, shape (n_users,): number of relevant items, found or not.

    Returns:
        float64, shape (n_users,), in [0, 1]; nan where ``n_relevant`` is 0.
    """
    return quotient(hits.sum(axis=1, dtype=np.float64), n_relevant)


METRIC = AccuracyMetric("recall", "Recall", recall, expected_sum(recall))
