"""The items that may be negatives in a tile, and which of them a draw means.

One class a sampler. ``guess`` turns a draw of 64 bits into one of the candidates, ``pick`` into one
of those that are left when guessing has failed too often.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from recsys_backends.plan import AdaptiveSampler, WeightedSampler


def scaled(half: int, bound: int) -> int:
    """Bring 32 random bits into [0, bound) by multiply-shift."""
    return (half * bound) >> 32


def by_weight(half: int, cumulative: Sequence[int]) -> int:
    """The place in whose share of the total weight 32 random bits lie."""
    return bisect_right(cumulative, scaled(half, cumulative[-1]))


class Candidates:
    """All alike: the draw is a place in the list."""

    def __init__(self, items: list[int]) -> None:
        self.items = items

    def guess(self, user: int, value: int) -> int:
        """The candidate that a draw means for this user."""
        return self.items[scaled(value >> 32, len(self.items))]

    def pick(self, unseen: list[int], value: int) -> int:
        """The one of the unseen candidates that a draw means."""
        return unseen[scaled(value >> 32, len(unseen))]


class WeightedCandidates(Candidates):
    """Each in proportion to its weight; those that weigh nothing are no candidates at all."""

    def __init__(self, items: list[int], weights: Sequence[int]) -> None:
        super().__init__([item for item in items if weights[item] > 0])
        self.weights = weights
        self.cumulative = list(accumulate(weights[item] for item in self.items))

    def guess(self, user: int, value: int) -> int:
        """The candidate in whose share of the weight the draw lies."""
        return self.items[by_weight(value >> 32, self.cumulative)]

    def pick(self, unseen: list[int], value: int) -> int:
        """The unseen candidate in whose share of their weight the draw lies."""
        shares = list(accumulate(self.weights[item] for item in unseen))
        return unseen[by_weight(value >> 32, shares)]


class AdaptiveCandidates(Candidates):
    """First a ranking, by how much its factor counts for the user, then a rank in it."""

    def __init__(
        self, items: list[int], rankings: list[list[int]], sampler: AdaptiveSampler
    ) -> None:
        super().__init__(items)
        self.rankings = rankings
        self.user_weights = sampler.user_weights
        n_items = len(sampler.rank_weights)
        places = [rank * n_items // len(items) for rank in range(len(items))]
        self.rank_shares = list(accumulate(sampler.rank_weights[places].tolist()))

    def guess(self, user: int, value: int) -> int:
        """The item at the drawn rank of the drawn ranking; uniform where no factor counts."""
        weights = self.user_weights[user].tolist()
        factor_shares = list(accumulate(map(abs, weights)))
        if factor_shares[-1] == 0:
            return super().guess(user, value)
        factor = by_weight(value >> 32, factor_shares)
        rank = by_weight(value & 0xFFFF_FFFF, self.rank_shares)
        ranking = self.rankings[factor]
        return ranking[rank] if weights[factor] > 0 else ranking[-1 - rank]


def candidates_of_blocks(
    item_blocks: list[list[int]], sampler: WeightedSampler | AdaptiveSampler
) -> list[Candidates]:
    """Return the candidates of each block of items."""
    if isinstance(sampler, WeightedSampler):
        weights = sampler.weights.tolist()
        return [WeightedCandidates(items, weights) for items in item_blocks]
    dealt = deal_rankings(sampler, item_blocks)
    return [
        AdaptiveCandidates(items, rankings, sampler)
        for items, rankings in zip(item_blocks, dealt, strict=True)
    ]


def deal_rankings(sampler: AdaptiveSampler, item_blocks: list[list[int]]) -> list[list[list[int]]]:
    """Return for each block every ranking, without the items of the other blocks."""
    block_of = {item: block for block, items in enumerate(item_blocks) for item in items}
    dealt: list[list[list[int]]] = [[[] for _ in sampler.rankings] for _ in item_blocks]
    for factor, ranking in enumerate(sampler.rankings.tolist()):
        for item in ranking:
            dealt[block_of[item]][factor].append(item)
    return dealt
