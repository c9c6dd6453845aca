"""Novelty@k: how surprising it is that somebody knows the items of the list, in bits.

    novelty@k = mean over the listed items of −log2 p(i)
    p(i)      = (number of users who have i in training) / (number of users)

Source: Zhou et al., Solving the Apparent Diversity-Accuracy Dilemma of Recommender Systems, PNAS
107(10), 2010, Materials and Methods; Vargas and Castells, Rank and Relevance in Novelty and
Diversity Metrics for Recommender Systems, RecSys 2011, set it among other models of novelty.

Edge cases: an item that nobody had has p = 0 and would be infinitely novel; it counts as one that a
single user had, log2(number of users), which is the most that there can be. Padding (−1) is no
item, and the mean is over what is listed. An empty list has no novelty: nan.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from recsys_edu.interactions import Interactions
from recsys_edu.metrics._metric import ListMetric, Lists, quotient


def novelty(lists: Lists) -> NDArray[np.float64]:
    """Return the mean self-information of the items in each list, in bits.

    Returns:
        float64, shape (n_users,), in [0, log2(number of training users)]; nan for an empty list.
    """
    n_owners = np.maximum(lists.train.popularity(), 1)
    bits = np.append(np.log2(lists.train.n_users / n_owners), 0.0)  # −1 finds the 0 at the end
    return quotient(bits[lists.items].sum(axis=1), np.count_nonzero(lists.items >= 0, axis=1))


def highest_novelty(train: Interactions) -> float:
    """Return the novelty of an item that one user had, in bits."""
    return math.log2(max(train.n_users, 1))


METRIC = ListMetric("novelty", "Novelty", novelty, highest_novelty)
