"""One pass of BPR over a plan; see include/bpr.h and include/bpr_kernel.h."""

from libc.stdint cimport int32_t, int64_t

cdef extern from "bpr.h":
    ctypedef struct bpr_rates:
        float learning_rate, user_decay, positive_decay, negative_decay
    ctypedef struct bpr_model:
        float *user_factors
        float *item_factors
        float *item_biases
        int64_t n_items
        int64_t bias_stride
        int d
        bpr_rates rates
    ctypedef struct plan_view:
        const int32_t *users
        const int32_t *positives
        const int32_t *negatives
        const int64_t *bounds
        int64_t n_blocks
    ctypedef struct tile_result:
        double loss
        int64_t n_correct, n_updated
    int update_plan(const bpr_model *m, const plan_view *plan, int n_threads, int simd,
                    tile_result *total) nogil


def bpr_update(float[:, ::1] user_factors, float[:, ::1] item_factors, float[::1] item_biases,
               const int32_t[::1] users, const int32_t[::1] positives,
               const int32_t[::1] negatives, const int64_t[::1] bounds, int64_t n_blocks,
               double learning_rate, double reg_user, double reg_positive, double reg_negative,
               int n_threads, int simd):
    """Change the factors in place; returns (loss, n_correct, n_updated)."""
    cdef bpr_model model
    cdef plan_view plan
    cdef tile_result total
    cdef int status
    if users.shape[0] == 0:
        return 0.0, 0, 0
    model.d = <int>user_factors.shape[1]
    # Without columns there are no rows to point at; the kernel then reads and writes none.
    model.user_factors = &user_factors[0, 0] if model.d else NULL
    model.item_factors = &item_factors[0, 0] if model.d else NULL
    model.n_items = item_factors.shape[0]
    model.bias_stride = 1
    model.item_biases = NULL
    if item_biases is not None:
        model.item_biases = &item_biases[0]
    model.rates.learning_rate = <float>learning_rate
    model.rates.user_decay = <float>(learning_rate * reg_user)
    model.rates.positive_decay = <float>(learning_rate * reg_positive)
    model.rates.negative_decay = <float>(learning_rate * reg_negative)
    plan.users = &users[0]
    plan.positives = &positives[0]
    plan.negatives = &negatives[0]
    plan.bounds = &bounds[0]
    plan.n_blocks = n_blocks
    with nogil:
        status = update_plan(&model, &plan, n_threads, simd, &total)
    if status != 0:
        raise MemoryError("out of memory while updating factors")
    return total.loss, total.n_correct, total.n_updated
