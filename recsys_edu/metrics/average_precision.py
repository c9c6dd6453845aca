"""Average precision@k: precision at the rank of every hit, averaged. Its mean over users is MAP.

    average_precision@k = Σ_{r ≤ k, item at r is relevant} precision@r / min(k, n_relevant)

Source: McFee, Bertin-Mahieux, Ellis and Lanckriet, The Million Song Dataset Challenge, WWW 2012
Companion, section 4, with this divisor. Average precision without a cut-off is that of Manning,
Raghavan and Schütze, Introduction to Information Retrieval, 2008, section 8.4, equation 8.8, which
divides by n_relevant.

Edge cases: the divisor is the number of hits that the best possible list of length k has, so 1 can
always be reached. trec_eval and ranx divide by n_relevant, with lower figures where n_relevant is
above k: that is ``map_trec``. A user with nothing relevant has no average precision: nan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_edu.metrics._metric import AccuracyMetric, Counts, Hits, TiedHits, quotient


def average_precision(hits: Hits, n_relevant: Counts) -> NDArray[np.float64]:
    """Return the mean of the precision at each hit, where misses of an ideal list count as 0.

    Args:
        hits: bool, shape (n_users, k): is the item at this rank relevant.
        n_relevant: int, shape (n_users,): number of relevant items, found or not.

    Returns:
        float64, shape (n_users,), in [0, 1]; nan where ``n_relevant`` is 0.
    """
    return quotient(sum_of_precisions(hits), np.minimum(n_relevant, hits.shape[1]))


def expected_average_precision(tied: TiedHits, n_relevant: Counts) -> NDArray[np.float64]:
    """Return the mean of ``average_precision`` over all orders of equal scores."""
    return quotient(expected_sum_of_precisions(tied), np.minimum(n_relevant, tied.size.shape[1]))


def sum_of_precisions(hits: Hits) -> NDArray[np.float64]:
    """Return Σ precision@r over the ranks r that are hits, float64 of shape (n_users,)."""
    precision_at = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    total: NDArray[np.float64] = (precision_at * hits).sum(axis=1)
    return total


def expected_sum_of_precisions(tied: TiedHits) -> NDArray[np.float64]:
    """Return the mean of ``sum_of_precisions`` over all orders of equal scores.

    A rank at place j (from 0) of a group of n items with m hits is one of them with probability
    m / n. Then j · (m − 1) / (n − 1) of the places above it in the group are hits on average.
    """
    others = np.maximum(tied.size - 1, 1)  # in a group of one, no place is above
    in_group = tied.place * (tied.n_hits - 1) / others
    ranks = np.arange(1, tied.size.shape[1] + 1)
    total: NDArray[np.float64] = (tied.share * (tied.hits_above + 1 + in_group) / ranks).sum(axis=1)
    return total


METRIC = AccuracyMetric(
    "map", "MAP", average_precision, expected_average_precision, note="divided by min(k, relevant)"
)
