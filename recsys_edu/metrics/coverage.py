"""Catalogue coverage@k: share of all items that occur in anybody's list.

    coverage@k = (number of distinct items in all users' lists) / (number of items)

Source: Ge, Delgado-Battenfeld and Jannach, Beyond Accuracy: Evaluating Recommender Systems by
Coverage and Serendipity, RecSys 2010, section 3.

Edge cases: padding (−1) is no item; more users and a longer list can only raise it, so compare
models on the same users. An empty catalogue has no coverage: nan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_edu.metrics._metric import CatalogueMetric


def coverage(items: NDArray[np.int32], n_items: int) -> float:
    """Return the share of the catalogue that occurs in at least one list.

    Args:
        items: integers, shape (n_users, k), below ``n_items``; −1 is padding.
        n_items: size of the catalogue.

    Returns:
        A number in [0, 1]; nan where ``n_items`` is 0.
    """
    if n_items == 0:
        return float("nan")
    shown = np.zeros(n_items, dtype=np.bool_)
    shown[items[items >= 0]] = True
    return float(np.count_nonzero(shown)) / n_items


METRIC = CatalogueMetric("coverage", "Coverage", coverage)
