"""What a metric is: a pure function with a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class AccuracyMetric:
    """How well each user's list hits what is relevant for that user.

    ``function(hits, n_relevant)`` takes ``hits``, bool of shape (n_users, k): is the item at this
    rank relevant; and ``n_relevant``, integers of shape (n_users,): how many relevant items there
    are in all. It returns float64 of shape (n_users,).
    """

    name: str
    label: str
    function: Callable[[NDArray[np.bool_], NDArray[np.int64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class CatalogueMetric:
    """What all lists together make of the catalogue.

    ``function(items, n_items)`` takes ``items``, integers of shape (n_users, k) where −1 is
    padding, and the size of the catalogue. It returns one number.
    """

    name: str
    label: str
    function: Callable[[NDArray[np.int32], int], float]


Metric = AccuracyMetric | CatalogueMetric


def per_relevant(
    found: NDArray[np.float64], best: NDArray[np.float64] | NDArray[np.int64]
) -> NDArray[np.float64]:
    """``found / best``, and nan where ``best`` is 0: with nothing to find there is no quality."""
    quotient = np.full(found.shape, np.nan)
    np.divide(found, best, out=quotient, where=best > 0)
    return quotient
