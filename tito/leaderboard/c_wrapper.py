"""Modules in Cython around kernels in C, one an op; docs/leaderboards.md has their signatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_HEAD: Final = """\
# cython: boundscheck=False, wraparound=False, initializedcheck=False
import numpy as np
from libc.stdint cimport int32_t, int64_t, uint64_t
from recsys_backends.plan import EpochPlan
from recsys_backends.protocol import Neighbors, TopK, UpdateResult

cdef const float *_start(const float[:, ::1] rows) noexcept:
    return &rows[0, 0] if rows.shape[0] and rows.shape[1] else NULL

cdef float *_start_to_write(float[:, ::1] rows) noexcept:
    return &rows[0, 0] if rows.shape[0] and rows.shape[1] else NULL

cdef const int32_t *_ids(const int32_t[::1] ids) noexcept:
    return &ids[0] if ids.shape[0] else NULL

cdef int32_t *_ids_to_write(int32_t[::1] ids) noexcept:
    return &ids[0] if ids.shape[0] else NULL

"""
_TOP_K: Final = """\
cdef extern void c_top_k "top_k"(
    const float *user_factors, const float *item_factors, const float *item_biases,
    const int64_t *seen_indptr, const int32_t *seen_indices,
    int64_t n_users, int64_t n_items, int64_t d, int64_t k, int64_t n_threads,
    int32_t *items, float *scores) noexcept nogil

def top_k(const float[:, ::1] user_factors, const float[:, ::1] item_factors, item_biases,
          const int64_t[::1] seen_indptr, const int32_t[::1] seen_indices, *,
          int64_t k, int64_t n_threads=1):
    cdef int64_t n_users = user_factors.shape[0], n_items = item_factors.shape[0]
    cdef int64_t d = user_factors.shape[1]
    items, scores = np.empty((n_users, k), np.int32), np.empty((n_users, k), np.float32)
    cdef int32_t[::1] flat_items = items.reshape(-1)
    cdef float[:, ::1] flat_scores = scores
    cdef const float[::1] biases
    cdef const float *b = NULL
    if item_biases is not None:
        biases = item_biases
        b = &biases[0] if n_items else NULL
    cdef const float *p = _start(user_factors)
    cdef const float *q = _start(item_factors)
    cdef const int32_t *seen = _ids(seen_indices)
    cdef int32_t *out_items = _ids_to_write(flat_items)
    cdef float *out_scores = _start_to_write(flat_scores)
    with nogil:
        c_top_k(p, q, b, &seen_indptr[0], seen, n_users, n_items, d, k, n_threads,
                out_items, out_scores)
    return TopK(items, scores)
"""
_ALS: Final = """\
cdef extern void c_als_half_step "als_half_step"(
    float *target, const float *fixed, const int64_t *indptr, const int32_t *indices,
    const float *confidence, int64_t n_rows, int64_t n_cols, int64_t d,
    double regularization, int64_t n_threads) noexcept nogil

def als_half_step(float[:, ::1] target, const float[:, ::1] fixed, const int64_t[::1] indptr,
                  const int32_t[::1] indices, const float[::1] confidence, *,
                  double regularization, int64_t n_threads=1):
    cdef float *x = _start_to_write(target)
    cdef const float *y = _start(fixed)
    cdef const int32_t *ids = _ids(indices)
    cdef const float *c = &confidence[0] if confidence.shape[0] else NULL
    with nogil:
        c_als_half_step(x, y, &indptr[0], ids, c, target.shape[0], fixed.shape[0],
                        target.shape[1], regularization, n_threads)
"""
_SIMILARITY: Final = """\
cdef extern void c_item_similarity "item_similarity"(
    const int64_t *indptr, const int32_t *indices, int64_t n_users, int64_t n_items,
    int64_t k, double shrinkage, int64_t n_threads,
    int64_t *out_indptr, int32_t *out_indices, float *out_values) noexcept nogil

