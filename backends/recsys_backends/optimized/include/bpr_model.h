/* What one pass of BPR works on. */
#ifndef RECSYS_BPR_MODEL_H
#define RECSYS_BPR_MODEL_H

#include "portability.h"

typedef struct {
    float learning_rate;
    float user_decay, positive_decay, negative_decay; /* learning_rate * reg_... */
} bpr_rates;

typedef struct {
    float *user_factors, *item_factors, *item_biases; /* item_biases may be NULL */
    int64_t n_items;
    int64_t bias_stride; /* floats from one item's bias to the next */
    int d;
    bpr_rates rates;
} bpr_model;

typedef struct {
    const int32_t *users, *positives, *negatives;
    const int64_t *bounds;
    int64_t n_blocks;
} plan_view;

typedef struct {
    double loss;
    int64_t n_correct, n_updated;
} tile_result;

/* The rows of triple t; d is known to the compiler where the caller says it. */
ALWAYS_INLINE float *user_row(const bpr_model *m, const plan_view *plan, int64_t t, int d)
{
    return m->user_factors + (size_t)plan->users[t] * (size_t)d;
}

ALWAYS_INLINE float *positive_row(const bpr_model *m, const plan_view *plan, int64_t t, int d)
{
    return m->item_factors + (size_t)plan->positives[t] * (size_t)d;
}

ALWAYS_INLINE float *negative_row(const bpr_model *m, const plan_view *plan, int64_t t, int d)
{
    return m->item_factors + (size_t)plan->negatives[t] * (size_t)d;
}

/* Of a model that has biases. */
ALWAYS_INLINE float *positive_bias(const bpr_model *m, const plan_view *plan, int64_t t)
{
    return m->item_biases + plan->positives[t] * m->bias_stride;
}

ALWAYS_INLINE float *negative_bias(const bpr_model *m, const plan_view *plan, int64_t t)
{
    return m->item_biases + plan->negatives[t] * m->bias_stride;
}

#endif
