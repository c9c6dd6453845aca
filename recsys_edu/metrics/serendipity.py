"""Serendipity@k: share of the list that is relevant and not what popularity would have listed.

    serendipity@k = |{relevant items of the list} − P| / k

where P are the k most popular items in training that the user did not have there, of equally
popular ones those with the lower number: the list of ``MostPopular``.

Source: Ge, Delgado-Battenfeld and Jannach, Beyond Accuracy: Evaluating Recommender Systems by
Coverage and Serendipity, RecSys 2010, section 4: useful items that a primitive model would not have
recommended. The primitive model here is popularity, and the divisor is that of precision, which
serendipity therefore never exceeds.

Edge cases: a list shorter than k counts as one with misses at its end. A user with at most k items
left could be shown them all by anybody: 0. A user with nothing relevant scores 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_edu.csr import take_rows
from recsys_edu.metrics._metric import ListMetric, Lists


def serendipity(lists: Lists) -> NDArray[np.float64]:
    """Return the share of each list that is relevant and unexpected.

    Returns:
        float64, shape (n_users,), in [0, 1].
    """
    train, k = lists.train, lists.items.shape[1]
    place = np.empty(train.n_items, dtype=np.int64)  # of each item, by popularity, from 0
    place[np.argsort(-train.popularity(), kind="stable")] = np.arange(train.n_items)
    # In one user's list of the popular, an item moves up by as many as that user had before it.
    indptr, had = take_rows(train.indptr, train.indices, lists.rows)
    users = np.arange(len(lists.rows)) * train.n_items
    places_had = np.sort(np.repeat(users, np.diff(indptr)) + place[had])
    places = place[lists.items]  # nonsense for padding, which is no hit
    n_had_before = np.searchsorted(places_had, users[:, None] + places) - indptr[:-1, None]
    expected = places - n_had_before < k
    share: NDArray[np.float64] = (lists.hits & ~expected).mean(axis=1, dtype=np.float64)
    return share


METRIC = ListMetric("serendipity", "Serendipity", serendipity)
