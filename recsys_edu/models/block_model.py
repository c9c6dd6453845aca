"""Models that score all items for a block of users at once, as a dense matrix."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys_edu.models.base import Recommender

_SCORES_PER_BLOCK: Final = 1 << 22
"""Number of scores at a time: 16 MB."""


class BlockModel(Recommender):
    """A recommender that ranks by matrices of scores, a block of users at a time."""

    @abstractmethod
    def _block(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the scores of all items for some users, float32 of shape (n, n_items)."""

    def _rankable(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return a block of scores to rank by, with −inf for items not to recommend."""
        return self._block(rows)

    def _top(
        self,
        rows: NDArray[np.int64],
        seen_indptr: NDArray[np.int64],
        seen: NDArray[np.int32],
        k: int,
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        items = np.empty((len(rows), k), dtype=np.int32)
        scores = np.empty((len(rows), k), dtype=np.float32)
        for block in _blocks(len(rows), self.train.n_items):
            found = self._rankable(rows[block])
            counts = np.diff(seen_indptr[block.start : block.stop + 1])
            seen_here = seen[seen_indptr[block.start] : seen_indptr[block.stop]]
            found[np.repeat(np.arange(len(found)), counts), seen_here] = -np.inf
            items[block], scores[block] = best_of(found, k)
        return items, scores

    def _scores(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        users, which = np.unique(rows, return_inverse=True)
        order = np.argsort(which, kind="stable")
        scores = np.empty(len(rows), dtype=np.float32)
        for block in _blocks(len(users), self.train.n_items):
            ends = np.searchsorted(which, [block.start, block.stop], sorter=order)
            pairs = order[ends[0] : ends[1]]
            scores[pairs] = self._block(users[block])[which[pairs] - block.start, columns[pairs]]
        return scores


def best_of(scores: NDArray[np.float32], k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the k best of each row, best first, of equal scores the lower column.

    Args:
        scores: float32, shape (n, n_items), without NaN; −inf for what must not be listed.
        k: at most n_items.

    Returns:
        Columns, int32 (n, k), padded with −1; scores, float32 (n, k), padded with −inf.
    """
    # One key for both: the bits of a float, turned so that they ascend as the floats do, and below
    # them how far the column is from the end. All keys differ, so there is only one order.
    n_items = scores.shape[1]
    bits = (scores + np.float32(0.0)).view(np.int32)  # −0.0 becomes 0.0
    ascending = (bits ^ ((bits >> 31) & 0x7FFFFFFF)).astype(np.int64)
    keys = (ascending << 32) + np.arange(n_items - 1, -1, -1)
    if k < n_items:
        keys = np.partition(keys, n_items - k, axis=1)[:, n_items - k :]
    keys = -np.sort(-keys, axis=1)
    items = (n_items - 1 - (keys & 0xFFFFFFFF)).astype(np.int32)
    best = np.take_along_axis(scores, items, axis=1)
    kept = best > -np.inf
    return np.where(kept, items, np.int32(-1)), best


def _blocks(n_rows: int, n_items: int) -> Iterator[slice]:
    step = max(1, _SCORES_PER_BLOCK // n_items)
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))
