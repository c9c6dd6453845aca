"""The two sides of TwoTower, users and items, as input of their towers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from recsys_edu.features import Features
from recsys_edu.models.feature_encoding import FeatureEncoder
from recsys_edu.models.towers import Rows

_ROWS_AT_ONCE: Final = 1 << 16


class Side:
    """Users, or items: their own vectors, their features and their weight decay."""

    def __init__(
        self,
        features: Features | None,
        idle: NDArray[np.bool_],
        own_when_idle: bool,
        reg: float,
        id_dropout: float,
        reg_cold: float,
        device: torch.device,
    ) -> None:
        self.id_dropout = 0.0 if features is None else id_dropout
        self.reg, self.reg_cold = reg, reg_cold
        n = len(idle)
        self.encoder: FeatureEncoder | None = None
        self.columns = self.weights = None
        if features is not None:
            self.encoder = FeatureEncoder.learn(features, ~idle)
            encoded = self.encoder.encode(features)
            self.columns = torch.from_numpy(encoded.columns).to(device)
            self.weights = torch.from_numpy(encoded.weights).to(device)
        # Who has nothing to learn from has no vector of its own: row n, which stays zero.
        ids = np.arange(n) if own_when_idle else np.where(idle, n, np.arange(n))
        self.n, self.ids = n, torch.from_numpy(ids).to(device)

    def decay(self, share: float, kept: torch.Tensor | None) -> float | torch.Tensor:
        """Return λ of a share of the batch: one for all, or one for each row, kept or not."""
        if kept is None or self.reg == self.reg_cold:
            return self.reg * share
        return self.reg_cold * share + (self.reg - self.reg_cold) * share * kept

    @property
    def n_columns(self) -> int:
        """Columns of features; 0 without features."""
        return 0 if self.encoder is None else self.encoder.n_columns

    def rows(self, chosen: torch.Tensor, ids: torch.Tensor, kept: torch.Tensor | None) -> Rows:
        """Return some rows as the tower takes them."""
        if self.columns is None or self.weights is None:
            return Rows(ids)
        return Rows(ids, self.columns[chosen], self.weights[chosen], kept)

    def all_rows(self) -> Iterator[Rows]:
        """Yield all of them in turn, some at a time."""
        everyone = torch.arange(self.n, device=self.ids.device)
        for some in torch.split(everyone, _ROWS_AT_ONCE):
            yield self.rows(some, self.ids[some], None)
