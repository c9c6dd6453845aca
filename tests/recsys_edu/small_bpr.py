"""Small BPR models and the interactions that they are fitted to."""

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


def small(**arguments: Any) -> BPR:
    defaults: dict[str, Any] = {"n_factors": 8, "epochs": 3, "progress": False, "n_threads": 1}
    return BPR(**{**defaults, **arguments})


def fitted_bytes(model: BPR) -> tuple[bytes, ...]:
    biases = b"" if model.item_biases is None else model.item_biases.tobytes()
    return model.user_factors.tobytes(), model.item_factors.tobytes(), biases
