/* Scores of a few users for a block of items, and what of them is kept; once for each instruction set. */

#define ROWS_AT_A_TIME (LANE_WIDTH == 16 ? MOST_ROWS_AT_A_TIME : 4) /* as registers allow */

/* One panel for n rows: every sum in its register while f runs. */
ALWAYS_INLINE void LANES(score_panel)(const float *users, int64_t d, const float *panel, float *scores,
                                      int64_t stride, int n)
{
    piece sum[ROWS_AT_A_TIME][N_PIECES];
    for (int r = 0; r < n; r++)
        for (int c = 0; c < N_PIECES; c++)
            sum[r][c] = broadcast(0.0f);
    for (int64_t f = 0; f < d; f++)
        for (int c = 0; c < N_PIECES; c++) {
            piece items = load_piece(panel + f * PANEL + c * LANE_WIDTH);
            for (int r = 0; r < n; r++)
                sum[r][c] += users[r * d + f] * items;
        }
    for (int r = 0; r < n; r++)
        for (int c = 0; c < N_PIECES; c++)
            store_piece(scores + r * stride + c * LANE_WIDTH, sum[r][c]);
}

/* Collect from a row of n scores, of the items from first on, what may be among the k best. */
ALWAYS_INLINE void LANES(collect)(const float *row, int64_t n, int64_t first, best_so_far *best,
                                  int64_t k, int64_t capacity)
{
    for (int64_t start = 0; start < n; start += PANEL) {
        int64_t stop = start + PANEL < n ? start + PANEL : n;
        int32_t better = 0;
        for (int64_t i = start; i < start + PANEL; i++) /* beyond n: zeros, looked at but not taken */
            better |= row[i] > best->worst; /* false for NaN and for -inf: neither is ever recommended */
        if (!better)
            continue;
        for (int64_t i = start; i < stop; i++) {
            best->keys[best->n] = key_of(row[i], (int32_t)(first + i));
            best->n += row[i] > best->worst;
        }
        if (best->n > capacity - PANEL)
            prune_best(best, k);
    }
}

ALWAYS_INLINE void LANES(rank_block)(const ranking *r, ranking_scratch *s, int64_t first, int64_t stop,
                                     int64_t first_row, int64_t last_row)
{
    int64_t stride = r->panels_in_block * PANEL;
    pack_items(r, first, stop, s->packed);
    for (int64_t row = first_row, n; row < last_row; row += n) {
        n = last_row - row < ROWS_AT_A_TIME ? 1 : ROWS_AT_A_TIME;
        const float *users = r->users + row * r->d, *panel = s->packed;
        for (int64_t i = 0; i < stop - first; i += PANEL, panel += PANEL * r->d)
            if (n == 1)
                LANES(score_panel)(users, r->d, panel, s->scores + i, stride, 1);
            else
                LANES(score_panel)(users, r->d, panel, s->scores + i, stride, ROWS_AT_A_TIME);
        for (int64_t u = row; u < row + n; u++) {
            float *scores = s->scores + (u - row) * stride;
            mask_seen(r, first, stop, u, scores, s->next_seen + (u - first_row));
            LANES(collect)(scores, stop - first, first, s->best + (u - first_row), r->k, r->keys_in_row);
        }
    }
}

/* At most MOST_ROWS_A_JOB rows. */
static TARGET void LANES(rank_rows)(const ranking *r, ranking_scratch *s, int64_t first_row,
                                    int64_t last_row)
{
    for (int64_t u = first_row; u < last_row; u++) {
        s->best[u - first_row].keys = s->keys + (u - first_row) * r->keys_in_row;
        start_best(s->best + (u - first_row));
        s->next_seen[u - first_row] = r->seen_indptr[u];
    }
    int64_t step = r->panels_in_block * PANEL;
    for (int64_t first = 0; first < r->n_items; first += step)
        LANES(rank_block)(r, s, first, first + step < r->n_items ? first + step : r->n_items, first_row,
                          last_row);
    for (int64_t u = first_row; u < last_row; u++)
        list_best(s->best + (u - first_row), r->k, r->best_items + u * r->k,
                  r->best_scores + u * r->k);
}

#undef ROWS_AT_A_TIME
