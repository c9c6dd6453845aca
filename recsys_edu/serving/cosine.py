"""The largest inner product as the largest cosine, which is what approximate indexes search by.

Give every item one more coordinate, so that all are equally long, and every user a 0 there::

    ỹ_i = (y_i, b_i, √(M² − ‖y_i‖² − b_i²)),    M = max ‖(y_i, b_i)‖
    x̃_u = (x_u, 1, 0)
    cos(x̃_u, ỹ_i) = (x_u · y_i + b_i) / (‖x̃_u‖ M)

For one user, only the numerator differs between items, so the order is that of the scores.

Source: Bachrach et al., Speeding Up the Xbox Recommender System Using a Euclidean Transformation
for Inner-Product Spaces, RecSys 2014, section 3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def equally_long(
    item_factors: NDArray[np.float32], item_biases: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """ỹ: float32, shape (n_items, d + 2), or (n_items, d + 1) where there are no biases."""
    n_items, n_factors = item_factors.shape
    n_own = n_factors + (item_biases is not None)
    items = np.empty((n_items, n_own + 1), dtype=np.float32)
    items[:, :n_factors] = item_factors
    if item_biases is not None:
        items[:, n_factors] = item_biases
    squares = np.einsum("if,if->i", items[:, :n_own], items[:, :n_own], dtype=np.float64)
    items[:, n_own] = np.sqrt(squares.max(initial=0.0) - squares)
    return items


def with_bias_and_zero(user_factors: NDArray[np.float32], n_columns: int) -> NDArray[np.float32]:
    """x̃: float32, shape (n, n_columns), for items ỹ of as many columns."""
    n_users, n_factors = user_factors.shape
    users = np.zeros((n_users, n_columns), dtype=np.float32)
    users[:, :n_factors] = user_factors
    users[:, n_factors : n_columns - 1] = 1.0
    return users
