"""Diversity@k: how little the items of one list resemble each other.

    diversity@k = mean over the pairs of listed items of 1 − cos(i, j)
    cos(i, j)   = |U_i ∩ U_j| / √(|U_i| |U_j|)

where U_i are the users who have i in training.

Source: Ziegler, McNee, Konstan and Lausen, Improving Recommendation Lists Through Topic
Diversification, WWW 2005, section 3.3: intra-list similarity, here as its mean over pairs, taken
from 1, and with the similarity that needs nothing but interactions.

Edge cases: an item that nobody had resembles none. Padding (−1) is no item. A list of fewer than
two items has no pairs, and so no diversity: nan.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys_edu.interactions import Interactions
from recsys_edu.metrics._metric import ListMetric, Lists, quotient

_PAIRS: Final = 1 << 20
"""Pairs of listed items looked at at a time, to bound the memory."""
_CELLS: Final = 1 << 22
"""The same for pairs of an item and a user, or a word of users."""


def diversity(lists: Lists) -> NDArray[np.float64]:
    """Return the mean cosine distance between the items of each list.

    Returns:
        float64, shape (n_users,), in [0, 1]; nan for a list of fewer than two items.
    """
    n_lists, k = lists.items.shape
    first, second = np.triu_indices(k, 1)
    means = np.empty(n_lists)
    step = max(1, _PAIRS // max(1, len(first)))
    for start in range(0, n_lists, step):
        items = lists.items[start : start + step]
        a, b = items[:, first], items[:, second]
        listed = (a >= 0) & (b >= 0)
        distances = np.zeros(a.shape)
        distances[listed] = 1.0 - _cosines(lists.train, a[listed], b[listed])
        means[start : start + step] = quotient(distances.sum(axis=1), listed.sum(axis=1))
    return means


def _cosines(
    train: Interactions, a: NDArray[np.int32], b: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return the cosine of each pair of items; a pair that occurs often is worked out once."""
    keys = np.minimum(a, b) * np.int64(train.n_items) + np.maximum(a, b)
    pairs, places = np.unique(keys, return_inverse=True)
    low, high = np.divmod(pairs, train.n_items)
    n_owners = train.popularity()
    longest = np.sqrt(np.maximum(n_owners[low] * n_owners[high], 1))
    cosines: NDArray[np.float64] = _common_users(train, low, high) / longest
    return cosines[places]


def _common_users(
    train: Interactions, a: NDArray[np.int64], b: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Count the users that both items of each pair share: bit sets, a block of users at a time."""
    items, places = np.unique(np.concatenate((a, b)), return_inverse=True)
    a, b = places[: len(a)], places[len(a) :]
    place_of = np.full(train.n_items, -1)
    place_of[items] = np.arange(len(items))
    common = np.zeros(len(a), dtype=np.int64)
    block = 64 * max(1, _CELLS // max(64, 64 * len(items)))
    for start in range(0, train.n_users, block):
        indptr = train.indptr[start : start + block + 1]
        owned = place_of[train.indices[indptr[0] : indptr[-1]]]
        users = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
        has = np.zeros((len(items), block), dtype=np.bool_)
        has[owned[owned >= 0], users[owned >= 0]] = True
        words = np.packbits(has, axis=1).view(np.uint64)
        step = max(1, _CELLS // block)
        for first in range(0, len(a), step):
            pairs = slice(first, first + step)
            shared = np.bitwise_count(words[a[pairs]] & words[b[pairs]])
            common[pairs] += shared.sum(axis=1, dtype=np.int64)
    return common


METRIC = ListMetric("diversity", "Diversity", diversity)
