"""Groups of items with equal scores, in lists that a model ranked.

A list holds its items in one order; equal scores would allow others. ``mixed_ties`` finds the lists
for which the order matters: those with a group that holds relevant items and others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_edu.metrics import TiedHits


def ends_in_a_group(scores: NDArray[np.float32], k: int) -> NDArray[np.bool_]:
    """Tell for each list whether its last score goes on beyond the first k ranks.

    Args:
        scores: floats, shape (n, width), falling along each row; −inf is padding.
        k: at least 1, at most width.

    Returns:
        bool, shape (n,). Where width is k, false: nothing lies beyond.
    """
    if scores.shape[1] == k:
        return np.zeros(len(scores), dtype=np.bool_)
    last = scores[:, k - 1]
    open_ended: NDArray[np.bool_] = (last == scores[:, k]) & (last > -np.inf)
    return open_ended


def mixed_ties(scores: NDArray[np.float32], hits: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell for each list whether a relevant and an irrelevant item have one score.

    Args:
        scores: floats, shape (n, width), falling along each row; −inf is padding.
        hits: bool, shape (n, width).

    Returns:
        bool, shape (n,).
    """
    # A group is contiguous, so that a mixed one has two neighbours that differ.
    tied = (scores[:, 1:] == scores[:, :-1]) & (scores[:, 1:] > -np.inf)
    mixed: NDArray[np.bool_] = (tied & (hits[:, 1:] != hits[:, :-1])).any(axis=1)
    return mixed


def tied_hits(scores: NDArray[np.float32], hits: NDArray[np.bool_], k: int) -> TiedHits:
    """Describe the groups of the first k ranks; each group has to end within the rows.

    Args:
        scores: floats, shape (n, width), falling along each row; −inf is padding, and no group.
        hits: bool, shape (n, width); false for padding.
        k: at least 1, at most width.
    """
    n, width = scores.shape
    begins = np.ones((n, width), dtype=np.bool_)
    begins[:, 1:] = (scores[:, 1:] != scores[:, :-1]) | (scores[:, 1:] == -np.inf)
    ends = np.ones((n, width), dtype=np.bool_)
    ends[:, :-1] = begins[:, 1:]
    ranks = np.arange(width)
    start = np.maximum.accumulate(np.where(begins, ranks, 0), axis=1)[:, :k]
    backwards = np.where(ends, ranks + 1, width)[:, ::-1]
    end = np.minimum.accumulate(backwards, axis=1)[:, ::-1][:, :k]
    hits_up_to = np.zeros((n, width + 1), dtype=np.int64)
    np.cumsum(hits, axis=1, out=hits_up_to[:, 1:])
    hits_above = np.take_along_axis(hits_up_to, start, axis=1)
    n_hits = np.take_along_axis(hits_up_to, end, axis=1) - hits_above
    return TiedHits(start, end - start, n_hits, hits_above)
