"""Calls by which the mistakes of lesson 03 are recognised."""

import numpy as np

from recsys_backends.protocol import Neighbors


def calls(rng: np.random.Generator) -> dict:
    """Return calls of each part's functions: (name, arguments, keyword arguments)."""
    items_of, n_items = _shop(rng)
    users_of = [[u for u, has in enumerate(items_of) if i in has] for i in range(n_items)]
    asked = [item for item in range(n_items) if users_of[item]]
    return {
        "test_users_of_items": [("users_of_items", (items_of, n_items), {})],
        "test_similarity": _similarities(rng),
        "test_common_users": [("common_users", (i, items_of, users_of), {}) for i in asked],
        "test_steps": _steps(rng),
        "test_best_neighbors": _best(rng),
        "test_item_similarity": _rows(rng),
        "test_neighbor_scores": _votes(rng),
        "test_top_k": _lists(rng),
    }


def _shop(rng: np.random.Generator) -> tuple:
    """Return the items of 8 users, of whom one has none; nobody has the last items."""
    n_items = 12
    items_of = [sorted(rng.permutation(9)[: rng.integers(2, 6)].tolist()) for _ in range(8)]
    items_of[int(rng.integers(1, 5))] = []
    return items_of, n_items


def _similarities(rng: np.random.Generator) -> list:
    found = []
    for shrinkage in (0.0, float(rng.uniform(1, 9)), float(rng.uniform(10, 40))):
        common = int(rng.integers(2, 9))
        users = common + int(rng.integers(1, 9)), common + int(rng.integers(10, 30))
        found.append(("similarity", (common, *users, shrinkage), {}))
    return found


def _steps(rng: np.random.Generator) -> list:
    counts = rng.integers(20, 60, 9)
    return [
        ("steps", (counts.astype(np.int64), 37), {}),
        ("steps", ((counts * 3000).astype(np.int32), 41), {}),
    ]


def _best(rng: np.random.Generator) -> list:
    """Return similarities with ties, whose items come in no order."""
    found = []
    for k in (4, 6):
        items = rng.permutation(30)[:12].tolist()
        values = (rng.integers(1, 5, 12) / 8).astype(np.float32)
        found.append(("best_neighbors", (dict(zip(items, values, strict=True)), k), {}))
    return found


def _rows(rng: np.random.Generator) -> list:
    """Return shops with an item that nobody has, and one with similarities that tie in float32."""
    found = []
    for shrinkage in (0.0, 10.0, 20.0, 30.0):
        lists = [np.sort(rng.permutation(13)[: rng.integers(2, 8)]) for _ in range(14)]
        lists = [np.where(items >= 5, items + 1, items) for items in lists]
        found.append(("item_similarity", (*_csr(lists), 15), {"k": 2, "shrinkage": shrinkage}))
    found.append(("item_similarity", (*_csr(_nearly_tied()), 3), {"k": 1, "shrinkage": 0.0}))
    return found


def _csr(lists: list) -> tuple:
    indptr = np.concatenate(([0], np.cumsum([len(items) for items in lists]))).astype(np.int64)
    return indptr, np.concatenate(lists).astype(np.int32)


def _nearly_tied() -> list:
    """Return items of users: for item 0, items 1 and 2 tie in float32, and 2 leads in float64.

    The similarities are 1 / √8 and 3 / √72.
    """
    return [np.array(items) for items in [[0, 2]] * 3 + [[0, 1], [1]] + [[2]] * 15]


def _votes(rng: np.random.Generator) -> list:
    lists = [np.sort(rng.permutation(10)[: rng.integers(1, 5)]) for _ in range(8)]
    lists += [np.zeros(0, dtype=np.int64)] * 2
    lists[int(rng.integers(1, 6))] = np.zeros(0, dtype=np.int64)
    indptr, indices = _csr(lists)
    values = rng.uniform(0.1, 0.9, len(indices)).astype(np.float32)
    neighbors = Neighbors(indptr, indices, values)
    items = [np.sort(rng.permutation(8)[:n]).astype(np.int32) for n in (4, 5, 3)]
    return [("neighbor_scores", (neighbors, each), {}) for each in items]


def _lists(rng: np.random.Generator) -> list:
    """Return users with ties, with few items left, and with scores that are not finite."""
    found = []
    for with_biases in (True, False):
        users = rng.integers(-2, 3, (4, 2)).astype(np.float32)
        users[users == 0] = 1.0
        items = rng.integers(-2, 3, (9, 2)).astype(np.float32)
        biases = rng.integers(1, 4, 9).astype(np.float32) if with_biases else None
        sizes = (3, 2, 7, 4)
        indptr, indices = _csr([np.sort(rng.permutation(9)[:size]) for size in sizes])
        found.append(("top_k", (users, items, biases, indptr, indices), {"k": 6}))
    broken = rng.normal(0, 1, (9, 2)).astype(np.float32)
    broken[:2] = np.nan
    broken[2] = -np.inf
    positive = rng.uniform(0.5, 1, (4, 2)).astype(np.float32)
    found.append(("top_k", (positive, broken, None, indptr, indices), {"k": 9}))
    return found
