"""Numbers of others: scikit-learn's NDCG with ties averaged, trec_eval's measures without ties."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from recsys_edu.evaluation import evaluate
from tests.recsys_edu.rankers import FixedScores, matrix

N_USERS, N_ITEMS = 40, 30


def relevant_items(seed: int) -> NDArray[np.bool_]:
    """Draw some items for each user, one at least; for some more than the lists are long."""
    rng = np.random.default_rng(seed)
    relevant = rng.random((N_USERS, N_ITEMS)) < rng.uniform(0.02, 0.6, (N_USERS, 1))
    relevant[np.arange(N_USERS), rng.integers(N_ITEMS, size=N_USERS)] = True
    return relevant


def per_user(
    scores: NDArray[np.float64], relevant: NDArray[np.bool_], metrics: list[str]
) -> dict[str, NDArray[np.float64]]:
    users, items = np.nonzero(relevant)
    test = matrix(set(zip(users.tolist(), items.tolist(), strict=True)), N_USERS, N_ITEMS)
    model = FixedScores(scores, matrix(set(), N_USERS, N_ITEMS))
    found = evaluate(model, test, metrics=metrics)
    values = {name: result.per_user for name, result in found.results.items()}
    return {name: value for name, value in values.items() if value is not None}


@pytest.mark.parametrize("levels", [2, 5, 1000])
@pytest.mark.parametrize("k", [1, 5, 10, 30])
def test_ndcg_is_scikit_learns_with_ties_averaged(levels: int, k: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    scores = np.random.default_rng(levels).integers(levels, size=(N_USERS, N_ITEMS)).astype(float)
    relevant = relevant_items(seed=k)
    ours = per_user(scores, relevant, [f"ndcg@{k}"])[f"ndcg@{k}"]
    theirs = [
        metrics.ndcg_score(truth[None], given[None], k=k)
        for truth, given in zip(relevant.astype(int), scores, strict=True)
    ]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)


def hits_at(ranking: list[str], qrel: set[str], k: int) -> list[int]:
    return [int(document in qrel) for document in ranking[:k]]


def trec_ndcg_cut(ranking: list[str], qrel: set[str], k: int) -> float:
    gains = hits_at(ranking, qrel, k)
    dcg = sum(gain / math.log2(place + 2) for place, gain in enumerate(gains))
    return dcg / sum(1 / math.log2(place + 2) for place in range(min(k, len(qrel))))


def trec_map_cut(ranking: list[str], qrel: set[str], k: int) -> float:
    gains = hits_at(ranking, qrel, k)
    precisions = (sum(gains[: place + 1]) / (place + 1) for place in range(len(gains)))
    return sum(p for p, gain in zip(precisions, gains, strict=True) if gain) / len(qrel)


TREC: Mapping[str, Callable[[list[str], set[str], int], float]] = {
    "ndcg": trec_ndcg_cut,
    "map_trec": trec_map_cut,
    "precision": lambda ranking, qrel, k: sum(hits_at(ranking, qrel, k)) / k,
    "recall": lambda ranking, qrel, k: sum(hits_at(ranking, qrel, k)) / len(qrel),
    "hit_rate": lambda ranking, qrel, k: float(any(hits_at(ranking, qrel, k))),
    "mrr": lambda ranking, qrel, k: max(
        (1 / (place + 1) for place, hit in enumerate(hits_at(ranking, qrel, k)) if hit), default=0.0
    ),
}


@pytest.mark.parametrize("k", [1, 5, 10])
def test_without_ties_the_measures_are_trec_evals(k: int) -> None:
    """Definitions written out over names of documents and judgements."""
    scores = np.random.default_rng(0).permutation(N_USERS * N_ITEMS).reshape(N_USERS, N_ITEMS)
    relevant = relevant_items(seed=3)
    ours = per_user(scores.astype(float), relevant, [f"{name}@{k}" for name in TREC])
    assert relevant.sum(axis=1).max() > k > 0
    for name, measure in TREC.items():
        theirs = [
            measure(
                [f"d{item}" for item in np.argsort(-scores[user])],
                {f"d{item}" for item in np.flatnonzero(relevant[user])},
                k,
            )
            for user in range(N_USERS)
        ]
        np.testing.assert_allclose(ours[f"{name}@{k}"], theirs, rtol=1e-12)


def test_map_divides_by_less_where_more_is_relevant_than_is_shown() -> None:
    scores = np.tile(-np.arange(N_ITEMS, dtype=float), (N_USERS, 1))
    everything = np.ones((N_USERS, N_ITEMS), dtype=bool)
    found = per_user(scores, everything, ["map@5", "map_trec@5"])
    assert found["map@5"].tolist() == [1.0] * N_USERS
    assert found["map_trec@5"].tolist() == [5 / N_ITEMS] * N_USERS
