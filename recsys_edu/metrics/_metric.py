"""What a metric is: a pure function with a name. The kinds differ in what they are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_edu.interactions import Interactions


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
    higher_is_better: bool = True


@dataclass(frozen=True, slots=True)
class Lists:
    """Some users' lists, and what there was to learn from."""

    rows: NDArray[np.int64]
    """int64, shape (n_users,): the row in ``train`` of each list's user."""
    items: NDArray[np.int32]
    """int32, shape (n_users, k): columns of ``train``, best first; −1 is padding."""
    hits: NDArray[np.bool_]
    """bool, shape (n_users, k): is the item at this rank relevant; false for padding."""
    train: Interactions
    """The training interactions."""


@dataclass(frozen=True, slots=True)
class ListMetric:
    """How each user's list looks beside the training interactions.

    ``function(lists)`` returns float64 of shape (n_users,).
    """

    name: str
    label: str
    function: Callable[[Lists], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Ranking:
    """All that each user has not seen in training, ranked."""

    scores: NDArray[np.float32]
    """float32, shape (n_users, n): the score at each rank, which never rises along a row. −inf
    beyond the last item that the model ranked."""
    hits: NDArray[np.bool_]
    """bool, shape (n_users, n): is the item at this rank relevant; false where there is none."""
    n_relevant: NDArray[np.int64]
    """int64, shape (n_users,): how many unseen items are relevant, ranked or not."""
    n_unseen: NDArray[np.int64]
    """int64, shape (n_users,): how many items there are to rank."""


@dataclass(frozen=True, slots=True)
class RankingMetric:
    """How well the whole catalogue is ranked for each user; it has no list length.

    ``function(ranking)`` returns float64 of shape (n_users,).
    """

    name: str
    label: str
    function: Callable[[Ranking], NDArray[np.float64]]


Metric = AccuracyMetric | CatalogueMetric | ListMetric | RankingMetric


def quotient(
    above: NDArray[np.float64] | NDArray[np.int64], below: NDArray[np.float64] | NDArray[np.int64]
) -> NDArray[np.float64]:
    """``above / below``, and nan where ``below`` is 0: for such a user the metric has no value."""
    divided = np.full(above.shape, np.nan)
    np.divide(above, below, out=divided, where=below > 0)
    return divided
