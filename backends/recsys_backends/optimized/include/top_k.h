/* Keep the best k of a row of scores, leaving out what was seen. A heap with the worst of the kept
 * ones on top is filled in the output itself: items come in ascending number, so an equal score that
 * comes later never displaces an earlier one. */
#ifndef RECSYS_TOP_K_H
#define RECSYS_TOP_K_H

#include <math.h>

#include "portability.h"

/* Does (score a, item i) rank behind (score b, item j)? */
ALWAYS_INLINE int ranks_behind(float a, int32_t i, float b, int32_t j)
{
    return a < b || (a == b && i > j);
}

/* Put (score, item) into the heap of n entries at place hole or below. */
static void sift_down(float *scores, int32_t *items, int64_t n, int64_t hole, float score,
                      int32_t item)
{
    for (;;) {
        int64_t child = 2 * hole + 1;
        if (child >= n)
            break;
        if (child + 1 < n &&
            ranks_behind(scores[child + 1], items[child + 1], scores[child], items[child]))
            child++;
        if (!ranks_behind(scores[child], items[child], score, item))
            break;
        scores[hole] = scores[child];
        items[hole] = items[child];
        hole = child;
    }
    scores[hole] = score;
    items[hole] = item;
}

/* The heap's entries, best first. */
static void sort_heap(float *scores, int32_t *items, int64_t n)
{
    for (int64_t last = n - 1; last > 0; last--) {
        float score = scores[last];
        int32_t item = items[last];
        scores[last] = scores[0];
        items[last] = items[0];
        sift_down(scores, items, last, 0, score, item);
    }
}

static void top_k_of_row(const float *row, int64_t n_items, const int32_t *seen, int64_t n_seen,
                         int64_t k, int32_t *items, float *scores)
{
    for (int64_t i = 0; i < k; i++) {
        items[i] = -1;
        scores[i] = -INFINITY;
    }
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

/* Rows of scores (n_rows, n_items) to the best k of each. */
static void top_k_of_rows(const float *rows, int64_t n_rows, int64_t n_items,
                          const int64_t *seen_indptr, const int32_t *seen_indices, int64_t k,
                          int32_t *items, float *scores, int n_threads)
{
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 8) num_threads(n_threads)
#endif
    for (int64_t r = 0; r < n_rows; r++)
        top_k_of_row(rows + r * n_items, n_items, seen_indices + seen_indptr[r],
                     seen_indptr[r + 1] - seen_indptr[r], k, items + r * k, scores + r * k);
    (void)n_threads;
}

#endif
