"""Loss that ALS minimises, computed without a visit to every pair."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_PAIRS_AT_A_TIME: Final = 1024
"""Their vectors stay in cache between being gathered and multiplied."""


def mean_squared_loss(
    users: NDArray[np.float32],
    items: NDArray[np.float32],
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    confidence: NDArray[np.float32],
    reg: float,
) -> float:
    """(Σ c (p − x · y)² + λ (Σ ‖x‖² + Σ ‖y‖²)) / number of pairs, the sum over all pairs.

    As if nothing had been observed, Σ (x · y)² is the sum over the entries of XᵀX ∘ YᵀY: for that
    the pairs need not be formed. Only for the observed ones is c (1 − x · y)² − (x · y)² missing.

    Args:
        users, items: float32, shapes (n_users, d) and (n_items, d).
        indptr, indices, confidence: the observed pairs by user, as ``als_half_step`` has them.
        reg: λ.

    Source:
        Hu, Koren and Volinsky, ICDM 2008, equation 3; the trick is that of its section 4.
    """
    x, y = users.astype(np.float64), items.astype(np.float64)
    total = float(((x.T @ x) * (y.T @ y)).sum() + reg * ((x**2).sum() + (y**2).sum()))
    rows = np.repeat(np.arange(len(users)), np.diff(indptr))
    for start in range(0, len(indices), _PAIRS_AT_A_TIME):
        part = slice(start, start + _PAIRS_AT_A_TIME)
        score = np.einsum("nf,nf->n", users[rows[part]], items[indices[part]]).astype(np.float64)
        total += float((confidence[part] * (1.0 - score) ** 2 - score**2).sum())
    return total / (len(users) * len(items))
