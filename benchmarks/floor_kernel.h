/* An inner loop that only moves memory, in the place of bpr_kernel.h: the floor under any kernel.
 *
 * Tiles, threads, prefetching and instruction sets are those of bpr.h, of which this is a part. For
 * each triple its three rows and two biases are loaded, multiplied by a number that is 1, which the
 * compiler does not know, and stored: the cache lines that the real loop reads and writes, in its
 * order. There is no dot product, no exponential, no gradient, and no triple waits for the x of its
 * own; each row is loaded once, where the real loop loads it twice, the second time from the nearest
 * cache. */

ALWAYS_INLINE void LANES(prefetch_row)(const float *row, int d)
{
    for (int f = 0; f < d; f += 16) /* 16 floats are one cache line */
        PREFETCH_FOR_WRITE(row + f);
}

ALWAYS_INLINE void LANES(touch_row)(float *row, int d, float one)
{
    int f = 0;
    for (; f + LANE_WIDTH <= d; f += LANE_WIDTH)
        store_piece(row + f, load_piece(row + f) * one);
    for (; f < d; f++)
        row[f] *= one;
}

ALWAYS_INLINE tile_result LANES(touch_range)(bpr_model m, plan_view plan, int64_t start,
                                             int64_t stop, int d)
{
    tile_result result = {0.0, 0, 0};
    float one = m.rates.learning_rate;
    for (int64_t t = start; t < stop; t++) {
        int64_t ahead = t + PREFETCH_AHEAD;
        if (ahead < stop && plan.negatives[ahead] >= 0) {
            LANES(prefetch_row)(m.user_factors + (size_t)plan.users[ahead] * d, d);
            LANES(prefetch_row)(m.item_factors + (size_t)plan.positives[ahead] * d, d);
            LANES(prefetch_row)(m.item_factors + (size_t)plan.negatives[ahead] * d, d);
            PREFETCH_FOR_WRITE(m.item_biases + plan.positives[ahead] * m.bias_stride);
            PREFETCH_FOR_WRITE(m.item_biases + plan.negatives[ahead] * m.bias_stride);
        }
        if (plan.negatives[t] < 0)
            continue;
        LANES(touch_row)(m.user_factors + (size_t)plan.users[t] * d, d, one);
        LANES(touch_row)(m.item_factors + (size_t)plan.positives[t] * d, d, one);
        LANES(touch_row)(m.item_factors + (size_t)plan.negatives[t] * d, d, one);
        m.item_biases[plan.positives[t] * m.bias_stride] *= one;
        m.item_biases[plan.negatives[t] * m.bias_stride] *= one;
        result.n_updated++;
    }
    return result;
}

static TARGET tile_result LANES(update_tile)(const bpr_model *m, const plan_view *plan,
                                             int64_t start, int64_t stop)
{
    switch (m->d) {
    case 16: return LANES(touch_range)(*m, *plan, start, stop, 16);
    case 32: return LANES(touch_range)(*m, *plan, start, stop, 32);
    case 64: return LANES(touch_range)(*m, *plan, start, stop, 64);
    case 128: return LANES(touch_range)(*m, *plan, start, stop, 128);
    default: return LANES(touch_range)(*m, *plan, start, stop, m->d);
    }
}
