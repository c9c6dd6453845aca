"""Average precision@k: precision at the rank of every hit, averaged. Its mean over users is MAP.

    average_precision@k = Σ_{r ≤ k, item at r is relevant} precision@r / min(k, n_relevant)

Source: Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008, section 8.4,
equation 8.8, cut off at k.

Edge cases: the divisor is the number of hits that the best possible list of length k has, so 1 can
always be reached; some libraries divide by n_relevant or by the number of hits, with other figures.
A user with nothing relevant has no average precision: nan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_edu.metrics._metric import AccuracyMetric, quotient


def average_precision(
    hits: NDArray[np.bool_], n_relevant: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Mean of the precision at each hit, misses of an ideal list counting as 0.

    Args:
        hits: bool, shape (n_users, k): is the item at this rank relevant.
        n_relevant: int, shape (n_users,): number of relevant items, found or not.

    Returns:
        float64, shape (n_users,), in [0, 1]; nan where ``n_relevant`` is 0.
    """
    k = hits.shape[1]
    precision_at = np.cumsum(hits, axis=1) / np.arange(1, k + 1)
    return quotient((precision_at * hits).sum(axis=1), np.minimum(n_relevant, k))


METRIC = AccuracyMetric("map", "MAP", average_precision)
