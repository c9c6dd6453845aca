"""EASE: a linear model of items from items, with a solution in closed form.

Source: Steck, Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019, equation 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from recsys_edu.errors import InvalidParameterError, ModelFileError
from recsys_edu.interactions import Interactions
from recsys_edu.models.base import Arrays
from recsys_edu.models.block_model import BlockModel
from recsys_edu.models.callbacks import Callback
from recsys_edu.models.cold_users import COLD_USERS
from recsys_edu.models.neighbor_model import pattern_of
from recsys_edu.models.race_rules import RaceRules
from recsys_edu.models.settings import Settings, choice, real, whole

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_MOST_ITEMS: Final = 40_000
"""Items with which the matrix of float64 that is inverted takes 12.8 GB."""
_ROWS: Final = 256
"""Rows of weights that are rounded at a time."""
_LARGEST: Final = float(np.finfo(np.float32).max)


@dataclass(frozen=True, kw_only=True)
class EASESettings(Settings):
    """Checked arguments of ``EASE``."""

    reg: float = real(0.0, _LARGEST, open_low=True)
    n_threads: int = whole(0, 1024)
    cold_users: str = choice(*COLD_USERS)


class EASE(BlockModel):
    """Weights B, 0 on the diagonal, that minimise ‖X − X B‖² + reg ‖B‖²; score(u, i) = (X B)[u, i].

    X is the matrix of interactions, each of them a 1: strengths are left out. With
    P = (XᵀX + reg I)⁻¹ the minimum is B[i, j] = −P[i, j] / P[j, j]. Time grows with the cube of the
    number of items, and memory with its square: up to 15 bytes a pair of items to learn, 4 after.

    Args:
        reg: weight of the regulariser, above 0.
        n_threads: threads to learn with; 0 for all cores. Another number of threads may round the
            weights otherwise in their last bit.
        cold_users: ranking of users without training interactions: "popularity"; or "scores" for
            the model's own, all 0.

    Attributes:
        weights: B, float32, shape (n_items, n_items).

    Raises:
        InvalidParameterError: an argument out of range; on ``fit``, more than 40,000 items.
    """

    name = "ease"
    Settings = EASESettings
    race = RaceRules(shares=())
    _settings: EASESettings
    weights: NDArray[np.float32]
    _pattern: csr_array[np.float32]

    def __init__(
        self, reg: float = 250.0, *, n_threads: int = 0, cold_users: str = "popularity"
    ) -> None:
        self._configure(locals())

    def _learn(self, train: Interactions, callbacks: Sequence[Callback]) -> None:
        import scipy.linalg.lapack  # noqa: F401 (loads the BLAS that is limited below)
        from threadpoolctl import threadpool_limits

        if train.n_items > _MOST_ITEMS:
            raise InvalidParameterError(
                f"EASE inverts a matrix of items by items, for which {train.n_items:,} items are "
                f"too many: it takes at most {_MOST_ITEMS:,}. Leave out rare items."
            )
        pattern = pattern_of(train)
        limit = self._settings.n_threads or None
        with threadpool_limits(limits=limit, user_api="blas"):
            self.weights = _weights(pattern, self._settings.reg)
        self._pattern = pattern

    def _block(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        scores: NDArray[np.float32] = self._pattern[rows] @ self.weights
        return scores

    def _fitted_arrays(self) -> Arrays:
        _ = self.train  # NotFittedError
        return {"weights": self.weights}

    def _restore(self, arrays: Arrays, train: Interactions) -> None:
        weights = arrays["weights"]
        if (
            weights.dtype != np.float32
            or weights.shape != (train.n_items, train.n_items)
            or not np.isfinite(weights).all()
            or np.diagonal(weights).any()
        ):
            raise ModelFileError("its weights do not fit its items.")
        self.weights, self._pattern = weights, pattern_of(train)


def _weights(pattern: csr_array[np.float32], reg: float) -> NDArray[np.float32]:
    """Return the minimum for a matrix of ones, shape (n_users, n_items), that no user has twice."""
    from scipy.linalg.lapack import dpotrf, dpotri

    gram = (pattern.T @ pattern).toarray(order="F").astype(np.float64)  # counts, exact in float32
    np.fill_diagonal(gram, np.diagonal(gram) + reg)
    factor, failed = dpotrf(gram, lower=1, overwrite_a=1, clean=0)
    if not failed:
        lower, failed = dpotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise InvalidParameterError(
            f"reg = {reg:g} is too small for these interactions: XᵀX + reg I is singular in "
            "float64. Take a larger one."
        )
    sizes = np.diagonal(lower).copy()
    weights = np.empty(lower.shape, dtype=np.float32)
    columns = np.arange(len(weights))
    for start in range(0, len(weights), _ROWS):
        part = slice(start, start + _ROWS)
        # LAPACK leaves the inverse below the diagonal; above it, the same mirrored.
        below = columns <= columns[part, None]
        weights[part] = np.where(below, lower[part], lower.T[part]) / -sizes
    np.fill_diagonal(weights, 0.0)
    return weights
