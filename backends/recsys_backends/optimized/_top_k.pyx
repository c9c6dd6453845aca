"""The best items of each user; see include/top_k.h."""

from libc.stdint cimport int32_t, int64_t

cdef extern from "top_k.h":
    ctypedef struct ranking:
        const float *users
        const float *items
        const float *biases
        int64_t n_users, n_items, d, k
        const int64_t *seen_indptr
        const int32_t *seen_indices
        int32_t *best_items
        float *best_scores
        int simd
        int out_of_memory
    int rank_all(ranking r, int n_threads) nogil


def top_k(const float[:, ::1] users, const float[:, ::1] items, const float[::1] biases,
          const int64_t[::1] seen_indptr, const int32_t[::1] seen_indices,
          int32_t[:, ::1] best_items, float[:, ::1] best_scores, int n_threads, int simd):
    """Write the best unseen items of each user, shape (n_users, k), over the last two arrays."""
    cdef ranking r
    cdef int status
    if best_items.shape[0] == 0:
        return
    r.n_users, r.n_items = users.shape[0], items.shape[0]
    r.d, r.k = users.shape[1], best_items.shape[1]
    # Without columns there are no rows to point at; the kernel then reads none.
    r.users = &users[0, 0] if r.d else NULL
    r.items = &items[0, 0] if r.d and r.n_items else NULL
    r.biases = NULL
    if biases is not None and r.n_items:
        r.biases = &biases[0]
    r.seen_indptr = &seen_indptr[0]
    r.seen_indices = &seen_indices[0] if seen_indices.shape[0] else NULL
    r.best_items = &best_items[0, 0]
    r.best_scores = &best_scores[0, 0]
    r.simd = simd
    r.out_of_memory = 0
    with nogil:
        status = rank_all(r, n_threads)
    if status != 0:
        raise MemoryError("out of memory while ranking items")
