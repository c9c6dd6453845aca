/* Four triples at a time, where they share no row: then none of them sees what another wrote, and all
 * four together give the bytes that one after another gives. What a single triple spends its time on,
 * its sum, its exponential and its division, is done for four in the same registers.
 * Part of bpr_kernel.h; d is a multiple of N_LANES. */

/* Of the 16 lanes of p . (q_i - q_j), the first two levels of the tree: l + 8, then + 4. */
ALWAYS_INLINE four LANES(quarter_sums)(const float *p, const float *qi, const float *qj, int d)
{
    piece sum[N_PIECES];
    for (int k = 0; k < N_PIECES; k++)
        sum[k] = broadcast(0.0f);
    for (int f = 0; f < d; f += N_LANES)
        for (int k = 0; k < N_PIECES; k++) {
            int at = f + k * LANE_WIDTH;
            sum[k] += load_piece(p + at) * (load_piece(qi + at) - load_piece(qj + at));
        }
#if LANE_WIDTH == 4
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
#elif LANE_WIDTH == 8
    return lower_four(sum[0] + sum[1]) + upper_four(sum[0] + sum[1]);
#else
    eight half = lower_eight(sum[0]) + upper_eight(sum[0]);
    return lower_four(half) + upper_four(half);
#endif
}

ALWAYS_INLINE void LANES(update_four)(const bpr_model *m, const plan_view *plan, int64_t t, int d,
                                      log_sum *losses, tile_result *result)
{
    four sums[4];
    for (int k = 0; k < 4; k++)
        sums[k] = LANES(quarter_sums)(user_row(m, plan, t + k, d), positive_row(m, plan, t + k, d),
                                      negative_row(m, plan, t + k, d), d);
    quad x = four_to_quad(add_quarters(sums));
    if (m->item_biases) {
        quad positive = {*positive_bias(m, plan, t), *positive_bias(m, plan, t + 1),
                         *positive_bias(m, plan, t + 2), *positive_bias(m, plan, t + 3)};
        quad negative = {*negative_bias(m, plan, t), *negative_bias(m, plan, t + 1),
                         *negative_bias(m, plan, t + 2), *negative_bias(m, plan, t + 3)};
        x += positive - negative;
    }
    quad z = exp_of_four(negated_and_clamped(x));
    four pulls = m->rates.learning_rate * quad_to_four(z / (1.0 + z));
    for (int k = 0; k < 4; k++) {
        LANES(step)(user_row(m, plan, t + k, d), positive_row(m, plan, t + k, d),
                    negative_row(m, plan, t + k, d), d, pulls[k], &m->rates);
        if (m->item_biases)
            step_biases(positive_bias(m, plan, t + k), negative_bias(m, plan, t + k), pulls[k],
                        &m->rates);
        note_loss(x[k], 1.0 + z[k], losses);
        result->n_correct += x[k] > 0.0;
    }
    result->n_updated += 4;
}
