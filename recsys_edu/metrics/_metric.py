"""Kinds of metrics: pure functions with a name. The kinds differ in what they are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys_edu.interactions import Interactions

Counts = NDArray[np.int64]
Hits = NDArray[np.bool_] | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TiedHits:
    """Ranks of lists in which items of equal score could stand in any order.

    The items of one score are a group. A list may end within its last group; ``size`` and
    ``n_hits`` are those of the whole group all the same.

    Source of the model, and of the metrics' expected values under it: McSherry and Najork,
    Computing Information Retrieval Performance Measures Efficiently in the Presence of Tied
    Scores, ECIR 2008.
    """

    start: Counts
    """int64, shape (n_users, k): number of ranks above the group that the rank belongs to."""
    size: Counts
    """int64, shape (n_users, k): number of items in that group, at least 1."""
    n_hits: Counts
    """int64, shape (n_users, k): number of relevant items in that group."""
    hits_above: Counts
    """int64, shape (n_users, k): number of relevant items in the groups above it."""

    @classmethod
    def joined(cls, parts: Sequence[TiedHits], k: int) -> TiedHits:
        """Return the lists of all parts, one after the other; each part has k ranks."""
        names = ("start", "size", "n_hits", "hits_above")
        nothing = np.empty((0, k), dtype=np.int64)
        return cls(
            *(np.concatenate([nothing, *(getattr(part, name) for part in parts)]) for name in names)
        )

    def first(self, k: int) -> TiedHits:
        """Return the first k ranks."""
        return TiedHits(
            self.start[:, :k], self.size[:, :k], self.n_hits[:, :k], self.hits_above[:, :k]
        )

    @property
    def share(self) -> NDArray[np.float64]:
        """Probability of a hit at each rank, float64 of shape (n_users, k)."""
        shares: NDArray[np.float64] = self.n_hits / self.size
        return shares

    @property
    def place(self) -> Counts:
        """Place of each rank within its group, from 0, int64 of shape (n_users, k)."""
        places: Counts = np.arange(self.start.shape[1]) - self.start
        return places

    def no_hit_so_far(self) -> NDArray[np.float64]:
        """Probability that no rank up to this one is a hit, float64 of shape (n_users, k)."""
        # Of a group whose first places were all misses, the hits are among the places left.
        left = self.size - self.place
        stays: NDArray[np.float64] = np.cumprod(np.maximum(left - self.n_hits, 0) / left, axis=1)
        return stays


@dataclass(frozen=True, slots=True)
class AccuracyMetric:
    """Measure of how well each user's list hits the items that are relevant for that user.

    ``function(hits, n_relevant)`` takes ``hits``, bool of shape (n_users, k): is the item at this
    rank relevant; and ``n_relevant``, integers of shape (n_users,): how many relevant items there
    are in all. It returns float64 of shape (n_users,).

    ``expected(tied, n_relevant)`` returns the mean of ``function`` over all orders of equal scores,
    all equally likely.
    """

    name: str
    label: str
    function: Callable[[Hits, Counts], NDArray[np.float64]]
    expected: Callable[[TiedHits, Counts], NDArray[np.float64]]
    note: str = ""
    """Remark that is printed beside the figure, where the name alone could mislead."""


def expected_sum(
    function: Callable[[Hits, Counts], NDArray[np.float64]],
) -> Callable[[TiedHits, Counts], NDArray[np.float64]]:
    """Make ``expected`` of a metric that is a weighted sum of its hits.

    The expectation of a sum is the sum of expectations: each hit is replaced by its probability.
    """
    return lambda tied, n_relevant: function(tied.share, n_relevant)


@dataclass(frozen=True, slots=True)
class CatalogueMetric:
    """Measure of all lists together, as parts of one catalogue.

    ``function(items, n_items)`` takes ``items``, integers of shape (n_users, k) where −1 is
    padding, and the size of the catalogue. It returns one number.
    """

    name: str
    label: str
    function: Callable[[NDArray[np.int32], int], float]
    higher_is_better: bool = True


@dataclass(frozen=True, slots=True)
class Lists:
    """Some users' lists, and the interactions that there were to learn from."""

    rows: Counts
    """int64, shape (n_users,): the row in ``train`` of each list's user."""
    items: NDArray[np.int32]
    """int32, shape (n_users, k): columns of ``train``, best first; −1 is padding."""
    hits: NDArray[np.bool_]
    """bool, shape (n_users, k): is the item at this rank relevant; false for padding."""
    train: Interactions
    """The training interactions."""


def _one(train: Interactions) -> float:
    return 1.0


@dataclass(frozen=True, slots=True)
class ListMetric:
    """Measure of each user's list beside the training interactions.

    ``function(lists)`` returns float64 of shape (n_users,), from 0 to ``highest(train)``.
    """

    name: str
    label: str
    function: Callable[[Lists], NDArray[np.float64]]
    highest: Callable[[Interactions], float] = _one


@dataclass(frozen=True, slots=True)
class Ranking:
    """All items that each user has not seen in training, ranked."""

    scores: NDArray[np.float32]
    """float32, shape (n_users, n): the score at each rank, which never rises along a row. −inf
    beyond the last item that the model ranked."""
    hits: NDArray[np.bool_]
    """bool, shape (n_users, n): is the item at this rank relevant; false where there is none."""
    n_relevant: Counts
    """int64, shape (n_users,): how many unseen items are relevant, ranked or not."""
    n_unseen: Counts
    """int64, shape (n_users,): how many items there are to rank."""


@dataclass(frozen=True, slots=True)
class RankingMetric:
    """Measure of how well the whole catalogue is ranked for each user; it has no list length.

    ``function(ranking)`` returns float64 of shape (n_users,).
    """

    name: str
    label: str
    function: Callable[[Ranking], NDArray[np.float64]]


Metric = AccuracyMetric | CatalogueMetric | ListMetric | RankingMetric


def quotient(
    above: NDArray[np.float64] | Counts, below: Counts | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return ``above / below``, and nan where ``below`` is 0: such a user has no value."""
    divided = np.full(above.shape, np.nan)
    np.divide(above, below, out=divided, where=below > 0)
    return divided
