"""Small ALS models."""

from __future__ import annotations

from typing import Any

from recsys_edu import ALS


def small_als(**arguments: Any) -> ALS:
    defaults: dict[str, Any] = {"n_factors": 8, "epochs": 4, "reg": 1.0, "alpha": 4.0}
    return ALS(**{**defaults, "progress": False, "n_threads": 1, **arguments})


def fitted_bytes(model: ALS) -> bytes:
    assert model.item_biases is None
    return model.user_factors.tobytes() + model.item_factors.tobytes()
