"""Planning; see include/plan.h."""

from libc.stdint cimport int32_t, int64_t, uint64_t

cdef extern from "plan.h":
    ctypedef struct given_sampler:
        const int64_t *weights
        const int32_t *rankings
        const int32_t *user_weights
        int64_t n_rankings
    ctypedef struct plan_columns:
        int32_t *users
        int32_t *positives
        int32_t *negatives
        int64_t *bounds
    int draw_plan(const int64_t *indptr, const int32_t *indices, int64_t n_users, int64_t n_items,
                  uint64_t seed, uint64_t epoch, int64_t n_blocks, given_sampler sampler,
                  int n_threads, int simd, plan_columns plan) nogil


def plan_epoch(const int64_t[::1] indptr, const int32_t[::1] indices, int64_t n_items,
               uint64_t seed, uint64_t epoch, int64_t n_blocks, const int64_t[::1] weights,
               const int32_t[:, ::1] rankings, const int32_t[:, ::1] user_weights,
               int n_threads, int simd, int32_t[::1] users, int32_t[::1] positives,
               int32_t[::1] negatives, int64_t[::1] bounds):
    """Fill the four columns of a plan; bounds has n_blocks² + 1 entries, the others len(indices).

    Without weights negatives are uniform; without rankings, weights are those of the items.
    """
    cdef plan_columns columns
    cdef given_sampler sampler
    cdef const int32_t *items = NULL
    cdef int status
    sampler.weights = NULL
    sampler.rankings = sampler.user_weights = NULL
    sampler.n_rankings = 0
    if weights is not None:
        sampler.weights = &weights[0]
    if rankings is not None:
        sampler.rankings = &rankings[0, 0]
        sampler.n_rankings = rankings.shape[0]
        if user_weights.shape[0] > 0:
            sampler.user_weights = &user_weights[0, 0]
    columns.users = columns.positives = columns.negatives = NULL
    if indices.shape[0] > 0:
        items = &indices[0]
        columns.users = &users[0]
        columns.positives = &positives[0]
        columns.negatives = &negatives[0]
    columns.bounds = &bounds[0]
    with nogil:
        status = draw_plan(&indptr[0], items, indptr.shape[0] - 1, n_items, seed, epoch, n_blocks,
                           sampler, n_threads, simd, columns)
    if status != 0:
        raise MemoryError("out of memory while planning an epoch")
