"""Rankings by inner products, by the op ``top_k``: items for users, and what is alike."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys_backends import ops

_SCORES_AT_ONCE: Final = 1 << 25
"""Scores of one call of ``top_k``, a fraction of a second: Ctrl-C is looked at between calls."""
_USERS_PER_GROUP: Final = 64
"""Calls begin at multiples of it: kernels take users in groups, and scores may depend on the place
in a group in their last bit."""


def best_products(
    queries: NDArray[np.float32],
    rows: NDArray[np.int64],
    items: NDArray[np.float32],
    biases: NDArray[np.float32] | None,
    left_out: tuple[NDArray[np.int64], NDArray[np.int32]],
    k: int,
    n_threads: int,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the k items of the largest p · q + b for some of the queries.

    Args:
        queries: float32, shape (n_queries, n_factors).
        rows: int64, shape (n,): the queries to answer.
        items: float32, shape (n_items, n_factors).
        biases: float32, shape (n_items,), or None for none.
        left_out: items that no list may hold, as CSR arrays with a row for each of ``rows``.
        k: at most n_items.
        n_threads: 0 for all cores.

    Returns:
        Columns of items, int32 (n, k), best first, padded with −1; products, float32 (n, k), padded
        with −inf.
    """
    indptr, columns = left_out
    found = np.empty((len(rows), k), dtype=np.int32)
    products = np.empty((len(rows), k), dtype=np.float32)
    step = max(_USERS_PER_GROUP, _SCORES_AT_ONCE // len(items))
    step -= step % _USERS_PER_GROUP
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        starts = indptr[start : start + step + 1]
        found[part], products[part] = ops.top_k(
            np.ascontiguousarray(queries[rows[part]]),
            items,
            biases,
            starts - starts[0],
            columns[starts[0] : starts[-1]],
            k=k,
            n_threads=n_threads,
        )
    return found, products


def most_alike(
    vectors: NDArray[np.float32], rows: NDArray[np.int64], k: int, n_threads: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the k vectors of the largest cosine with some of them, without themselves.

    A vector of zeros has no direction: it is in no list, and its own is empty.

    Args:
        vectors: float32, shape (n, n_factors).
        rows: int64, shape (m,): vectors to find others like.
        k: at most n.
        n_threads: 0 for all cores.

    Returns:
        Rows of vectors, int32 (m, k), most alike first, of equal cosines the lower row, padded with
        −1; cosines, float32 (m, k), padded with −inf.
    """
    lengths = np.sqrt(np.einsum("nf,nf->n", vectors, vectors, dtype=np.float64))
    known = np.flatnonzero(lengths > 0)
    found = np.full((len(rows), k), -1, dtype=np.int32)
    cosines = np.full((len(rows), k), -np.inf, dtype=np.float32)
    asked = np.flatnonzero(lengths[rows] > 0)
    if not asked.size:
        return found, cosines
    units = (vectors[known] / lengths[known, None]).astype(np.float32)
    own = np.searchsorted(known, rows[asked])
    kept = min(k, len(known))
    themselves = np.arange(len(own) + 1, dtype=np.int64), own.astype(np.int32)
    places, cosines[asked, :kept] = best_products(
        units, own, units, None, themselves, kept, n_threads
    )
    found[asked, :kept] = np.where(places >= 0, known[places], -1)
    return found, cosines
