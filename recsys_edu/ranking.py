"""Ask a model for its lists, refuse those that would mislead, and find the hits in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from recsys_edu.csr import take_rows
from recsys_edu.errors import InvalidParameterError, ModelOutputError
from recsys_edu.interactions import Interactions
from recsys_edu.metrics import Ranking

_CELLS: Final = 1 << 20
"""Pairs of a user and an item looked at at a time: few enough to stay in cache."""


class Ranker(Protocol):
    """Anything that can be evaluated."""

    def rank(
        self, rows: NDArray[np.int64], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The k best items of each user among those not seen in training.

        Args:
            rows: int64, shape (n,): rows of users in the interactions that it was fitted to.
            k: length of each list; may exceed the number of items.

        Returns:
            Columns of items, int32 of shape (n, k), best first, padded with −1; and their scores,
            float32 of shape (n, k), padded with −inf.
        """
        ...


@dataclass(frozen=True, slots=True)
class Trial:
    """A model, the users that it ranks for, and what is known about them."""

    model: Ranker
    test: Interactions
    """What counts as relevant."""
    rows: NDArray[np.int64]
    """int64, shape (n,): the users' rows."""
    withheld: Interactions | None
    """What no list may hold; None where that is not known."""
    learned_from: Interactions | None
    """What the model learned from; None where that is not known."""
    batch_size: int
    """Users ranked at a time."""

    def train(self, purpose: str) -> Interactions:
        """What the model left out; InvalidParameterError where nobody knows, named by purpose."""
        for known in (self.learned_from, self.withheld):
            if known is not None:
                return known
        raise InvalidParameterError(
            f"{purpose} needs the training interactions: give evaluate a Split, or a model that "
            "has them as model.train"
        )

    def lists(self, k: int) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Each user's list, int32 (n, k), and whether the item at each rank is relevant, bool.

        For k = 0 the model is not asked.

        Raises:
            ModelOutputError: a list that is not what ``Ranker`` promises, or holds what it may not.
        """
        items = np.empty((len(self.rows), k), dtype=np.int32)
        hits = np.empty((len(self.rows), k), dtype=np.bool_)
        for batch in _batches(len(self.rows) if k else 0, self.batch_size):
            items[batch], _ = _ranked(self.model, self.rows[batch], k, self.test.n_items)
            hits[batch] = contains(self.test, self.rows[batch], items[batch])
            if self.withheld is not None:
                _check_unseen(self.withheld, self.rows[batch], items[batch])
        return items, hits

    def rankings(self, train: Interactions) -> Iterator[Ranking]:
        """All that the users have not seen in training, ranked, a batch of users at a time.

        Raises:
            ModelOutputError: as ``lists``; and where scores rise along a ranking.
        """
        n_items = self.test.n_items
        unseen = ~also_in(train, self.test)
        n_relevant = np.bincount(self.test.rows()[unseen], minlength=self.test.n_users)
        n_unseen = n_items - np.diff(train.indptr)
        seen = [train] if self.withheld in (None, train) else [train, self.withheld]
        size = max(1, min(self.batch_size, _CELLS // n_items))
        for batch in _batches(len(self.rows), size):
            rows = self.rows[batch]
            items, scores = _ranked(self.model, rows, n_items, n_items)
            for interactions in seen:
                _check_unseen(interactions, rows, items)
            hits = contains(self.test, rows, items)
            yield Ranking(_falling(scores, items), hits, n_relevant[rows], n_unseen[rows])


def also_in(train: Interactions, test: Interactions) -> NDArray[np.bool_]:
    """Which interactions of the one are in the other as well, bool of shape (test.nnz,)."""
    known = train.rows() * train.n_items + train.indices
    asked = test.rows() * test.n_items + test.indices
    places = np.searchsorted(known, asked)
    known = np.append(known, -1)  # so that a search that ends beyond the last one finds no match
    found: NDArray[np.bool_] = known[places] == asked
    return found


def contains(
    interactions: Interactions, rows: NDArray[np.int64], items: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Which of the listed items does each user have?

    Args:
        interactions: where to look.
        rows: int64, shape (n,): rows of users.
        items: int32, shape (n, k): columns; −1 is padding, which nobody has.

    Returns:
        bool, shape (n, k).
    """
    # A table of users by items, of as many users as stay in cache, answers each question with one
    # look. A last column that nobody has is where −1 looks.
    width = interactions.n_items + 1
    step = max(1, _CELLS // width)
    has = np.zeros((min(step, len(rows)), width), dtype=np.bool_)
    found = np.empty(items.shape, dtype=np.bool_)
    for batch in _batches(len(rows), step):
        indptr, columns = take_rows(interactions.indptr, interactions.indices, rows[batch])
        places = np.arange(len(indptr) - 1)
        cells = np.repeat(places * width, np.diff(indptr)) + columns
        has.reshape(-1)[cells] = True
        found[batch] = has[places[:, None], items[batch]]
        has.reshape(-1)[cells] = False
    return found


def _batches(n: int, size: int) -> Iterator[slice]:
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def _ranked(
    model: Ranker, rows: NDArray[np.int64], k: int, n_items: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The model's lists for some users, checked: a repeated item would count as several hits."""
    answer, scores = model.rank(rows, k)
    items = np.asarray(answer)
    if items.shape != (len(rows), k) or items.dtype.kind not in "iu":
        raise ModelOutputError(
            f"model.rank must return integers of shape {(len(rows), k)}; "
            f"got {items.dtype} of shape {items.shape}"
        )
    if items.min() < -1 or items.max() >= n_items:
        raise ModelOutputError(
            f"model.rank must return items from 0 to {n_items - 1}, or -1 for padding; "
            f"got {items.min()} to {items.max()}"
        )
    ordered = np.sort(items, axis=1)
    if np.any((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)):
        raise ModelOutputError("model.rank returned the same item twice in one list")
    return items.astype(np.int32, copy=False), scores


def _check_unseen(
    interactions: Interactions, rows: NDArray[np.int64], items: NDArray[np.int32]
) -> None:
    if contains(interactions, rows, items).any():
        raise ModelOutputError("model.rank returned items that the user has in training")


def _falling(scores: NDArray[np.float32], items: NDArray[np.int32]) -> NDArray[np.float32]:
    """The scores of ranked items, checked, and −inf for padding."""
    given = np.asarray(scores)
    if given.shape != items.shape or given.dtype.kind != "f":
        raise ModelOutputError(
            f"model.rank must return floating-point scores of shape {items.shape}; "
            f"got {given.dtype} of shape {given.shape}"
        )
    falling: NDArray[np.float32] = np.where(items < 0, -np.inf, given)
    if not np.all(falling[:, 1:] <= falling[:, :-1]):
        raise ModelOutputError("model.rank must return scores that fall along a list, and no nan")
    return falling
