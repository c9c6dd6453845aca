"""Average precision@k as trec_eval and ranx have it: misses beyond the list count as well.

    average_precision_trec@k = Σ_{r ≤ k, item at r is relevant} precision@r / n_relevant

Source: Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008, section 8.4,
equation 8.8, over the first k ranks; trec_eval calls it map_cut.

Edge cases: a user with more than k relevant items cannot reach 1; with at most k it is the same
number as ``map``. A user with nothing relevant has no average precision: nan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_edu.metrics._metric import AccuracyMetric, Counts, Hits, TiedHits, quotient
from recsys_edu.metrics.average_precision import expected_sum_of_precisions, sum_of_precisions


def average_precision_trec(hits: Hits, n_relevant: Counts) -> NDArray[np.float64]:
    """Return the sum of the precision at each hit over the number of relevant items.

    Args:
        hits: bool, shape (n_users, k): is the item at this rank relevant.
        n_relevant: int, shape (n_users,): number of relevant items, found or not.

    Returns:
        float64, shape (n_users,), in [0, 1]; nan where ``n_relevant`` is 0.
    """
    return quotient(sum_of_precisions(hits), n_relevant)


def expected_average_precision_trec(tied: TiedHits, n_relevant: Counts) -> NDArray[np.float64]:
    """Return the mean of ``average_precision_trec`` over all orders of equal scores."""
    return quotient(expected_sum_of_precisions(tied), n_relevant)


METRIC = AccuracyMetric(
    "map_trec",
    "MAP (trec)",
    average_precision_trec,
    expected_average_precision_trec,
    note="divided by relevant, as trec_eval does",
)
