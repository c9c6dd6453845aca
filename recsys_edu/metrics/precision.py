"""Precision@k: share of the list that is relevant.

    precision@k = (number of relevant items among the first k) / k

Source: Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008, section 8.4.

Edge cases: a list shorter than k counts as one with misses at its end, so that a model gains
nothing by recommending little. A user with fewer than k relevant items cannot reach 1. A user with
none scores 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_edu.metrics._metric import AccuracyMetric, Counts, Hits, expected_sum


def precision(hits: Hits, n_relevant: Counts) -> NDArray[np.float64]:
    """Return the share of hits in each list.

    Args:
        hits: bool, shape (n_users, k): is the item at this rank relevant.
        n_relevant: int, shape (n_users,); not used, as precision does not ask what was missed.

    Returns:
        float64, shape (n_users,), in [0, 1].
    """
    del n_relevant
    share: NDArray[np.float64] = hits.mean(axis=1, dtype=np.float64)
    return share


METRIC = AccuracyMetric("precision", "Precision", precision, expected_sum(precision))
