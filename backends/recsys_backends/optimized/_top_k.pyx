"""The selection half of top_k; see include/top_k.h."""

from libc.stdint cimport int32_t, int64_t

cdef extern from "top_k.h":
    void top_k_of_rows(const float *rows, int64_t n_rows, int64_t n_items,
                       const int64_t *seen_indptr, const int32_t *seen_indices, int64_t k,
                       int32_t *items, float *scores, int n_threads) nogil


def select(const float[:, ::1] rows, const int64_t[::1] seen_indptr,
           const int32_t[::1] seen_indices, int32_t[:, ::1] items, float[:, ::1] scores,
           int n_threads):
    """Write the best unseen items of each row of scores over items and scores, shape (n, k).

    seen_indptr has len(rows) + 1 entries, which point into the whole of seen_indices.
    """
    cdef const int32_t *seen = NULL
    cdef const float *first = NULL
    if items.shape[0] == 0:
        return
    if seen_indices.shape[0] > 0:
        seen = &seen_indices[0]
    if rows.shape[1] > 0:
        first = &rows[0, 0]
    with nogil:
        top_k_of_rows(first, rows.shape[0], rows.shape[1], &seen_indptr[0], seen, items.shape[1],
                      &items[0, 0], &scores[0, 0], n_threads)
