"""Models that score by neighbours: a product of two sparse matrices, one of them similarities."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from recsys_backends import ops
from recsys_backends.protocol import Neighbors
from recsys_edu.csr import check_structure
from recsys_edu.errors import DataError, ModelFileError
from recsys_edu.interactions import Interactions
from recsys_edu.models.base import Arrays, Side
from recsys_edu.models.block_model import BlockModel
from recsys_edu.models.callbacks import Callback
from recsys_edu.models.cold_users import COLD_USERS
from recsys_edu.models.race_rules import RaceRules
from recsys_edu.models.settings import Settings, choice, real, whole

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_LARGEST: Final = float(np.finfo(np.float32).max)


@dataclass(frozen=True, kw_only=True)
class NeighborSettings(Settings):
    """Checked arguments of models of neighbours."""

    k: int = whole(1, 2**31 - 1)
    shrinkage: float = real(0.0, _LARGEST)
    n_threads: int = whole(0, 1024)
    cold_users: str = choice(*COLD_USERS)


class NeighborModel(BlockModel):
    """Similarities of items or of users, learned by the op ``item_similarity``.

    Every interaction counts 1: strengths are left out. Only items with a score above 0 are
    recommended: about the others the neighbours say nothing, so lists may be short. Of equal scores
    the lower item number comes first.

    Args:
        k: neighbours of each, at least 1.
        shrinkage: >= 0: similarities are multiplied by n / (n + shrinkage), n being what two have
            in common.
        n_threads: threads to learn with; 0 for all cores. The result is the same.
        cold_users: ranking of users without training interactions: "popularity"; or "scores", by
            which no item is recommended to them.

    Attributes:
        neighbors: the fitted similarities.

    Raises:
        InvalidParameterError: an argument out of range.
    """

    Settings = NeighborSettings
    training_ops = ("item_similarity",)
    race = RaceRules(shares=())
    _settings: NeighborSettings
    compares: ClassVar[Side]
    """Side of the interactions that has neighbours."""
    neighbors: Neighbors

    @abstractmethod
    def _columns_of(self, train: Interactions) -> tuple[csr_array[np.float32], int]:
        """The pattern whose columns are compared, and how many columns that is."""

    def _learn(self, train: Interactions, callbacks: Sequence[Callback]) -> None:
        pattern, n_columns = self._columns_of(train)
        self.neighbors = ops.item_similarity(
            np.ascontiguousarray(pattern.indptr, dtype=np.int64),
            np.ascontiguousarray(pattern.indices, dtype=np.int32),
            n_columns,
            k=self._settings.k,
            shrinkage=self._settings.shrinkage,
            n_threads=self._settings.n_threads,
        )
        self._prepare(train)

    def _prepare(self, train: Interactions) -> None:
        """Make the two matrices of the product."""
        self._pattern = pattern_of(train)
        self._similarity = _square(self.neighbors)

    def _rankable(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        scores = self._block(rows)
        return np.where(scores > 0, scores, np.float32(-np.inf))

    def _alike(
        self, side: Side, rows: NDArray[np.int64], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        if side != self.compares:
            return super()._alike(side, rows, k)
        found = np.full((len(rows), k), -1, dtype=np.int32)
        similarities = np.full((len(rows), k), -np.inf, dtype=np.float32)
        indptr, indices, values = self.neighbors
        for place, row in enumerate(rows):
            own = slice(indptr[row], indptr[row + 1])
            best = np.argsort(-values[own], kind="stable")[:k]  # columns ascend: lower ones first
            found[place, : len(best)] = indices[own][best]
            similarities[place, : len(best)] = values[own][best]
        return found, similarities

    def _fitted_arrays(self) -> Arrays:
        _ = self.train  # NotFittedError
        return self.neighbors._asdict()

    def _restore(self, arrays: Arrays, train: Interactions) -> None:
        n = self._columns_of(train)[1]
        indptr, indices, values = (arrays[name] for name in Neighbors._fields)
        kinds = [f"{array.dtype.name} {array.ndim}" for array in (indptr, indices, values)]
        if kinds != ["int64 1", "int32 1", "float32 1"]:
            raise ModelFileError("its neighbours are not of the types that they are saved in.")
        try:
            check_structure(indptr, indices, n, n)
        except DataError as error:
            raise ModelFileError(f"its neighbours are no lists of neighbours: {error}") from error
        lengths = np.diff(indptr)
        if values.shape != indices.shape or not (np.isfinite(values) & (values >= 0)).all():
            raise ModelFileError("its similarities do not fit its neighbours.")
        if lengths.max() > self._settings.k or np.any(indices == np.repeat(np.arange(n), lengths)):
            raise ModelFileError("its neighbours do not fit its settings.")
        self.neighbors = Neighbors(indptr, indices, values)
        self._prepare(train)


def pattern_of(train: Interactions) -> csr_array[np.float32]:
    """The interactions without their strengths: ones."""
    pattern = train.to_csr()
    pattern.data[:] = 1.0
    return pattern


def _square(neighbors: Neighbors) -> csr_array[np.float32]:
    """The similarities as a SciPy matrix, a row for each that has neighbours."""
    from scipy.sparse import csr_array

    n = len(neighbors.indptr) - 1
    parts: Any = (neighbors.values, neighbors.indices, neighbors.indptr)
    return csr_array(parts, shape=(n, n))
