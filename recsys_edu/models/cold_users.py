"""Lists for users without training interactions: the most popular items.

A model knows nothing of such users. Their vectors are zeros or chance, their neighbours none, and
all items have one score, so that a list by score would hold the lowest item numbers.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recsys_edu.interactions import Interactions

COLD_USERS: Final = ("popularity", "scores")
"""Values of the models' option ``cold_users``."""


class PopularItems(NamedTuple):
    """Items in the order of how many users they have, those of ``MostPopular``."""

    train: Interactions
    """The interactions that were counted."""
    items: NDArray[np.int32]
    """int32, shape (n_items,): columns, of equal counts the lower one first."""
    counts: NDArray[np.float32]
    """float32, shape (n_items,): number of users of each column."""

    @classmethod
    def of(cls, train: Interactions) -> Self:
        """Count the users of each item."""
        counts = train.popularity()
        return cls(
            train,
            np.argsort(-counts, kind="stable").astype(np.int32),
            counts.astype(np.float32),
        )
