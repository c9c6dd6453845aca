"""An honest entry of the division top-k, in NumPy."""

import numpy as np

from recsys_backends.protocol import TopK


def top_k(user_factors, item_factors, item_biases, seen_indptr, seen_indices, *, k, n_threads=1):
    n = len(user_factors)
    items = np.full((n, k), -1, np.int32)
    scores = np.full((n, k), -np.inf, np.float32)
    for a in range(0, n, 64):
        b = min(n, a + 64)
        with np.errstate(all="ignore"):
            s = user_factors[a:b] @ item_factors.T
            if item_biases is not None:
                s = s + item_biases
        s = np.where(np.isnan(s), -np.inf, s).astype(np.float32)
        for r in range(a, b):
            s[r - a, seen_indices[seen_indptr[r] : seen_indptr[r + 1]]] = -np.inf
        order = np.argsort(-s, axis=1, kind="stable")[:, :k]
        best = np.take_along_axis(s, order, 1)
        kk = order.shape[1]
        ok = best > -np.inf
        items[a:b, :kk] = np.where(ok, order, -1)
        scores[a:b, :kk] = np.where(ok, best, -np.inf)
    return TopK(items, scores)
