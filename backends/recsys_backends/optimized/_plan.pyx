"""Planning; see include/plan.h."""

from libc.stdint cimport int32_t, int64_t, uint64_t

cdef extern from "plan.h":
    ctypedef struct plan_columns:
        int32_t *users
        int32_t *positives
        int32_t *negatives
        int64_t *bounds
    int draw_plan(const int64_t *indptr, const int32_t *indices, int64_t n_users, int64_t n_items,
                  uint64_t seed, uint64_t epoch, int64_t n_blocks, int n_threads, int simd,
                  plan_columns plan) nogil


def plan_epoch(const int64_t[::1] indptr, const int32_t[::1] indices, int64_t n_items,
               uint64_t seed, uint64_t epoch, int64_t n_blocks, int n_threads, int simd,
               int32_t[::1] users, int32_t[::1] positives, int32_t[::1] negatives,
               int64_t[::1] bounds):
    """Fill the four columns of a plan; bounds has n_blocks² + 1 entries, the others len(indices)."""
    cdef plan_columns columns
    cdef const int32_t *items = NULL
    cdef int status
    columns.users = columns.positives = columns.negatives = NULL
    if indices.shape[0] > 0:
        items = &indices[0]
        columns.users = &users[0]
        columns.positives = &positives[0]
        columns.negatives = &negatives[0]
    columns.bounds = &bounds[0]
    with nogil:
        status = draw_plan(&indptr[0], items, indptr.shape[0] - 1, n_items, seed, epoch, n_blocks,
                           n_threads, simd, columns)
    if status != 0:
        raise MemoryError("out of memory while planning an epoch")
