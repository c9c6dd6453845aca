"""A plan is data: every triple of an epoch, and which of them may run side by side.

One BPR epoch takes each observed interaction (user, positive item) once, with one negative item.
Drawing these triples is separate from learning from them, so the draws can be compared integer by
integer between backends, and the learning can be parallel without losing its order.

The layout. With ``n_blocks = B``, users and items are each cut into B blocks, anew every epoch.
Tile (user block b, item block c) holds the triples whose user is in b and whose items are both in
c. Round r consists of the B tiles (b, (b + r) mod B): no two of them share a user or an item, so
threads that work on different tiles of one round touch different rows. Tile number ``r * B + b``
occupies ``bounds[r * B + b]`` to ``bounds[r * B + b + 1]``. With one block there is one tile: a
random permutation of all interactions, the textbook's stochastic gradient descent.

The draws. All come from ``recsys_backends.random.stream(seed, epoch, purpose, …)``:

==================  ===============================================================================
USER_BLOCKS         ``permutation`` of the users (B > 1; one block keeps 0 … n-1)
ITEM_BLOCKS         ``permutation`` of the items (B > 1; one block keeps 0 … n-1)
ORDER, tile         ``permutation`` of the tile's triples, which start out sorted by the user's
                    place in the user order and then by item
NEGATIVES, tile     for triple t of the tile: draws ``t * DRAWS_PER_TRIPLE`` and on pick an item of
                    the tile's item block, until one is an item that the user has not seen; after
                    MAX_REJECTIONS of them, the last draw picks among the unseen items directly
==================  ===============================================================================

How a draw picks an item is the sampler's: see the classes below. Samplers are integers too, so that
no backend rounds differently. They specify what comes out of a draw and not the table by which it
is found, so a kernel may use any; "the inverse of cumulative weights" is the k-th candidate where
w_0 + … + w_{k-1} <= r < w_0 + … + w_k, and never one of weight 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

USER_BLOCKS: Final = 0
ITEM_BLOCKS: Final = 1
ORDER: Final = 2
NEGATIVES: Final = 3

MAX_REJECTIONS: Final = 15
DRAWS_PER_TRIPLE: Final = MAX_REJECTIONS + 1

SKIPPED: Final = -1
"""The negative of a triple whose user has seen every item of the tile: nothing to learn from."""

MAX_BLOCKS: Final = 1024
_TRIPLES_PER_TILE: Final = 4096
_ITEMS_PER_BLOCK: Final = 64
_USERS_PER_BLOCK: Final = 16


@dataclass(frozen=True)
class UniformSampler:
    """Negatives are uniform over the items that the user has not interacted with (Rendle 2009).

    A draw scaled to the number of candidates, by ``bounded``, is the candidate's place in the
    block. The last draw picks a place among the unseen candidates in the same way.
    """


@dataclass(frozen=True, eq=False)
class WeightedSampler:
    """Negatives in proportion to fixed weights of the items, such as their popularity.

    A draw scaled to the total weight of the block's candidates picks one by the inverse of their
    cumulative weights, in block order; the last draw does so among the unseen ones. Where what is
    left to pick from weighs nothing, the triple is skipped. Weights of 1 give the uniform plan.

    Attributes:
        weights: int64, shape (n_items,), >= 0; their sum is above 0 and below 2**32.
    """

    weights: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class AdaptiveSampler:
    """Negatives that rank high for the user, as the factors were when the sampler was made.

    Each draw has two halves. The upper 32 bits, scaled to Σ_f |user_weights[u, f]|, pick a ranking
    f by the inverse of these cumulative weights. The lower 32 bits, scaled to the total of the
    block's rank weights, pick a rank s in the same way: of the block's m items, in the order of
    ``rankings[f]``, the s-th has weight ``rank_weights[s * n_items // m]``. It is counted from the
    top where user_weights[u, f] > 0, else from the bottom. A user whose weights are all 0 gets
    uniform draws. The last draw is uniform over the unseen candidates, for every user.

    Attributes:
        rankings: int32, shape (d, n_items), d >= 1: each row a permutation of the items, from the
            largest to the smallest value of one factor.
        user_weights: int32, shape (n_users, d): how much each factor counts for each user, with the
            sign of the user's own value; Σ|w| below 2**32 for each user.
        rank_weights: int64, shape (n_items,), >= 0, never rising, the first above 0; their sum is
            below 2**32.

    Source:
        Rendle and Freudenthaler, Improving Pairwise Learning for Item Recommendation from Implicit
        Feedback, WSDM 2014: p(f | u) ∝ |p_uf| σ_f, and a geometric law on the ranks.
    """

    rankings: NDArray[np.int32]
    user_weights: NDArray[np.int32]
    rank_weights: NDArray[np.int64]


UNIFORM: Final = UniformSampler()
Sampler = UniformSampler | WeightedSampler | AdaptiveSampler
SAMPLERS: Final[tuple[type[Sampler], ...]] = (UniformSampler, WeightedSampler, AdaptiveSampler)


@dataclass(frozen=True, eq=False)
class EpochPlan:
    """The triples of one epoch, in the order in which they are to be applied.

    Attributes:
        users, positives, negatives: int32, shape (n_triples,); a negative of −1 is skipped.
        bounds: int64, shape (n_blocks**2 + 1,): where each tile starts, and the end.
    """

    users: NDArray[np.int32]
    positives: NDArray[np.int32]
    negatives: NDArray[np.int32]
    bounds: NDArray[np.int64]

    @property
    def n_triples(self) -> int:
        """Number of triples, skipped ones included."""
        return len(self.users)

    @property
    def n_skipped(self) -> int:
        """Number of triples without a negative."""
        return int(np.count_nonzero(self.negatives == SKIPPED))

    @property
    def n_blocks(self) -> int:
        """Number of blocks into which users and items were cut."""
        return math.isqrt(len(self.bounds) - 1)

    def tiles(self) -> Iterator[slice]:
        """The tiles as slices of the triples, in the order in which they are to be applied."""
        for start, stop in zip(self.bounds[:-1].tolist(), self.bounds[1:].tolist(), strict=True):
            yield slice(start, stop)


def block_edges(n: int, n_blocks: int) -> list[int]:
    """Return the start of each block of n permuted rows, and the end: n_blocks + 1 numbers."""
    return [n * block // n_blocks for block in range(n_blocks + 1)]


def tile_of(user_block: int, item_block: int, n_blocks: int) -> int:
    """The number of the tile in which a user block and an item block meet."""
    return (item_block - user_block) % n_blocks * n_blocks + user_block


def default_n_blocks(n_users: int, n_items: int, nnz: int) -> int:
    """Return the number of blocks that suits a data set: a power of two, by its shape alone.

    Tiles of a few thousand triples keep their rows and their filter in cache and leave enough of
    them for many threads; a block keeps enough items for its negatives to be a fair sample. Never
    from the machine or its number of threads: then results would depend on them.
    """
    limit = min(
        math.sqrt(nnz / _TRIPLES_PER_TILE),
        n_items / _ITEMS_PER_BLOCK,
        n_users / _USERS_PER_BLOCK,
        MAX_BLOCKS,
    )
    return 1 << max(0, int(math.log2(max(1.0, limit))))
