"""ALS: matrix factorisation for implicit feedback, one side solved exactly while the other rests.

Every pair of user and item counts: minimise Σ_ui c_ui (p_ui − x_u · y_i)² + λ (Σ ‖x‖² + Σ ‖y‖²),
with p = 1 and c = 1 + α · value where the user had the item, p = 0 and c = 1 everywhere else. With
the items fixed that is a small system of linear equations for each user, and the other way round.

Source: Hu, Koren and Volinsky, Collaborative Filtering for Implicit Feedback Datasets, ICDM 2008.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys_backends import InvalidArgumentError, ops
from recsys_edu.errors import DataError, InvalidParameterError
from recsys_edu.interactions import Interactions
from recsys_edu.models.als_loss import mean_squared_loss
from recsys_edu.models.callbacks import Callback
from recsys_edu.models.cold_users import COLD_USERS
from recsys_edu.models.random_vectors import random_vectors
from recsys_edu.models.settings import Settings, choice, flag, real, whole
from recsys_edu.models.training import EpochModel, EpochOutcome, Training, WorkingCopy


@dataclass(frozen=True, kw_only=True)
class ALSSettings(Settings):
    """Checked arguments of ``ALS``."""

    n_factors: int = whole(1, 2**16)
    epochs: int = whole(1, 2**31)
    reg: float = real(0.0, 1e9, open_low=True)
    alpha: float = real(0.0, 1e9)
    seed: int = whole(0, 2**64 - 1)
    n_threads: int = whole(0, 1024)
    progress: bool = flag()
    init_scale: float = real(0.0, 1e3, open_low=True)
    cold_users: str = choice(*COLD_USERS)


class ALS(EpochModel):
    """Alternating least squares on implicit feedback, on whichever backend is in use.

    The result depends on the data, the arguments below (``n_threads`` and ``progress`` apart) and
    the backend's rounding: each half of an epoch is a minimum, whoever finds it. On the optimized
    backend one seed gives the same bytes for any number of threads. Users and items without
    interactions get zeros for vectors.

    Args:
        n_factors: length of each vector, at least 1.
        epochs: how often users and then items are solved for in each ``fit``, at least 1.
        reg: λ, > 0. As there is one sum over all pairs, it is weighed against whole rows of them:
            right values are larger than BPR's, and grow with the data.
        alpha: α, >= 0: how much more a value of 1 counts than a pair that was not observed. Values
            are those of the interactions, or 1 where they have none.
        seed: 0 <= seed < 2**64: of the first vectors.
        n_threads: 0 for all cores.
        progress: show a progress bar on stderr.
        cold_users: ranking of users without training interactions: "popularity"; or "scores" for
            the model's own, all 0.
        init_scale: standard deviation of the first vectors, > 0.

    Attributes:
        user_factors, item_factors: the fitted arrays.
        history: an EpochReport for each epoch; its loss is the sum above over the number of pairs.
        epochs_done: epochs behind the arrays as they are.

    Raises:
        InvalidParameterError: an argument out of range.
    """

    name = "als"
    training_ops = ("als_half_step",)
    Settings = ALSSettings
    _settings: ALSSettings
    advice = "raise reg (now {reg:g}) or lower alpha (now {alpha:g})."

    def __init__(
        self,
        n_factors: int = 64,
        epochs: int = 15,
        reg: float = 60.0,
        alpha: float = 3.0,
        *,
        seed: int = 0,
        n_threads: int = 0,
        progress: bool = True,
        init_scale: float = 0.1,
        cold_users: str = "popularity",
    ) -> None:
        self._configure(locals())

    def _prepare(
        self, train: Interactions, callbacks: Sequence[Callback], warm_start: bool
    ) -> Training:
        settings = self._settings
        if warm_start and train is self._train and not self._train_is_whole:
            raise InvalidParameterError(
                "the file of this model was written by a version that kept no values: a warm start "
                "needs the interactions that the model was fitted to, not model.train."
            )
        by_user = _Weighted(train.indptr, train.indices, confidences(train, settings.alpha))
        by_item = _transposed(by_user, train.n_items)
        copies = WorkingCopy()

        def run_epoch() -> EpochOutcome:
            vectors = copies.of(self.vectors())
            users, items, _ = vectors
            self._half_step(users, items, by_user)
            self._half_step(items, users, by_item)
            loss = mean_squared_loss(users, items, *by_user, settings.reg)
            return EpochOutcome(vectors, loss)

        start = None if warm_start else lambda: self._start(train)
        return Training(run_epoch, start, settings.epochs)

    def _start(self, train: Interactions) -> dict[str, Any]:
        settings = self._settings
        vectors = random_vectors(train, settings.n_factors, settings.seed, settings.init_scale)
        return {**vectors._asdict(), "epochs_done": 0, "history": []}

    def _half_step(
        self, target: NDArray[np.float32], fixed: NDArray[np.float32], pairs: _Weighted
    ) -> None:
        settings = self._settings
        try:
            ops.als_half_step(
                target, fixed, *pairs, regularization=settings.reg, n_threads=settings.n_threads
            )
        except InvalidArgumentError as error:
            raise InvalidParameterError(
                f"reg {settings.reg:g} is too small for this alpha, {settings.alpha:g}, "
                f"init_scale, {settings.init_scale:g}, and largest confidence, 1 + alpha · value = "
                f"{pairs.confidence.max():g}: {error}"
            ) from error


class _Weighted(NamedTuple):
    """Interactions as CSR, with a confidence for each."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    confidence: NDArray[np.float32]


def confidences(train: Interactions, alpha: float) -> NDArray[np.float32]:
    """c = 1 + α · value of each interaction, float32 of shape (nnz,); values default to 1.

    Raises:
        DataError: a negative value (implicit feedback is strong or weak, but never against), or one
            so large that its confidence is no float32.
    """
    if train.values is None:
        return np.full(train.nnz, 1.0 + alpha, dtype=np.float32)
    lowest, highest = float(train.values.min()), float(train.values.max())
    if lowest < 0:
        raise DataError(
            f"ALS takes values as strengths, and {lowest:g} is negative: leave such interactions "
            "out, or shift the values."
        )
    if 1.0 + alpha * highest > float(np.finfo(np.float32).max):
        raise DataError(f"alpha {alpha:g} times the value {highest:g} is beyond float32.")
    return (1.0 + alpha * train.values.astype(np.float64)).astype(np.float32)


def _transposed(pairs: _Weighted, n_columns: int) -> _Weighted:
    """The same interactions by item."""
    from scipy.sparse import csr_array

    shape = len(pairs.indptr) - 1, n_columns
    by_item: Any = csr_array((pairs.confidence, pairs.indices, pairs.indptr), shape=shape).tocsc()
    return _Weighted(
        by_item.indptr.astype(np.int64), by_item.indices.astype(np.int32), by_item.data
    )
