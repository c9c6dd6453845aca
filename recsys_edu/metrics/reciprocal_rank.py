"""Reciprocal rank@k: one over the rank of the first relevant item. Its mean over users is the MRR.

    reciprocal_rank@k = 1 / (rank of the first relevant item), 0 if that is beyond k

Ranks count from 1.

Source: Voorhees, The TREC-8 Question Answering Track Report, 1999.

Edge cases: what comes after the first hit makes no difference. A user with nothing relevant
scores 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_edu.metrics._metric import AccuracyMetric, Counts, Hits, TiedHits


def reciprocal_rank(hits: Hits, n_relevant: Counts) -> NDArray[np.float64]:
    """Return one over the rank of the first hit in each list.

    Args:
        hits: bool, shape (n_users, k): is the item at this rank relevant.
        n_relevant: int, shape (n_users,); not used.

    Returns:
        float64, shape (n_users,), in [0, 1].
    """
    del n_relevant
    ranks = np.arange(1, hits.shape[1] + 1)
    scores: NDArray[np.float64] = (hits / ranks).max(axis=1, initial=0.0)
    return scores


def expected_reciprocal_rank(tied: TiedHits, n_relevant: Counts) -> NDArray[np.float64]:
    """Return the mean of ``reciprocal_rank`` over all orders of equal scores: Σ P(first at r) / r.

    P(first hit at rank r) = P(no hit up to r − 1) − P(no hit up to r).
    """
    del n_relevant
    stays = tied.no_hit_so_far()
    first_here = np.concatenate((1.0 - stays[:, :1], stays[:, :-1] - stays[:, 1:]), axis=1)
    scores: NDArray[np.float64] = (first_here / np.arange(1, stays.shape[1] + 1)).sum(axis=1)
    return scores


METRIC = AccuracyMetric("mrr", "MRR", reciprocal_rank, expected_reciprocal_rank)
