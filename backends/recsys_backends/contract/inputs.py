"""Random inputs for the clauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_backends import ops
from recsys_backends.plan import EpochPlan
from recsys_backends.protocol import UpdateResult
from recsys_backends.registry import get_backend


class Rates(TypedDict):
    """The keyword arguments of ``bpr_update`` that say how to step."""

    learning_rate: float
    reg_user: float
    reg_positive: float
    reg_negative: float


RATES: Rates = {
    "learning_rate": 0.01,
    "reg_user": 0.3,
    "reg_positive": 0.5,
    "reg_negative": 0.7,
}
"""Large and different regularisers: one that is missing or swapped shows."""

FREE: Rates = {"learning_rate": 0.1, "reg_user": 0.0, "reg_positive": 0.0, "reg_negative": 0.0}
"""No regulariser at all."""

GENTLE: Rates = {
    "learning_rate": 0.05,
    "reg_user": 0.01,
    "reg_positive": 0.02,
    "reg_negative": 0.03,
}
"""Rates that are usual in training."""


@dataclass
class Factors:
    """The three arrays that ``bpr_update`` changes."""

    user_factors: NDArray[np.float32]
    item_factors: NDArray[np.float32]
    item_biases: NDArray[np.float32] | None

    def copy(self) -> Factors:
        """The same values in arrays of their own."""
        biases = None if self.item_biases is None else self.item_biases.copy()
        return Factors(self.user_factors.copy(), self.item_factors.copy(), biases)

    def update(self, plan: EpochPlan, rates: Rates = RATES, n_threads: int = 1) -> UpdateResult:
        """One pass with the backend in use."""
        return ops.bpr_update(
            self.user_factors,
            self.item_factors,
            self.item_biases,
            plan,
            n_threads=n_threads,
            **rates,
        )

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """The arrays that there are, by name."""
        named = {"user_factors": self.user_factors, "item_factors": self.item_factors}
        if self.item_biases is not None:
            named["item_biases"] = self.item_biases
        return named


def random_factors(
    rng: np.random.Generator, n_users: int, n_items: int, n_factors: int, scale: float = 0.5
) -> Factors:
    """Normal factors and biases of that standard deviation."""

    def draw(*shape: int) -> NDArray[np.float32]:
        return rng.normal(0.0, scale, shape).astype(np.float32)

    return Factors(draw(n_users, n_factors), draw(n_items, n_factors), draw(n_items))


def random_interactions(
    rng: np.random.Generator, n_users: int, n_items: int, density: float
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """(indptr, indices) of a random pattern; the first user has nothing, the last everything."""
    seen = rng.random((n_users, n_items)) < density
    seen[0] = False
    seen[-1] = True
    return csr_of(seen)


def csr_of(seen: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """(indptr, indices) of a dense pattern."""
    indptr = np.concatenate([[0], np.cumsum(seen.sum(axis=1))]).astype(np.int64)
    return indptr, np.nonzero(seen)[1].astype(np.int32)


def plan_of(triples: Sequence[tuple[int, int, int]]) -> EpochPlan:
    """A sequential plan with these (user, positive, negative) triples."""
    columns = np.array(triples, dtype=np.int32).reshape(-1, 3).T
    users, positives, negatives = (np.ascontiguousarray(column) for column in columns)
    return EpochPlan(users, positives, negatives, np.array([0, len(triples)], dtype=np.int64))


def plan_with(
    users: ArrayLike, positives: ArrayLike, negatives: ArrayLike, bounds: ArrayLike
) -> EpochPlan:
    """Return a plan with these columns; arrays of the right dtypes are not copied."""
    columns = [np.ascontiguousarray(column, np.int32) for column in (users, positives, negatives)]
    return EpochPlan(
        columns[0], columns[1], columns[2], np.ascontiguousarray(bounds, dtype=np.int64)
    )


def sigmoid(x: float) -> float:
    """σ(x) in float64, for |x| < 700."""
    return float(1.0 / (1.0 + np.exp(-x)))


def drawable(*blocks: int) -> tuple[int, ...]:
    """The numbers of blocks that the backend in use can cut an epoch into."""
    return tuple(n_blocks for n_blocks in blocks if n_blocks == 1 or get_backend().tiles)
