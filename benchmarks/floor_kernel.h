/* An inner loop that only moves memory, in the place of bpr_kernel.h: the floor under any kernel.
 *
 * Tiles, threads and instruction sets are those of bpr.h, of which this is a part. For each triple its
 * three rows and two biases are fetched as far ahead as there, loaded, multiplied by a number that is
 * 1, which the compiler does not know, and stored: the cache lines that the real loop reads and
 * writes, in its order. There is no dot product, no exponential, no gradient, and nothing waits for an
 * x; each row is loaded once, where the real loop loads it twice, the second time from the nearest
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
            LANES(prefetch_row)(user_row(&m, &plan, ahead, d), d);
            LANES(prefetch_row)(positive_row(&m, &plan, ahead, d), d);
            LANES(prefetch_row)(negative_row(&m, &plan, ahead, d), d);
            PREFETCH_FOR_WRITE(positive_bias(&m, &plan, ahead));
            PREFETCH_FOR_WRITE(negative_bias(&m, &plan, ahead));
        }
        if (plan.negatives[t] < 0)
            continue;
        LANES(touch_row)(user_row(&m, &plan, t, d), d, one);
        LANES(touch_row)(positive_row(&m, &plan, t, d), d, one);
        LANES(touch_row)(negative_row(&m, &plan, t, d), d, one);
        *positive_bias(&m, &plan, t) *= one;
        *negative_bias(&m, &plan, t) *= one;
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
