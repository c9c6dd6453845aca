"""Lists of a model: asked for, refused where they would mislead, and searched for hits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from recsys_edu.csr import take_rows
from recsys_edu.errors import InvalidParameterError, ModelOutputError
from recsys_edu.interactions import Interactions
from recsys_edu.metrics import Ranking, TiedHits
from recsys_edu.ties import ends_in_a_group, mixed_ties, tied_hits

_CELLS: Final = 1 << 20
"""Pairs of a user and an item looked at at a time: few enough to stay in cache."""
_GROWTH: Final = 4
"""Factor by which a list is made longer, until the scores that tie at its end have ended."""


class RankingModel(Protocol):
    """Anything that can be evaluated."""

    def rank(
        self, rows: NDArray[np.int64], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return the k best items of each user among those not seen in training.

        Args:
            rows: int64, shape (n,): rows of users in the interactions that it was fitted to.
            k: length of each list; may exceed the number of items.

        Returns:
            Columns of items, int32 of shape (n, k), best first, padded with −1; and their scores,
            float32 of shape (n, k), which never rise along a row, padded with −inf.
        """
        ...


class _Answer(NamedTuple):
    """Lists that a model gave, checked."""

    items: NDArray[np.int32]
    """int32, shape (n, length)."""
    scores: NDArray[np.float32]
    """float32, shape (n, length); −inf for padding."""
    hits: NDArray[np.bool_]
    """bool, shape (n, length): is the item at this rank relevant."""


