"""An honest entry of the open division: items by cosine similarity, in NumPy."""

import numpy as np

model = {}


def fit(indptr, indices, n_items, seed):
    n_users = len(indptr) - 1
    seen = np.zeros((n_users, n_items), np.float32)
    seen[np.repeat(np.arange(n_users), np.diff(indptr)), indices] = 1
    norms = np.sqrt(np.maximum(seen.sum(axis=0), 1))
    similar = (seen.T @ seen) / norms / norms[:, None]
    np.fill_diagonal(similar, 0)
    scores = seen @ similar
    scores += 1e-6 * seen.sum(axis=0)
    scores[seen > 0] = -np.inf
    model["scores"] = scores


def recommend(users, k):
    return np.argsort(-model["scores"][users], axis=1, kind="stable")[:, :k].astype(np.int32)
