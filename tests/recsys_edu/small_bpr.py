"""Small BPR models, and interactions that models are fitted to."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsys_edu import BPR, Interactions

BACKENDS = ("naive", "optimized", "torch")


def random_interactions(n_users: int, n_items: int, nnz: int, seed: int = 0) -> Interactions:
    cells = np.random.default_rng(seed).choice(n_users * n_items, size=nnz, replace=False)
    return Interactions.from_events(
        cells // n_items,
        cells % n_items,
        user_ids=np.arange(n_users),
        item_ids=np.arange(n_items),
    )


def two_tastes(n_each: int = 40, n_silent: int = 0) -> Interactions:
    """Even users have items of the first half, odd ones of the second, 8 each; silent ones none."""
    rng = np.random.default_rng(5)
    users, items = [], []
    for user in range(2 * n_each):
        chosen = rng.choice(n_each, size=8, replace=False) + (user % 2) * n_each
        users += [user] * 8
        items += chosen.tolist()
    return Interactions.from_events(
        users, items, user_ids=np.arange(2 * n_each + n_silent), item_ids=np.arange(2 * n_each)
    )


def small(**arguments: Any) -> BPR:
    defaults: dict[str, Any] = {"n_factors": 8, "epochs": 3, "progress": False, "n_threads": 1}
    return BPR(**{**defaults, **arguments})


def fitted_bytes(model: BPR) -> tuple[bytes, ...]:
    biases = b"" if model.item_biases is None else model.item_biases.tobytes()
    return model.user_factors.tobytes(), model.item_factors.tobytes(), biases
