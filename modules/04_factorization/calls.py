"""Calls by which the mistakes of lesson 04 are recognised."""

import numpy as np


def calls(rng: np.random.Generator) -> dict:
    """Return calls of each part's functions: (name, arguments, keyword arguments)."""
    return {
        "test_confidences": _confidences(rng),
        "test_loss_of_all_pairs": _losses("loss_of_all_pairs", rng),
        "test_solve_user": [("solve_user", _user(rng), {}) for _ in range(3)],
        "test_solve_user_fast": _fast(rng),
        "test_als_half_step": [_half_step(rng), _half_step(rng)],
        "test_by_item": [("by_item", (*_pairs(rng, 7, 9), 12), {}) for _ in range(2)],
        "test_fast_loss": _losses("fast_loss", rng),
        "test_train_als": [_training(rng)],
    }


def _confidences(rng: np.random.Generator) -> list:
    values = rng.integers(1, 6, 8).astype(np.float32)
    alphas = float(rng.uniform(1.5, 9)), float(rng.uniform(10, 40))
    return [("confidences", (values, alpha), {}) for alpha in alphas]


def _factors(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.normal(0, 0.7, (n, 3)).astype(np.float32)


def _pairs(rng: np.random.Generator, n_rows: int, n_columns: int) -> tuple:
    """Return pairs by row as CSR, with a row that has none, and their confidences."""
    sizes = rng.integers(1, 5, n_rows)
    sizes[2] = 0
    lists = [np.sort(rng.permutation(n_columns)[:size]) for size in sizes]
    indptr = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    indices = np.concatenate(lists).astype(np.int32)
    return indptr, indices, rng.uniform(2, 9, len(indices)).astype(np.float32)


def _losses(name: str, rng: np.random.Generator) -> list:
    found = []
    for reg in (0.0, float(rng.uniform(0.2, 2))):
        vectors = _factors(rng, 6), _factors(rng, 8)
        found.append((name, (*vectors, *_pairs(rng, 6, 8), reg), {}))
    return found


def _user(rng: np.random.Generator) -> tuple:
    observed = np.sort(1 + rng.permutation(8)[:3]).astype(np.int32)
    confidence = rng.uniform(2, 9, 3).astype(np.float32)
    return _factors(rng, 9), observed, confidence, float(rng.uniform(0.3, 2))


def _fast(rng: np.random.Generator) -> list:
    """Return the same with the Gram matrix; once, items that need not be read are no numbers."""
    found = []
    for hidden in (False, False, True):
        items, observed, confidence, reg = _user(rng)
        gram = items.astype(np.float64).T @ items.astype(np.float64)
        if hidden:
            items[np.setdiff1d(np.arange(len(items)), observed)] = np.nan
        found.append(("solve_user_fast", (gram, items, observed, confidence, reg), {}))
    return found


def _half_step(rng: np.random.Generator) -> tuple:
    arguments = (_factors(rng, 6), _factors(rng, 8), *_pairs(rng, 6, 8))
    return ("als_half_step", arguments, {"regularization": float(rng.uniform(0.3, 2))})


def _training(rng: np.random.Generator) -> tuple:
    settings = {"n_factors": 3, "reg": float(rng.uniform(0.3, 2)), "epochs": 2}
    seed = int(rng.integers(1, 10**6))
    return ("train_als", (*_pairs(rng, 9, 8), 10), {**settings, "seed": seed})
