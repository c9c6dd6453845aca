"""The user tower of a TwoTower as arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys_edu.models.feature_encoding import Encoded, FeatureEncoder
from recsys_edu.models.two_tower import TwoTower


class UserTower(NamedTuple):
    """The part of a tower that needs no row: for users whom their features describe."""

    encoder: FeatureEncoder
    """How features become columns and weights."""
    features: NDArray[np.float32]
    """float32, shape (n_columns, d): the vector of each column."""
    layers: list[tuple[NDArray[np.float32], NDArray[np.float32]]]
    """The trunk: matrices (n_out, n_in) and offsets (n_out,), with ReLUs between; may be empty."""
    cosine: bool
    """True where vectors are brought to length 1."""
    temperature: float
    """Number by which they are divided at the end."""


def user_tower(model: TwoTower) -> UserTower | None:
    """Return the tower of a fitted model; None for one that learned from no features of users."""
    if model.user_encoder is None:
        return None
    state = model.towers.users.state_dict()
    found = {name: value.detach().cpu().numpy() for name, value in state.items()}
    numbers = sorted({int(name.split(".")[1]) for name in found if name.startswith("trunk.")})
    layers = [(found[f"trunk.{at}.weight"], found[f"trunk.{at}.bias"]) for at in numbers]
    return UserTower(
        model.user_encoder,
        found["features.weight"],
        layers,
        model._settings.similarity == "cosine",
        model._settings.temperature,
    )


def described_vectors(model: TwoTower, encoded: Encoded) -> NDArray[np.float32]:
    """Return the vectors of users without rows by the model's own tower, float32 (n, d)."""
    import torch

    from recsys_edu.models.towers import Rows

    columns, weights = (torch.from_numpy(part) for part in encoded)
    rows = Rows(torch.full((len(columns),), model.train.n_users), columns, weights)
    with torch.no_grad():
        vectors: NDArray[np.float32] = model.towers.user_vectors(rows).numpy()
    return np.ascontiguousarray(vectors)
