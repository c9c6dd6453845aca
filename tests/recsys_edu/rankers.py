"""Rankers that need no training, and interactions made of pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_edu.interactions import Interactions

Ranking = tuple[NDArray[np.int32], NDArray[np.float32]]


class FixedScores:
    """Ranks by a score for each (user, item), without the items of ``train``."""

    def __init__(self, scores: NDArray[np.float64], train: Interactions) -> None:
        self.scores = scores.copy()
        self.scores[train.rows(), train.indices] = -np.inf
        self.batches: list[int] = []

    def rank(self, rows: NDArray[np.int64], k: int) -> Ranking:
        self.batches.append(len(rows))
        items = np.full((len(rows), k), -1, dtype=np.int32)
        scores = np.full((len(rows), k), -np.inf, dtype=np.float32)
        for place, row in enumerate(rows):
            order = np.argsort(-self.scores[row], kind="stable")
            order = order[np.isfinite(self.scores[row][order])][:k]
            items[place, : len(order)] = order
            scores[place, : len(order)] = self.scores[row][order]
        return items, scores


class FixedLists:
    """Gives each user the same list, padded to what is asked, with scores that fall strictly."""

    def __init__(self, items: list[list[int]]) -> None:
        self.items = np.asarray(items, dtype=np.int32)

    def rank(self, rows: NDArray[np.int64], k: int) -> Ranking:
        items = np.full((len(rows), k), -1, dtype=np.int32)
        length = min(k, self.items.shape[1])
        items[:, :length] = self.items[rows, :length]
        return items, np.tile(-np.arange(k, dtype=np.float32), (len(rows), 1))


class RawAnswers:
    """Answers the same whatever is asked, right or wrong."""

    def __init__(self, items: object, scores: object = None) -> None:
        self.items = np.asarray(items)
        self.scores = np.zeros(self.items.shape) if scores is None else np.asarray(scores)

    def rank(self, rows: NDArray[np.int64], k: int) -> Ranking:
        return self.items[rows], self.scores[rows]


def matrix(pairs: set[tuple[int, int]], n_users: int, n_items: int) -> Interactions:
    ordered = sorted(pairs)
    return Interactions.from_events(
        [user for user, _ in ordered],
        [item for _, item in ordered],
        user_ids=range(n_users),
        item_ids=range(n_items),
    )
