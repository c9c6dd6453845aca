"""PureSVD: the best approximation of the interactions by few factors, missing ones counting as 0.

Source: Cremonesi, Koren and Turrin, Performance of Recommender Algorithms on Top-N Recommendation
Tasks, RecSys 2010, section 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys_backends.random import stream, uniforms
from recsys_edu.errors import InvalidParameterError
from recsys_edu.interactions import Interactions
from recsys_edu.models.callbacks import Callback
from recsys_edu.models.cold_users import COLD_USERS
from recsys_edu.models.factor_model import FactorModel
from recsys_edu.models.neighbor_model import pattern_of
from recsys_edu.models.settings import Settings, choice, whole


@dataclass(frozen=True, kw_only=True)
class PureSVDSettings(Settings):
    """Checked arguments of ``PureSVD``."""

    n_factors: int = whole(1, 2**16)
    seed: int = whole(0, 2**64 - 1)
    n_threads: int = whole(0, 1024)
    cold_users: str = choice(*COLD_USERS)


class PureSVD(FactorModel):
    """Truncated singular value decomposition R ≈ U Σ Vᵀ; score(u, i) is that approximation.

    Every interaction is a 1 in R: strengths are left out (with them it ranks worse on MovieLens).

    Args:
        n_factors: how many singular values to keep, at least 1, below both numbers of users and of
            items.
        seed: of the vector that the iteration starts from, 0 <= seed < 2**64; makes no difference
            beyond rounding.
        n_threads: threads to rank with; 0 for all cores.
        cold_users: ranking of users without training interactions: "popularity"; or "scores" for
            the model's own, all 0.

    Attributes:
        user_factors: U Σ, the largest singular value first.
        item_factors: V; in each column the entry of the largest size is positive.

    Raises:
        InvalidParameterError: an argument out of range; on ``fit``, too many factors for the data.
    """

    name = "pure-svd"
    Settings = PureSVDSettings
    _settings: PureSVDSettings

    def __init__(
        self,
        n_factors: int = 16,
        *,
        seed: int = 0,
        n_threads: int = 0,
        cold_users: str = "popularity",
    ) -> None:
        self._configure(locals())

    def _learn(self, train: Interactions, callbacks: Sequence[Callback]) -> None:
        from scipy.sparse.linalg import svds
        from threadpoolctl import threadpool_limits

        n_factors, smaller = self._settings.n_factors, min(train.shape)
        if n_factors >= smaller:
            raise InvalidParameterError(
                f"n_factors must be below {smaller}, the smaller of the numbers of users and "
                f"items, not {n_factors}."
            )
        start = uniforms(stream(self._settings.seed), smaller) + 0.5
        matrix = pattern_of(train).astype(np.float64)
        # Its vectors are short: BLAS's threads would spend the time on waiting for each other.
        with threadpool_limits(limits=1, user_api="blas"):
            users, sizes, items = svds(matrix, k=n_factors, v0=start, solver="arpack")
        order = np.argsort(-sizes, kind="stable")
        users, items = users[:, order] * sizes[order], items[order].T
        largest = np.abs(items).argmax(axis=0)
        signs = np.where(items[largest, np.arange(n_factors)] < 0, -1.0, 1.0)
        self.user_factors = np.ascontiguousarray(users * signs, dtype=np.float32)
        self.item_factors = np.ascontiguousarray(items * signs, dtype=np.float32)
