"""Score every item for every user, leave out what was seen, keep the best k."""

import numpy as np
from numpy.typing import NDArray

from recsys_backends.protocol import TopK


def top_k(
    user_factors: NDArray[np.float32],
    item_factors: NDArray[np.float32],
    item_biases: NDArray[np.float32] | None,
    seen_indptr: NDArray[np.int64],
    seen_indices: NDArray[np.int32],
    *,
    k: int,
    n_threads: int = 1,
) -> TopK:
    """The k best unseen items of each user; equal scores go by the lower item number."""
    items = np.full((len(user_factors), k), -1, dtype=np.int32)
    scores = np.full((len(user_factors), k), -np.inf, dtype=np.float32)
    for row, user in enumerate(user_factors):
        with np.errstate(over="ignore", invalid="ignore"):
            score = item_factors @ user
            if item_biases is not None:
                score = score + item_biases
        score[seen_indices[seen_indptr[row] : seen_indptr[row + 1]]] = -np.inf
        score[np.isnan(score)] = -np.inf
        # A stable sort of the negated scores keeps equal ones in the order of their numbers.
        best = np.argsort(-score, kind="stable")[:k]
        best = best[score[best] > -np.inf]
        items[row, : len(best)] = best
        scores[row, : len(best)] = score[best]
    return TopK(items, scores)
