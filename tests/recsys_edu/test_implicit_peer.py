"""Numbers of implicit: its cosine neighbours, and its exact solver of ALS's half steps."""

from __future__ import annotations

import warnings

import implicit.cpu.als
import implicit.nearest_neighbours
import numpy as np
from scipy.sparse import csr_matrix

from recsys_backends import ops, use_backend
from recsys_edu.datasets.synthetic import make_synthetic

TRAIN = make_synthetic(300, 200, 6000, seed=3)


def matrix_of(values: np.ndarray) -> csr_matrix:
    """The interactions as implicit takes them, in arrays that it may write to."""
    starts = TRAIN.indptr.astype(np.int32)
    return csr_matrix((values, TRAIN.indices.copy(), starts), shape=TRAIN.shape)


def test_neighbours_are_implicits_by_cosine() -> None:
    k = 20
    # All of them: of equal ones at the end of a list, implicit keeps any.
    peer = implicit.nearest_neighbours.CosineRecommender(K=TRAIN.n_items, num_threads=1)
    with warnings.catch_warnings(action="ignore"):  # about its own arguments and BLAS
        peer.fit(matrix_of(np.ones(TRAIN.nnz)), show_progress=False)
    with use_backend("optimized"):
        ours = ops.item_similarity(TRAIN.indptr, TRAIN.indices, TRAIN.n_items, k=k)
    n_compared = 0
    for item in range(TRAIN.n_items):
        theirs = peer.similarity.getrow(item).toarray().ravel()
        theirs[item] = 0.0
        row = slice(ours.indptr[item], ours.indptr[item + 1])
        kept, values = ours.indices[row], ours.values[row]
        np.testing.assert_allclose(values, theirs[kept], rtol=1e-6)
        lowest = values.min(initial=np.inf)
        assert set(np.flatnonzero(theirs > lowest * (1 + 1e-6))) <= set(kept.tolist())
        n_compared += len(kept)
    assert n_compared > k * TRAIN.n_items / 2


def test_half_steps_are_implicits_exact_ones() -> None:
    rng = np.random.default_rng(0)
    confidence = (1 + 9 * rng.random(TRAIN.nnz)).astype(np.float32)
    fixed = rng.normal(0, 0.3, (TRAIN.n_items, 16)).astype(np.float32)
    theirs = np.zeros((TRAIN.n_users, 16), dtype=np.float32)
    implicit.cpu.als.least_squares(matrix_of(confidence), theirs, fixed, 2.0, num_threads=1)
    for backend in ("naive", "optimized"):
        ours = np.empty_like(theirs)
        with use_backend(backend):
            ops.als_half_step(
                ours, fixed, TRAIN.indptr, TRAIN.indices, confidence, regularization=2.0
            )
        np.testing.assert_allclose(ours, theirs, atol=2e-4)
