"""MostPopular: everybody gets what most others had. Hard to beat, and the bar to clear."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recsys_edu.interactions import Interactions
from recsys_edu.models.callbacks import Callback
from recsys_edu.models.factor_model import FactorModel
from recsys_edu.models.race_rules import RaceRules


class MostPopular(FactorModel):
    """Score of an item: how many users it has in the training data.

    A factor model without factors: only ``item_biases``, the counts, are left.
    """

    name = "popularity"
    cold_users = "scores"  # which are those of popularity
    race = RaceRules(shares=())

    def _learn(self, train: Interactions, callbacks: Sequence[Callback]) -> None:
        self.user_factors = np.empty((train.n_users, 0), dtype=np.float32)
        self.item_factors = np.empty((train.n_items, 0), dtype=np.float32)
        self.item_biases = train.popularity().astype(np.float32)
