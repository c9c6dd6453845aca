/* BPR's inner loop, once for each instruction set (see lanes.h for LANE_WIDTH and LANES).
 *
 * For each triple (u, i, j), every value as it was before the triple:
 *     x    = p_u . (q_i - q_j) + b_i - b_j
 *     g    = 1 / (1 + e^x)
 *     p_u += lr (g (q_i - q_j) - reg_user     p_u)
 *     q_i += lr (g p_u         - reg_positive q_i)      b_i += lr ( g - reg_positive b_i)
 *     q_j += lr (-g p_u        - reg_negative q_j)      b_j += lr (-g - reg_negative b_j)
 *
 * naive/bpr.py is the same in Python. The order of every rounding is written out here, and
 * the compiler may not change it (-ffp-contract=off, no -ffast-math). */

/* p_u . (q_i - q_j) */
ALWAYS_INLINE float LANES(difference_dot)(const float *p, const float *qi, const float *qj, int d)
{
    CACHE_LINE_ALIGNED float lane[N_LANES];
    piece sum[N_PIECES];
    int f = 0;
    for (int k = 0; k < N_PIECES; k++)
        sum[k] = broadcast(0.0f);
    for (; f + N_LANES <= d; f += N_LANES)
        for (int k = 0; k < N_PIECES; k++) {
            int at = f + k * LANE_WIDTH;
            sum[k] += load_piece(p + at) * (load_piece(qi + at) - load_piece(qj + at));
        }
    for (int k = 0; k < N_PIECES; k++)
        store_piece(lane + k * LANE_WIDTH, sum[k]);
    for (int l = 0; f + l < d; l++)
        lane[l] += p[f + l] * (qi[f + l] - qj[f + l]);
    return add_lanes(lane);
}

/* pull is learning_rate * g. */
ALWAYS_INLINE void LANES(step)(float *p, float *qi, float *qj, int d, float pull,
                               const bpr_rates *r)
{
    int f = 0;
    for (; f + LANE_WIDTH <= d; f += LANE_WIDTH) {
        piece u = load_piece(p + f), i = load_piece(qi + f), j = load_piece(qj + f);
        piece shove = pull * u;
        store_piece(p + f, u + (pull * (i - j) - r->user_decay * u));
        store_piece(qi + f, i + (shove - r->positive_decay * i));
        store_piece(qj + f, j - (shove + r->negative_decay * j));
    }
    for (; f < d; f++) {
        float u = p[f], i = qi[f], j = qj[f], shove = pull * u;
        p[f] = u + (pull * (i - j) - r->user_decay * u);
        qi[f] = i + (shove - r->positive_decay * i);
        qj[f] = j - (shove + r->negative_decay * j);
    }
}

ALWAYS_INLINE void LANES(prefetch_row)(const float *row, int d)
{
    for (int f = 0; f < d; f += 16) /* 16 floats are one cache line */
        PREFETCH_FOR_WRITE(row + f);
}

ALWAYS_INLINE void LANES(prefetch_triple)(const bpr_model *m, const plan_view *plan, int64_t t, int d)
{
    if (plan->negatives[t] < 0)
        return;
    LANES(prefetch_row)(user_row(m, plan, t, d), d);
    LANES(prefetch_row)(positive_row(m, plan, t, d), d);
    LANES(prefetch_row)(negative_row(m, plan, t, d), d);
    if (m->item_biases) {
        PREFETCH_FOR_WRITE(positive_bias(m, plan, t));
        PREFETCH_FOR_WRITE(negative_bias(m, plan, t));
    }
}

ALWAYS_INLINE void LANES(update_one)(const bpr_model *m, const plan_view *plan, int64_t t, int d,
                                     log_sum *losses, tile_result *result)
{
    if (plan->negatives[t] < 0)
        return;
    float *p = user_row(m, plan, t, d);
    float *qi = positive_row(m, plan, t, d), *qj = negative_row(m, plan, t, d);
    double x = LANES(difference_dot)(p, qi, qj, d);
    if (m->item_biases)
        x += (double)*positive_bias(m, plan, t) - (double)*negative_bias(m, plan, t);
    float pull = m->rates.learning_rate * (float)negative_sigmoid(x, losses);
    LANES(step)(p, qi, qj, d, pull, &m->rates);
    if (m->item_biases)
        step_biases(positive_bias(m, plan, t), negative_bias(m, plan, t), pull, &m->rates);
    result->n_correct += x > 0.0;
    result->n_updated++;
}

#if LANE_WIDTH > 1
#include "bpr_four_kernel.h"
#endif

/* The triples start .. stop of the plan, with d known to the compiler where the caller says it.
 * Model and plan come by value: a float written to a row could otherwise change a rate or a pointer,
 * for all that the compiler knows, and each would be read anew for each triple. */
ALWAYS_INLINE tile_result LANES(update_range)(bpr_model m, plan_view plan, int64_t start,
                                              int64_t stop, int d)
{
    tile_result result = {0.0, 0, 0};
    log_sum losses = {0.0, 1.0};
    for (int64_t t = start; t < stop; t++) {
#if LANE_WIDTH > 1
        for (; d % N_LANES == 0 && t + 4 <= stop && four_are_apart(&plan, t); t += 4) {
            for (int64_t ahead = t + 4; ahead < t + 8 && ahead < stop; ahead++)
                LANES(prefetch_triple)(&m, &plan, ahead, d);
            LANES(update_four)(&m, &plan, t, d, &losses, &result);
        }
        if (t == stop)
            break;
#endif
        if (t + PREFETCH_AHEAD < stop)
            LANES(prefetch_triple)(&m, &plan, t + PREFETCH_AHEAD, d);
        LANES(update_one)(&m, &plan, t, d, &losses, &result);
    }
    result.loss = close_log_sum(&losses);
    return result;
}

static TARGET tile_result LANES(update_tile)(const bpr_model *m, const plan_view *plan,
                                             int64_t start, int64_t stop)
{
    switch (m->d) {
    case 16: return LANES(update_range)(*m, *plan, start, stop, 16);
    case 32: return LANES(update_range)(*m, *plan, start, stop, 32);
    case 64: return LANES(update_range)(*m, *plan, start, stop, 64);
    case 128: return LANES(update_range)(*m, *plan, start, stop, 128);
    default: return LANES(update_range)(*m, *plan, start, stop, m->d);
    }
}
