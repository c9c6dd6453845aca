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
NEGATIVES, tile     for triple t of the tile: draws ``t * DRAWS_PER_TRIPLE`` and on pick a place in
                    the tile's item block, until one holds an item that the user has not seen; after
                    MAX_REJECTIONS of them, the last draw picks among the unseen items directly
==================  ===============================================================================
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
    """Negatives are uniform over the items that the user has not interacted with (Rendle 2009)."""


UNIFORM: Final = UniformSampler()
Sampler = UniformSampler


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
        """How many triples there are, skipped ones included."""
        return len(self.users)

    @property
    def n_skipped(self) -> int:
        """How many triples have no negative."""
        return int(np.count_nonzero(self.negatives == SKIPPED))

    @property
    def n_blocks(self) -> int:
        """Into how many blocks users and items were cut."""
        return math.isqrt(len(self.bounds) - 1)

    def tiles(self) -> Iterator[slice]:
        """The tiles as slices of the triples, in the order in which they are to be applied."""
        for start, stop in zip(self.bounds[:-1].tolist(), self.bounds[1:].tolist(), strict=True):
            yield slice(start, stop)


def block_edges(n: int, n_blocks: int) -> list[int]:
    """Where each block of a permutation of n rows starts, and the end: n_blocks + 1 numbers."""
    return [n * block // n_blocks for block in range(n_blocks + 1)]


def tile_of(user_block: int, item_block: int, n_blocks: int) -> int:
    """The number of the tile in which a user block and an item block meet."""
    return (item_block - user_block) % n_blocks * n_blocks + user_block


def default_n_blocks(n_users: int, n_items: int, nnz: int) -> int:
    """How many blocks suit a data set: a power of two, from its shape and nothing else.

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
