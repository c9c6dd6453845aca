"""Exported files to answer from and to spoil, of models whose vectors are given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recsys_edu import BPR, Interactions, export_onnx
from tests.recsys_edu.saved_models import MODELS, interactions


def exported(tmp_path: Path, model: str = "bpr", ids: str = "integers") -> Path:
    path = tmp_path / "model.onnx"
    export_onnx(MODELS[model]().fit(interactions(ids)), path)
    return path


def given(
    user_factors: NDArray[np.float32],
    item_factors: NDArray[np.float32],
    item_biases: NDArray[np.float32] | None = None,
    seen: list[tuple[int, int]] | None = None,
) -> BPR:
    """A model with these vectors, whose users have seen these (row, column) pairs."""
    n_factors, use_biases = user_factors.shape[1], item_biases is not None
    model = BPR(n_factors, use_biases=use_biases, cold_users="scores")
    model.user_factors, model.item_factors = user_factors, item_factors
    model.item_biases, model.n_blocks_used = item_biases, 1
    pairs = np.array([(0, 0)] if seen is None else seen, dtype=np.int64).reshape(-1, 2)
    model._train = Interactions.from_events(
        pairs[:, 0],
        pairs[:, 1],
        user_ids=np.arange(len(user_factors)),
        item_ids=np.arange(len(item_factors)),
    )
    return model


def drawn(n_users: int, n_items: int, n_factors: int = 8, seed: int = 0) -> BPR:
    """A model with random vectors; each user has seen up to 30 items, some none."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, min(31, n_items), n_users)
    seen = [(u, int(i)) for u in range(n_users) for i in rng.permutation(n_items)[: counts[u]]]
    users, items = (rng.normal(size=(n, n_factors)) for n in (n_users, n_items))
    biases = rng.normal(size=n_items)
    return given(*(part.astype(np.float32) for part in (users, items, biases)), seen=seen)