class JudgedLists(NamedTuple):
    """The list of each user, and the ties in it."""

    items: NDArray[np.int32]
    """int32, shape (n, k): columns of items, best first, in the order that the model gave."""
    hits: NDArray[np.bool_]
    """bool, shape (n, k): is the item at this rank relevant."""
    tied_users: NDArray[np.int64]
    """int64, shape (t,): places of the users in whose lists the order of equal scores matters."""
    ties: TiedHits
    """Ties of those lists, rank by rank; arrays of shape (t, k)."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A model, the users that it ranks for, and the interactions to judge it by."""

    model: RankingModel
    test: Interactions
    """Relevant items; none of them is in the training interactions."""
    rows: NDArray[np.int64]
    """int64, shape (n,): the users' rows."""
    withheld: Interactions | None
    """Interactions that no list may hold; None where they are not known."""
    learned_from: Interactions | None
    """Interactions that the model was fitted to; None where they are not known."""
    batch_size: int
    """Users ranked at a time."""
    ties_count: bool
    """Look for equal scores, for which the model is asked for longer lists."""

    @property
    def train(self) -> Interactions | None:
        """The interactions whose items the model left out; None where they are not known."""
        return self.withheld if self.learned_from is None else self.learned_from

    def required_train(self, purpose: str) -> Interactions:
        """Return ``train``; InvalidParameterError, with the purpose, where it is not known."""
        if self.train is None:
            raise InvalidParameterError(
                f"{purpose} needs the training interactions: give evaluate a Split, or a model "
                "that has them as model.train."
            )
        return self.train

    def lists(self, k: int) -> JudgedLists:
        """Return each user's list of k items, and the hits and the ties in it.

        For k = 0 the model is not asked.

        Raises:
            ModelOutputError: a list breaks a promise of ``RankingModel``, or holds what it may not.
        """
        items = np.empty((len(self.rows), k), dtype=np.int32)
        hits = np.empty((len(self.rows), k), dtype=np.bool_)
        users, ties = [np.empty(0, dtype=np.int64)], list[TiedHits]()
        forbidden = [] if self.withheld is None else [self.withheld]
        length = k + 1 if self.ties_count and k < self.test.n_items else k
        for batch in _batches(len(self.rows) if k else 0, self.batch_size):
            rows = self.rows[batch]
            answer = self._ask(rows, length, forbidden, with_scores=self.ties_count)
            items[batch], hits[batch] = answer.items[:, :k], answer.hits[:, :k]
            if self.ties_count:
                for places, described in self._ties(rows, answer, k, forbidden):
                    users.append(batch.start + places)
                    ties.append(described)
        return JudgedLists(items, hits, np.concatenate(users), TiedHits.joined(ties, k))

    def _ties(
        self,
        rows: NDArray[np.int64],
        answer: _Answer,
        k: int,
        forbidden: Sequence[Interactions],
    ) -> Iterator[tuple[NDArray[np.int64], TiedHits]]:
        """Yield places in a batch, and the ties of the lists there."""
        _, scores, hits = answer
        places = np.flatnonzero(ends_in_a_group(scores, k))
        places = places[self._end_may_matter(rows[places], scores[places], hits[places])]
        closed = np.setdiff1d(np.flatnonzero(mixed_ties(scores, hits)), places)
        if closed.size:
            yield closed, tied_hits(scores[closed], hits[closed], k)
        length = scores.shape[1]
        while places.size:
            length = min(_GROWTH * length, self.test.n_items)
            unfinished = []
            for part in _batches(len(places), min(self.batch_size, max(1, _CELLS // length))):
                here = places[part]
                _, scores, hits = self._ask(rows[here], length, forbidden)
                done = np.full(len(here), length == self.test.n_items)
                done |= (scores[:, -1] != scores[:, k - 1]) | (scores[:, k - 1] == -np.inf)
                yield here[done], tied_hits(scores[done], hits[done], k)
                unfinished.append(here[~done])
            places = np.concatenate(unfinished)

    def _end_may_matter(
        self, rows: NDArray[np.int64], scores: NDArray[np.float32], hits: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Tell in which lists an item of the last score is relevant, listed or not."""
        n_missed = np.diff(self.test.indptr)[rows] - hits.sum(axis=1)
        may: NDArray[np.bool_] = (n_missed > 0) | (hits & (scores == scores[:, -1:])).any(axis=1)
        return may

    def rankings(self, train: Interactions) -> Iterator[Ranking]:
        """Yield all that the users have not seen in training, ranked, a batch of users at a time.

        Raises:
            ModelOutputError: as ``lists``; and where scores rise along a ranking.
        """
        n_items = self.test.n_items
        n_relevant, n_unseen = np.diff(self.test.indptr), n_items - np.diff(train.indptr)
        seen = [train] if self.withheld in (None, train) else [train, self.withheld]
        size = max(1, min(self.batch_size, _CELLS // n_items))
        for batch in _batches(len(self.rows), size):
            rows = self.rows[batch]
            _, scores, hits = self._ask(rows, n_items, seen)
            yield Ranking(scores, hits, n_relevant[rows], n_unseen[rows])

    def _ask(
        self,
        rows: NDArray[np.int64],
        length: int,
        forbidden: Sequence[Interactions],
        *,
        with_scores: bool = True,
    ) -> _Answer:
        """Return the model's lists for some users; ModelOutputError where they would mislead."""
        items, scores = self.model.rank(rows, length)
        items = _checked_items(items, (len(rows), length), self.test.n_items)
        if with_scores:
            scores = _falling(scores, items)
        for interactions in forbidden:
            if contains(interactions, rows, items).any():
                raise ModelOutputError("model.rank returned items that the user has in training.")
        return _Answer(items, scores, contains(self.test, rows, items))


def have_common(train: Interactions, test: Interactions) -> bool:
    """Tell whether any interaction is in both; faster than ``also_in``, which tells which."""
    rows = np.flatnonzero(np.diff(test.indptr)).astype(np.int64, copy=False)
    for batch, has in _tables(test, rows):
        indptr, columns = take_rows(train.indptr, train.indices, rows[batch])
        if has.reshape(-1)[_cells(indptr, columns, has.shape[1])].any():
            return True
    return False


def also_in(train: Interactions, test: Interactions) -> NDArray[np.bool_]:
    """Tell which interactions of ``test`` are in ``train`` as well, bool of shape (test.nnz,)."""
    found = np.zeros(test.nnz, dtype=np.bool_)
    rows = np.flatnonzero(np.diff(test.indptr)).astype(np.int64, copy=False)
    for batch, has in _tables(train, rows):
        indptr, columns = take_rows(test.indptr, test.indices, rows[batch])
        start = test.indptr[rows[batch.start]]
        # Rows without test interactions lie in between, but take no place in ``indices``.
        cells = _cells(indptr, columns, has.shape[1])
        found[start : start + len(columns)] = has.reshape(-1)[cells]
    return found


def contains(
    interactions: Interactions, rows: NDArray[np.int64], items: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Tell which of the listed items each user has.

    Args:
        interactions: where to look.
        rows: int64, shape (n,): rows of users.
        items: int32, shape (n, k): columns; −1 is padding, which nobody has.

    Returns:
        bool, shape (n, k).
    """
    found = np.empty(items.shape, dtype=np.bool_)
    for batch, has in _tables(interactions, rows):
        # One index is looked up faster than two. −1 finds the last column of the row before.
        starts = np.arange(batch.stop - batch.start) * has.shape[1]
        found[batch] = has.reshape(-1)[starts[:, None] + items[batch]]
    return found


def _tables(
    interactions: Interactions, rows: NDArray[np.int64]
) -> Iterator[tuple[slice, NDArray[np.bool_]]]:
    """Yield tables of users by items, of as many users as stay in cache.

    Each question is answered by one look. A last column that nobody has is where −1 looks.
    """
    width = interactions.n_items + 1
    step = max(1, _CELLS // width)
    has = np.zeros((min(step, len(rows)), width), dtype=np.bool_)
    for batch in _batches(len(rows), step):
        indptr, columns = take_rows(interactions.indptr, interactions.indices, rows[batch])
        cells = _cells(indptr, columns, width)
        has.reshape(-1)[cells] = True
        yield batch, has
        has.reshape(-1)[cells] = False


def _cells(indptr: NDArray[np.int64], columns: NDArray[np.int32], width: int) -> NDArray[np.int64]:
    """Return the place of each interaction in a table of ``width`` columns, row after row."""
    cells = np.repeat(np.arange(len(indptr) - 1) * width, np.diff(indptr))
    cells += columns
    return cells


def _batches(n: int, size: int) -> Iterator[slice]:
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def _checked_items(
    answer: NDArray[np.int32], shape: tuple[int, int], n_items: int
) -> NDArray[np.int32]:
    """Return the items of lists as int32, checked: a repeated item would count as several hits."""
    items = np.asarray(answer)
    if items.shape != shape or items.dtype.kind not in "iu":
        raise ModelOutputError(
            f"model.rank must return integers of shape {shape}; "
            f"got {items.dtype} of shape {items.shape}."
        )
    if items.min() < -1 or items.max() >= n_items:
        raise ModelOutputError(
            f"model.rank must return items from 0 to {n_items - 1}, or -1 for padding; "
            f"got {items.min()} to {items.max()}."
        )
    ordered = np.sort(items, axis=1)
    if np.any((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)):
        raise ModelOutputError("model.rank returned the same item twice in one list.")
    return items.astype(np.int32, copy=False)


def _falling(scores: NDArray[np.float32], items: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the scores of ranked items, checked, and −inf for padding."""
    given = np.asarray(scores)
    if given.shape != items.shape or given.dtype.kind != "f":
        raise ModelOutputError(
            f"model.rank must return floating-point scores of shape {items.shape}; "
            f"got {given.dtype} of shape {given.shape}."
        )
    falling: NDArray[np.float32] = np.where(items < 0, -np.inf, given)
    if not np.all(falling[:, 1:] <= falling[:, :-1]):
        raise ModelOutputError("model.rank must return scores that fall along a list, and no nan.")
    return falling
