"""Answers of ``recommend``, of a model or a ranker, in the caller's own ids."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys_backends.whole_numbers import whole_number
from recsys_edu.errors import InvalidParameterError
from recsys_edu.ids import IdArray


class Recommendations(NamedTuple):
    """The lists of several users, in the order in which the users were given."""

    items: list[NDArray[Any]]
    """Ids of at most k items for each user, best first; fewer where fewer are left."""
    scores: list[NDArray[np.float32]]
    """Scores of those items for each user."""


class Alike(NamedTuple):
    """Items or users that are like some, in the order in which those were given."""

    ids: list[NDArray[Any]]
    """Ids of at most k for each, most alike first; fewer where fewer are known."""
    similarities: list[NDArray[np.float32]]
    """Similarity of each of them."""


def list_length(k: object) -> int:
    """Return ``k`` as an int of at least 1; InvalidParameterError otherwise."""
    return whole_number("k", k, 1, error=InvalidParameterError)


def without_padding(
    items: NDArray[np.int32], scores: NDArray[np.float32], item_ids: IdArray
) -> Recommendations:
    """Return lists of ids from columns of items, (n, k) padded with −1, and their scores."""
    found = items >= 0
    return Recommendations(
        [item_ids[listed[kept]] for listed, kept in zip(items, found, strict=True)],
        [score[kept] for score, kept in zip(scores, found, strict=True)],
    )


def padded(
    items: NDArray[np.int32], scores: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the same lists k long: items filled up with −1 and scores with −inf."""
    beyond = ((0, 0), (0, k - items.shape[1]))
    if not beyond[1][1]:
        return items, scores
    return (
        np.pad(items, beyond, constant_values=-1),
        np.pad(scores, beyond, constant_values=-np.inf),
    )
