"""AUC: how often a relevant item ranks above an irrelevant one, of all that the user lacks.

With R the relevant items that the user did not have in training, and I the irrelevant ones,

    AUC = Σ_{i ∈ R} Σ_{j ∈ I} ([x_i > x_j] + ½ [x_i = x_j]) / (|R| |I|)

which is had from ranks alone, equal scores sharing the mean of their ranks, counted from 1:

    AUC = 1 − (Σ_{i ∈ R} rank_i − |R| (|R| + 1) / 2) / (|R| |I|)

Source: Rendle et al., BPR: Bayesian Personalized Ranking from Implicit Feedback, UAI 2009, section
6.2; by ranks, Mann and Whitney, Annals of Mathematical Statistics 18(1), 1947, which counts ties by
half.

Edge cases: there is no k, and a swap at the end of the ranking weighs as much as one at its top.
Items that a model ranks nowhere come last, tied. A user without relevant or without irrelevant
unseen items has no AUC: nan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_edu.metrics._metric import Ranking, RankingMetric, quotient


def auc(ranking: Ranking) -> NDArray[np.float64]:
    """Return the share of pairs of a relevant and an irrelevant item that are in the right order.

    Returns:
        float64, shape (n_users,), in [0, 1]; nan where there is no such pair.
    """
    ranked = ranking.scores > -np.inf
    n_users, n_ranked = len(ranked), np.count_nonzero(ranked, axis=1)
    users, places = np.nonzero(ranking.hits & ranked)
    n_found = np.bincount(users, minlength=n_users)
    ranks = _mean_ranks(ranking.scores, users, places)
    found_ranks = np.bincount(users, weights=ranks, minlength=n_users)
    missing_ranks = (ranking.n_relevant - n_found) * (n_ranked + 1 + ranking.n_unseen) / 2
    n_wrong = found_ranks + missing_ranks - ranking.n_relevant * (ranking.n_relevant + 1) / 2
    n_pairs = ranking.n_relevant * (ranking.n_unseen - ranking.n_relevant)
    return quotient(n_pairs - n_wrong, n_pairs)


def _mean_ranks(
    scores: NDArray[np.float32], rows: NDArray[np.int64], places: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the rank, within its row, of the score at each place; equal scores share the mean."""
    differs = np.ones(scores.shape, dtype=np.bool_)
    np.not_equal(scores[:, 1:], scores[:, :-1], out=differs[:, 1:])
    bounds = np.append(np.flatnonzero(differs), scores.size)  # of the runs of equal scores
    before = rows * scores.shape[1]
    run = np.searchsorted(bounds, before + places, side="right") - 1
    ranks: NDArray[np.float64] = (bounds[run] + 1 + bounds[run + 1]) / 2 - before
    return ranks


METRIC = RankingMetric("auc", "AUC", auc)