def item_similarity(const int64_t[::1] indptr, const int32_t[::1] indices, int64_t n_items, *,
                    int64_t k, double shrinkage=0.0, int64_t n_threads=1):
    cdef int64_t room = max(1, n_items * min(k, n_items))
    out_indptr = np.zeros(n_items + 1, np.int64)
    out_indices, out_values = np.empty(room, np.int32), np.empty(room, np.float32)
    cdef int64_t[::1] starts = out_indptr
    cdef int32_t[::1] found = out_indices
    cdef float[::1] values = out_values
    cdef const int32_t *ids = _ids(indices)
    with nogil:
        c_item_similarity(&indptr[0], ids, indptr.shape[0] - 1, n_items, k, shrinkage,
                          n_threads, &starts[0], &found[0], &values[0])
    n = out_indptr[n_items]
    if not 0 <= n <= room:
        raise ValueError("item_similarity claims more neighbours than there is room for.")
    return Neighbors(out_indptr, out_indices[:n].copy(), out_values[:n].copy())
"""
_PLAN: Final = """\
cdef extern void c_plan_epoch "plan_epoch"(
    const int64_t *indptr, const int32_t *indices, int64_t n_users, int64_t n_items,
    uint64_t seed, uint64_t epoch, int64_t n_blocks, int64_t n_threads,
    int32_t *users, int32_t *positives, int32_t *negatives, int64_t *bounds) noexcept nogil

def plan_epoch(const int64_t[::1] indptr, const int32_t[::1] indices, int64_t n_items, *,
               uint64_t seed, uint64_t epoch, int64_t n_blocks=1, sampler=None,
               int64_t n_threads=1):
    n = indices.shape[0]
    users, positives, negatives = (np.empty(n, np.int32) for _ in range(3))
    bounds = np.empty(n_blocks * n_blocks + 1, np.int64)
    cdef int32_t[::1] u = users, i = positives, j = negatives
    cdef int64_t[::1] edges = bounds
    cdef const int32_t *ids = _ids(indices)
    cdef int32_t *pu = _ids_to_write(u)
    cdef int32_t *pi = _ids_to_write(i)
    cdef int32_t *pj = _ids_to_write(j)
    with nogil:
        c_plan_epoch(&indptr[0], ids, indptr.shape[0] - 1, n_items, seed, epoch, n_blocks,
                     n_threads, pu, pi, pj, &edges[0])
    return EpochPlan(users, positives, negatives, bounds)
"""
_UPDATE: Final = """\
cdef extern void c_bpr_update "bpr_update"(
    float *user_factors, float *item_factors, float *item_biases, int64_t d,
    const int32_t *users, const int32_t *positives, const int32_t *negatives, int64_t n_triples,
    double learning_rate, double reg_user, double reg_positive, double reg_negative,
    double *loss, int64_t *n_correct, int64_t *n_updated) noexcept nogil

def bpr_update(float[:, ::1] user_factors, float[:, ::1] item_factors, item_biases, plan, *,
               double learning_rate, double reg_user, double reg_positive, double reg_negative,
               n_threads=1):
    cdef const int32_t[::1] users = plan.users, positives = plan.positives
    cdef const int32_t[::1] negatives = plan.negatives
    cdef float[::1] biases
    cdef float *b = NULL
    if item_biases is not None:
        biases = item_biases
        b = &biases[0] if biases.shape[0] else NULL
    cdef float *p = _start_to_write(user_factors)
    cdef float *q = _start_to_write(item_factors)
    cdef const int32_t *u = _ids(users)
    cdef const int32_t *i = _ids(positives)
    cdef const int32_t *j = _ids(negatives)
    cdef double loss = 0
    cdef int64_t n_correct = 0, n_updated = 0
    with nogil:
        c_bpr_update(p, q, b, user_factors.shape[1], u, i, j, users.shape[0], learning_rate,
                     reg_user, reg_positive, reg_negative, &loss, &n_correct, &n_updated)
    return UpdateResult(loss, n_correct, n_updated)
"""
_WRAPPERS: Final[Mapping[str, str]] = {
    "plan_epoch": _PLAN,
    "bpr_update": _UPDATE,
    "als_half_step": _ALS,
    "item_similarity": _SIMILARITY,
    "top_k": _TOP_K,
}


def wrapper_of(op: str) -> str:
    """Return the source in Cython by which a kernel in C becomes an op."""
    return _HEAD + _WRAPPERS[op]
