"""Candidates for negatives in each block, and what random draws make of them; many at once.

One class a sampler, as in ``naive/extended/candidates.py``, with arrays in place of lists.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_backends.plan import SKIPPED, AdaptiveSampler, Sampler, WeightedSampler
from recsys_backends.random import scale

Integers = NDArray[np.int64]


class _Shares:
    """The cumulative weights of many groups in one array, so that one search serves all draws."""

    def __init__(self, weights: Integers, edges: Integers) -> None:
        self.before = np.concatenate([[0], np.cumsum(weights)])
        self.start = self.before[edges[:-1]]
        self.total = np.diff(self.before[edges])

    def places(self, groups: Integers, values: NDArray[np.uint64]) -> Integers:
        """The place in ``weights`` in whose share of its group each draw's upper half lies."""
        target = self.start[groups] + scale(values, self.total[groups].astype(np.uint64))
        found: Integers = np.searchsorted(self.before, target, side="right") - 1
        return found


class Candidates:
    """All alike: the draw is a place in the block."""

    def __init__(self, items: Integers, edges: Integers) -> None:
        self.items, self.edges = items, edges
        self.sizes = np.diff(edges)

    def guess(self, users: Integers, blocks: Integers, values: NDArray[np.uint64]) -> Integers:
        """The candidate of its block that each draw means; no block may be empty."""
        place = self.edges[blocks] + scale(values, self.sizes[blocks].astype(np.uint64))
        found: Integers = self.items[place]
        return found

    def pick(self, block: int, seen: NDArray[np.int32], value: NDArray[np.uint64]) -> int:
        """The one of a block's unseen candidates that a draw (shape (1,)) means, or −1."""
        items = self.items[self.edges[block] : self.edges[block + 1]]
        unseen = items[~np.isin(items, seen)]
        return int(unseen[self._place(unseen, value)]) if len(unseen) else SKIPPED

    def _place(self, unseen: Integers, value: NDArray[np.uint64]) -> int:
        return int(scale(value, len(unseen))[0])


class _WeightedCandidates(Candidates):
    """Each in proportion to its weight; those that weigh nothing are no candidates at all."""

    def __init__(self, items: Integers, edges: Integers, weights: Integers) -> None:
        kept = weights[items] > 0
        super().__init__(items[kept], np.concatenate([[0], np.cumsum(kept)])[edges])
        self.weights = weights
        self.shares = _Shares(weights[self.items], self.edges)

    def guess(self, users: Integers, blocks: Integers, values: NDArray[np.uint64]) -> Integers:
        found: Integers = self.items[self.shares.places(blocks, values)]
        return found

    def _place(self, unseen: Integers, value: NDArray[np.uint64]) -> int:
        shares = _Shares(self.weights[unseen], np.array([0, len(unseen)]))
        return int(shares.places(np.zeros(1, dtype=np.int64), value)[0])


class _AdaptiveCandidates(Candidates):
    """First a ranking, by how much its factor counts for the user, then a rank in it."""

    def __init__(self, items: Integers, edges: Integers, sampler: AdaptiveSampler) -> None:
        super().__init__(items, edges)
        n_items, n_users = len(items), len(sampler.user_weights)
        block = np.repeat(np.arange(len(self.sizes)), self.sizes)
        block_of = np.empty_like(block)
        block_of[items] = block
        # Sorting a ranking by block, stably, leaves each block's items in the ranking's order.
        order = np.argsort(block_of[sampler.rankings], axis=1, kind="stable")
        self.rankings = np.take_along_axis(sampler.rankings, order, axis=1)
        rank = np.arange(n_items) - edges[block]
        self.ranks = _Shares(sampler.rank_weights[rank * n_items // self.sizes[block]], edges)
        weights = sampler.user_weights.ravel()
        self.positive = weights > 0
        self.d = len(sampler.rankings)
        self.factors = _Shares(
            np.abs(weights, dtype=np.int64), np.arange(n_users + 1, dtype=np.int64) * self.d
        )

    def guess(self, users: Integers, blocks: Integers, values: NDArray[np.uint64]) -> Integers:
        uniform = super().guess(users, blocks, values)
        counts = self.factors.total[users] > 0
        users, blocks, values = users[counts], blocks[counts], values[counts]
        factor = self.factors.places(users, values)
        from_top = self.ranks.places(blocks, values << np.uint64(32))
        from_bottom = self.edges[blocks] + self.edges[blocks + 1] - 1 - from_top
        place = np.where(self.positive[factor], from_top, from_bottom)
        uniform[counts] = self.rankings[factor % self.d, place]
        return uniform


def candidates_of_blocks(items: Integers, edges: Integers, sampler: Sampler) -> Candidates:
    """Return the candidates of the blocks ``items[edges[b]:edges[b + 1]]``."""
    if isinstance(sampler, WeightedSampler):
        return _WeightedCandidates(items, edges, sampler.weights)
    if isinstance(sampler, AdaptiveSampler):
        return _AdaptiveCandidates(items, edges, sampler)
    return Candidates(items, edges)
