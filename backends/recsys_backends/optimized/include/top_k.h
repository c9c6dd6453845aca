/* Keep the best k of a row of scores, leaving out what was seen. A heap with the worst of the kept
 * ones on top is filled in the output itself: items come in ascending number, so an equal score that
 * comes later never displaces an earlier one. */
#ifndef RECSYS_TOP_K_H
#define RECSYS_TOP_K_H

#include "heap.h"
#include "team.h"

static void top_k_of_row(const float *row, int64_t n_items, const int32_t *seen, int64_t n_seen,
                         int64_t k, int32_t *items, float *scores)
{
    empty_heap(scores, items, k);
    int64_t next_seen = 0;
    for (int64_t i = 0; i < n_items; i++) {
        if (next_seen < n_seen && seen[next_seen] == i) {
            next_seen++;
            continue;
        }
        if (row[i] > scores[0]) /* false for NaN and for -inf: neither is ever recommended */
            sift_down(scores, items, k, 0, row[i], (int32_t)i);
    }
    sort_heap(scores, items, k);
}

#define ROWS_A_JOB 8

typedef struct { /* what the threads share */
    const float *rows;
    int64_t n_rows, n_items, k;
    const int64_t *seen_indptr;
    const int32_t *seen_indices;
    int32_t *items;
    float *scores;
} selection;

static void select_rows(team *t, void *shared)
{
    const selection *s = (const selection *)shared;
    int64_t first;
    while ((first = take_job(t, 0) * ROWS_A_JOB) < s->n_rows)
        for (int64_t r = first; r < s->n_rows && r < first + ROWS_A_JOB; r++)
            top_k_of_row(s->rows + r * s->n_items, s->n_items, s->seen_indices + s->seen_indptr[r],
                         s->seen_indptr[r + 1] - s->seen_indptr[r], s->k, s->items + r * s->k,
                         s->scores + r * s->k);
    end_phase(t, 0);
}

/* Rows of scores (n_rows, n_items) to the best k of each. */
static void top_k_of_rows(const float *rows, int64_t n_rows, int64_t n_items,
                          const int64_t *seen_indptr, const int32_t *seen_indices, int64_t k,
                          int32_t *items, float *scores, int n_threads)
{
    selection s = {rows, n_rows, n_items, k, seen_indptr, seen_indices, items, scores};
    if (n_threads > (n_rows + ROWS_A_JOB - 1) / ROWS_A_JOB)
        n_threads = (int)((n_rows + ROWS_A_JOB - 1) / ROWS_A_JOB);
    run_team(n_threads, select_rows, &s);
}

#endif
