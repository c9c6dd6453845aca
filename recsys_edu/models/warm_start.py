"""What models share whose fits can go on where the last one ended."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from recsys_backends.memory import aligned_zeros
from recsys_backends.random import stream, uniforms
from recsys_edu.errors import InvalidParameterError
from recsys_edu.interactions import Interactions
from recsys_edu.models.callbacks import Callback
from recsys_edu.models.training import EpochModel

_INITIAL_FACTORS: Final = 2**32
"""Branch of the random stream: far from the epochs, which are numbered from 0."""
_DRAWS_AT_A_TIME: Final = 1 << 16
"""First vectors are drawn in 64-bit numbers, several for each 32-bit factor: not all at once."""


class WarmStartModel(EpochModel):
    """An epoch model that starts from small random vectors, or from those of its last fit."""

    n_factors: int
    seed: int
    init_scale: float
    _continue: bool

    def fit(
        self,
        train: Interactions,
        *,
        callbacks: Sequence[Callback] = (),
        warm_start: bool = False,
    ) -> Self:
        """Learn from interactions.

        Args:
            train: what users did; what is in it is never recommended again.
            callbacks: called after each epoch; see ``EarlyStopping``.
            warm_start: go on from the vectors of the last fit, for ``epochs`` more epochs, as one
                longer fit would have gone. ``train`` must have the same ids.

        Raises:
            DataError: nothing that the model could learn from.
            DivergedError: factors overflowed; the message says in which epoch. The model is not
                fitted then.
            NotFittedError: a warm start without a first fit.
            InvalidParameterError: an argument that does not fit the data, or a warm start on other
                ids.
        """
        self._continue = warm_start
        return super().fit(train, callbacks=callbacks)

    def _initialize(self, train: Interactions) -> None:
        """Small random vectors; zeros for users without interactions."""
        key = stream(self.seed, _INITIAL_FACTORS)
        self.user_factors = self._random_rows(stream(key, 0), train.n_users)
        self.item_factors = self._random_rows(stream(key, 1), train.n_items)
        self.user_factors[np.diff(train.indptr) == 0] = 0.0
        self.epochs_done = 0
        self.history = []

    def _random_rows(self, key: int, n_rows: int) -> NDArray[np.float32]:
        """Uniform in ±√3 · init_scale, which has standard deviation init_scale."""
        rows = aligned_zeros(n_rows, self.n_factors)
        values = rows.reshape(-1)
        for start in range(0, rows.size, _DRAWS_AT_A_TIME):
            part = values[start : start + _DRAWS_AT_A_TIME]
            drawn = uniforms(key, len(part), start)
            part[...] = (2.0 * drawn - 1.0) * (math.sqrt(3.0) * self.init_scale)
        return rows

    def _check_same_ids(self, train: Interactions) -> None:
        before = self.train
        if not (
            np.array_equal(before.user_ids, train.user_ids)
            and np.array_equal(before.item_ids, train.item_ids)
        ):
            raise InvalidParameterError(
                "a warm start needs the users and items of the first fit, in the same order"
            )
