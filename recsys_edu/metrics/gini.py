"""Gini@k: how unequally the lists treat the items of the catalogue.

With x_(1) ≤ … ≤ x_(n) how often each of the n items is listed, items that never are included,

    gini@k = Σ_r (2r − n − 1) x_(r) / (n Σ_r x_(r))

0 is equal: every item is listed as often as any other. 1 − 1/n is as unequal as can be: all lists
together show one item.

Source: Gini, Variabilità e mutabilità, 1912; of recommended items, Fleder and Hosanagar,
Blockbuster Culture's Next Rise or Fall, Management Science 55(5), 2009. Some divide by n − 1
instead of n, so that 1 can be reached, and some show 1 − gini.

Edge cases: padding (−1) is no item. Where nothing is listed there is nothing to share: nan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_edu.metrics._metric import CatalogueMetric


def gini(items: NDArray[np.int32], n_items: int) -> float:
    """Return the inequality of how often each item is listed; lower is more equal.

    Args:
        items: integers, shape (n_users, k), below ``n_items``; −1 is padding.
        n_items: size of the catalogue.

    Returns:
        A number in [0, 1); nan where no item is listed.
    """
    exposure = np.sort(np.bincount(items[items >= 0], minlength=n_items))
    total = int(exposure.sum())
    if total == 0:
        return float("nan")
    weights = 2 * np.arange(1, n_items + 1) - n_items - 1
    return int(weights @ exposure) / (n_items * total)


METRIC = CatalogueMetric("gini", "Gini", gini, higher_is_better=False)
