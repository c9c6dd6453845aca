"""UserKNN: what people like you had. Nothing is trained, only counted.

Source: Resnick, Iacovou, Suchak, Bergstrom and Riedl, GroupLens: An Open Architecture for
Collaborative Filtering of Netnews, CSCW 1994; here for sets of items instead of ratings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys_edu.interactions import Interactions
from recsys_edu.models.neighbor_model import NeighborModel, pattern_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class UserKNN(NeighborModel):
    """score(u, i) = Σ similarity(u, v) over the neighbours v of user u who have item i.

    Users are compared as items are, by the same op on the transposed interactions.

    Arguments, attributes and errors are those of ``NeighborModel``.
    """

    name = "user-knn"
    compares = "users"

    def __init__(
        self,
        k: int = 80,
        shrinkage: float = 0.0,
        *,
        n_threads: int = 0,
        cold_users: str = "popularity",
    ) -> None:
        self._configure(locals())

    def _columns_of(self, train: Interactions) -> tuple[csr_array[np.float32], int]:
        return pattern_of(train).T.tocsr(), train.n_users

    def _block(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        scores: NDArray[np.float32] = (self._similarity[rows] @ self._pattern).toarray()
        return scores
