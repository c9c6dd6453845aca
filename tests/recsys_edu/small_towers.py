"""Small TwoTower models, and interactions with features for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsys_edu import Features, Interactions, TwoTower
from tests.recsys_edu.small_bpr import two_tastes


def small(**arguments: Any) -> TwoTower:
    defaults: dict[str, Any] = {
        "n_factors": 8,
        "epochs": 3,
        "batch_size": 64,
        "n_threads": 1,
        "progress": False,
        "device": "cpu",
    }
    return TwoTower(**{**defaults, **arguments})


def tastes_with_features(n_each: int = 40, n_new: int = 6) -> Interactions:
    """``two_tastes``, whose features say which half a user or an item belongs to.

    The last ``n_new`` users and items have features, but no interactions. Ages have gaps.
    """
    train = two_tastes(n_each)
    n = 2 * n_each + n_new
    likes = np.where(np.arange(n) % 2 == 0, "even", "odd")
    ages = [None if row % 7 == 0 else 20 + row % 50 for row in range(n)]
    half = np.append(np.arange(2 * n_each) // n_each, np.arange(n_new) % 2)
    tags = [["first", "any"] if of == 0 else ["second"] for of in half]
    return train.with_features(
        users=Features(np.arange(n), categorical={"likes": likes}, numeric={"age": ages}),
        items=Features(np.arange(n), multi_hot={"tags": tags}),
    )


def fitted_bytes(model: TwoTower) -> list[bytes]:
    """Every array that fitting found, towers and all."""
    return [array.tobytes() for _, array in sorted(model._fitted_arrays().items())]
