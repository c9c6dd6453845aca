/* bpr.h around an inner loop that only moves memory (floor_kernel.h); floor.py compiles and calls it. */
#define BPR_KERNEL_FILE "floor_kernel.h"
#include "bpr.h"

/* Multiply the rows of each triple by `one`; returns how many triples there were, or -1. */
int64_t touch_plan(float *user_factors, float *item_factors, float *item_biases, int64_t n_items,
                   int d, float one, const int32_t *users, const int32_t *positives,
                   const int32_t *negatives, const int64_t *bounds, int64_t n_blocks,
                   int n_threads, int simd)
{
    bpr_model model = {user_factors, item_factors, item_biases, n_items, 1, d, {one, 0, 0, 0}};
    plan_view plan = {users, positives, negatives, bounds, n_blocks};
    tile_result total;
    return update_plan(&model, &plan, n_threads, simd, &total) == 0 ? total.n_updated : -1;
}
