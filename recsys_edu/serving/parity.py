"""Comparison of an exported file with its model, made before the file is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys_edu.errors import ExportError
from recsys_edu.models.factor_model import FactorModel
from recsys_edu.models.feature_encoding import Encoded, FeatureEncoder
from recsys_edu.models.two_tower import TwoTower
from recsys_edu.serving.ranker import Ranker
from recsys_edu.serving.retrieval import ExactIndex
from recsys_edu.serving.tower import described_vectors

TOLERANCE: Final = 1e-5
"""Largest difference of scores, where a user's go up to 1, and in proportion above that."""
_USERS: Final = 1000
_LENGTH: Final = 20
_CELLS: Final = 1 << 28
"""Scores to compute for it, at most: in large catalogues, fewer users are asked for."""

_Lists = tuple[NDArray[np.int32], NDArray[np.float32]]
_Score = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]


class Parity(NamedTuple):
    """Outcome of a comparison."""

    n_users: int
    """Number of users whose lists were compared."""
    k: int
    """Length of the lists."""
    largest_difference: float
    """Difference of two scores at one rank; in proportion to the user's largest one above 1."""
    n_exchanged: int
    """Ranks at which the items differ, because their scores differ by less than TOLERANCE."""


def check_parity(model: FactorModel, ranker: Ranker) -> Parity:
    """Compare lists of up to 1,000 users, spread evenly; the model ranks on the backend in use.

    Where features of users are known, as many new users are made up and compared as well.

    Raises:
        ExportError: at some rank, scores differ by more than TOLERANCE, or the items differ and
            their scores in the model do.
    """
    train = model.train
    n_users = max(1, min(_USERS, train.n_users, _CELLS // train.n_items))
    rows = np.linspace(0, train.n_users - 1, n_users).astype(np.int64)
    k = min(_LENGTH, train.n_items)
    found = _compare(
        model.rank(rows, k),
        ranker.rank(rows, k),
        lambda users, items: model._pair_scores(rows[users], items),
        [f"user {user!r}" for user in train.user_ids[rows].tolist()],
    )
    if isinstance(model, TwoTower) and model.user_encoder is not None:
        described = _compare_described(model, model.user_encoder, ranker, n_users, k)
        found = max(found[0], described[0]), found[1] + described[1]
    return Parity(n_users, k, *found)


def _compare_described(
    model: TwoTower, encoder: FeatureEncoder, ranker: Ranker, n_users: int, k: int
) -> tuple[float, int]:
    """Compare as ``_compare`` does, for new users with any four features, by a fixed seed."""
    rng = np.random.default_rng(0)
    encoded = Encoded(
        rng.integers(0, encoder.n_columns, (n_users, 4)),
        rng.normal(size=(n_users, 4)).astype(np.float32),
    )
    vectors = described_vectors(model, encoded)
    exact = ExactIndex(model.item_factors, model.item_biases)

    def score(chosen: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.float32]:
        scores: NDArray[np.float32] = np.einsum(
            "nf,nf->n", vectors[chosen], model.item_factors[items]
        )
        return scores if model.item_biases is None else scores + model.item_biases[items]

    rows = np.full(n_users, model.train.n_users)
    named = [f"new user {number} of those drawn" for number in range(n_users)]
    return _compare(exact.search(vectors, k), ranker._rank(rows, encoded, k), score, named)


def _compare(expected: _Lists, found: _Lists, score: _Score, named: list[str]) -> tuple[float, int]:
    """The largest difference of scores, and the number of ranks at which items differ.

    Args:
        expected, found: what the model and the ranker listed, padded as ``rank`` does.
        score: the model's score of items for users, both given by number.
        named: what to call each user in an error.
    """
    (expected_items, expected_scores), (items, scores) = expected, found
    apart = _apart(expected_scores, scores)
    apart[(items < 0) != (expected_items < 0)] = np.inf
    # An item that the model ranks elsewhere must be as good as the one it stands for.
    exchanged = items != expected_items
    at, rank = np.nonzero(exchanged & (items >= 0) & (expected_items >= 0))
    own = score(at, items[at, rank].astype(np.int64))
    apart[at, rank] = np.maximum(apart[at, rank], _apart(expected_scores[at, rank], own))
    sizes = np.where(np.isfinite(expected_scores), np.abs(expected_scores), 0.0)
    apart /= sizes.max(axis=1, keepdims=True, initial=1.0)
    worst = float(apart.max(initial=0.0))
    if worst > TOLERANCE:
        user = named[int(np.argmax(apart.max(axis=1)))]
        raise ExportError(
            f"the exported graph does not answer as the model does: for {user} a score is off by "
            f"{worst:.2g}, and {TOLERANCE:g} is allowed; nothing was written."
        )
    return worst, int(exchanged.sum())


def _apart(expected: NDArray[np.float32], found: NDArray[np.float32]) -> NDArray[np.float64]:
    """Distances of scores; 0 where both are the same infinity."""
    with np.errstate(invalid="ignore"):
        distance: NDArray[np.float64] = np.abs(expected.astype(np.float64) - found)
    distance[expected == found] = 0.0
    distance[np.isnan(distance)] = np.inf
    return distance
