"""An honest entry of the division time-to-quality: ALS with exact solutions, in NumPy."""

import numpy as np


def fit(indptr, indices, n_items, seed):
    n_users, d = len(indptr) - 1, 16
    items = np.random.default_rng(seed).normal(0, 0.1, (n_items, d))
    users = np.zeros((n_users, d))
    rows = np.repeat(np.arange(n_users), np.diff(indptr))
    order = np.argsort(indices, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(indices, minlength=n_items))))
    for _ in range(6):
        solve(users, items, indptr, indices)
        solve(items, users, starts, rows[order])
    return users.astype(np.float32), items.astype(np.float32), None


def solve(target, fixed, indptr, indices):
    gram = fixed.T @ fixed + 20.0 * np.eye(fixed.shape[1])
    for row in range(len(target)):
        own = fixed[indices[indptr[row] : indptr[row + 1]]]
        target[row] = np.linalg.solve(gram + 9.0 * own.T @ own, 10.0 * own.sum(axis=0))
