"""Calls by which the mistakes of lesson 02 are recognised."""

import numpy as np


def calls(rng: np.random.Generator) -> dict:
    """Return calls of each part's functions: (name, arguments, keyword arguments)."""
    precision = [("precision", (hits, k), {}) for hits, _, k in _lists(rng)]
    recall = [("recall", each, {}) for each in _lists(rng)]
    return {
        "test_rank_unseen": _rankings(rng),
        "test_precision_recall": [*precision, *recall],
        "test_reciprocal_rank": [("reciprocal_rank", (hits, k), {}) for hits, _, k in _lists(rng)],
        "test_average_precision": [("average_precision", each, {}) for each in _lists(rng)],
        "test_ndcg": [("ndcg", each, {}) for each in _lists(rng)],
        "test_evaluate_users": [_table(rng), _table(rng)],
        "test_confidence_interval": [
            ("confidence_interval", (rng.uniform(0, 1, size),), {}) for size in (5, 9, 30)
        ],
        "test_sampled_ranks": _samples(rng),
    }


def _rankings(rng: np.random.Generator) -> list:
    """Return scores with ties and both signs, and lists that leave fewer than k unseen."""
    found = []
    for n_items, n_seen, k in ((20, 5, 6), (20, 6, 10), (9, 5, 8)):
        scores = rng.integers(-4, 4, n_items).astype(np.float64)
        seen = rng.permutation(n_items)[:n_seen]
        scores[seen[:2]] = 5.0
        found.append(("rank_unseen", (scores, seen, k), {}))
    return found


def _lists(rng: np.random.Generator) -> list:
    """Return (hits, n_relevant, k): lists longer and shorter than k, and one without a hit."""
    k = int(rng.integers(4, 7))
    early = np.array([True, False, True, True, *rng.integers(0, 2, k), True], dtype=np.bool_)
    late = np.array([False, False, True, False, *rng.integers(0, 2, k), True], dtype=np.bool_)
    short = np.array([False, True, True])
    none = np.zeros(k, dtype=np.bool_)
    deep = np.arange(k + 3) > k
    many = int(rng.integers(20, 25))
    return [
        (early, many, k),
        (late, many, k),
        (late, 2, 4),
        (early, 3, 4),
        (short, 2, k + 2),
        (short, many, k),
        (none, 4, k),
        (deep, 4, k),
        (np.array([True, True, True]), 3, k),
    ]


def _table(rng: np.random.Generator) -> tuple:
    """Return users of whom some have nothing to find, some find nothing, and one has a short list."""
    n_users, n_items, k = 7, 12, 5
    scores = rng.normal(0, 1, (n_users, n_items))
    seen, relevant = [], []
    for user in range(n_users):
        order = rng.permutation(n_items)
        n_seen = 9 if user == 5 else int(rng.integers(2, 5))
        seen.append(order[:n_seen])
        relevant.append(order[n_seen : n_seen + (0 if user in (1, 4) else 2)])
        scores[user, order[:n_seen]] += 2.0
    scores[2, relevant[2]] = -9.0
    scores[3, relevant[3]] = 9.0
    return ("evaluate_users", (scores, seen, relevant, k), {})


def _samples(rng: np.random.Generator) -> list:
    """Return draws of all negatives, more than there are, and of some."""
    found = []
    for n_negatives in (1000, 15, 15):
        scores = rng.integers(0, 12, 60).astype(np.float64)
        order = rng.permutation(60)
        seen, relevant = order[:12], order[12:18]
        scores[seen] += 4.0
        scores[relevant[3:]] += 3.0
        seed = int(rng.integers(1, 10**6))
        found.append(("sampled_ranks", (scores, seen, relevant, n_negatives, seed), {}))
    return found
