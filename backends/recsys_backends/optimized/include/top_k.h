/* The best k unseen items of each user: scores by a blocked matrix product, selected as they come.
 *
 * A thread takes some users and goes through the items block by block. A block's factors are packed
 * once, 16 items side by side, and stay in cache while they meet those users, a few at a time; so do
 * the scores, which are looked at right away and never all in memory. Every score is one sum in
 * ascending f, whoever computes it and wherever its user and item stand: equal factors give equal
 * scores. Items come in ascending number, so an equal score that comes later displaces no earlier one. */
#ifndef RECSYS_TOP_K_H
#define RECSYS_TOP_K_H

#include <stdlib.h>

#include "best.h"
#include "team.h"

#define PANEL 16                  /* items side by side: as many as lanes.h has lanes */
#define FLOATS_IN_BLOCK (1 << 15) /* 128 KB of factors */
#define MOST_PANELS_IN_BLOCK 64
#define MOST_ROWS_AT_A_TIME 8
#define MOST_ROWS_A_JOB 128
#define BYTES_OF_KEYS ((int64_t)1 << 20) /* fewer rows a job where they need more, but never under 8 */

typedef struct { /* what the threads share */
    const float *users, *items, *biases; /* biases may be NULL */
    int64_t n_users, n_items, d, k;
    const int64_t *seen_indptr;
    const int32_t *seen_indices;
    int32_t *best_items; /* (n_users, k), as are the scores */
    float *best_scores;
    int64_t rows_a_job, panels_in_block, keys_in_row;
    int simd;
    int32_t out_of_memory;
} ranking;

typedef struct { /* one thread's memory */
    float *packed; /* a block's factors: panel by panel, factor by factor, 16 items */
    float *scores; /* MOST_ROWS_AT_A_TIME rows of a block */
    uint64_t *keys; /* keys_in_row for each row of a job */
    best_so_far best[MOST_ROWS_A_JOB];
    int64_t next_seen[MOST_ROWS_A_JOB];
} ranking_scratch;

/* Factors of the items first .. stop; what is beyond them in the last panel is zero. */
static void pack_items(const ranking *r, int64_t first, int64_t stop, float *packed)
{
    for (int64_t start = first; start < stop; start += PANEL, packed += PANEL * r->d)
        for (int64_t lane = 0; lane < PANEL; lane++)
            for (int64_t f = 0; f < r->d; f++)
                packed[f * PANEL + lane] =
                    start + lane < stop ? r->items[(start + lane) * r->d + f] : 0.0f;
}

/* Add the biases to a row of scores and take out what the user has seen. */
static void mask_seen(const ranking *r, int64_t first, int64_t stop, int64_t user, float *row,
                      int64_t *next_seen)
{
    if (r->biases)
        for (int64_t i = first; i < stop; i++)
            row[i - first] += r->biases[i];
    for (; *next_seen < r->seen_indptr[user + 1] && r->seen_indices[*next_seen] < stop; ++*next_seen)
        row[r->seen_indices[*next_seen] - first] = -INFINITY;
}

#define KERNEL_FILE "top_k_kernel.h"
#include "each_simd_level.h"
#undef KERNEL_FILE

static void rank_rows(const ranking *r, ranking_scratch *s, int64_t first_row, int64_t last_row)
{
#if HAS_X86_DISPATCH
    if (r->simd == SIMD_AVX512) {
        rank_rows_avx512(r, s, first_row, last_row);
        return;
    }
    if (r->simd == SIMD_AVX2) {
        rank_rows_avx2(r, s, first_row, last_row);
        return;
    }
#endif
    rank_rows_portable(r, s, first_row, last_row);
}

static int allocate_ranking_scratch(const ranking *r, ranking_scratch *s)
{
    size_t floats_in_row = (size_t)(r->panels_in_block * PANEL);
    s->packed = (float *)malloc((floats_in_row * (size_t)r->d + 1) * sizeof *s->packed);
    s->scores = (float *)malloc(MOST_ROWS_AT_A_TIME * floats_in_row * sizeof *s->scores);
    s->keys = (uint64_t *)malloc((size_t)(r->rows_a_job * r->keys_in_row) * sizeof *s->keys);
    return s->packed && s->scores && s->keys;
}

static void rank_some(team *t, void *shared)
{
    ranking *r = (ranking *)shared;
    ranking_scratch scratch;
    if (allocate_ranking_scratch(r, &scratch)) {
        int64_t first;
        while ((first = take_job(t, 0) * r->rows_a_job) < r->n_users) {
            int64_t stop = first + r->rows_a_job;
            rank_rows(r, &scratch, first, stop < r->n_users ? stop : r->n_users);
        }
    } else {
        mark_done(&r->out_of_memory);
    }
    free(scratch.packed);
    free(scratch.scores);
    free(scratch.keys);
    end_phase(t, 0);
}

ALWAYS_INLINE int64_t between(int64_t low, int64_t x, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* Fills best_items and best_scores. Returns -1 when out of memory. */
static int rank_all(ranking r, int n_threads)
{
    int64_t room = r.k < r.n_items / 4 ? 4 * r.k : r.n_items;
    r.keys_in_row = room + PANEL;
    int64_t share = between(1, r.n_users / (4 * (int64_t)n_threads), MOST_ROWS_A_JOB);
    int64_t fitting = BYTES_OF_KEYS / (r.keys_in_row * (int64_t)sizeof(uint64_t));
    r.rows_a_job = between(1, share < fitting ? share : fitting, MOST_ROWS_A_JOB);
    r.rows_a_job += -r.rows_a_job & (MOST_ROWS_AT_A_TIME - 1);
    r.panels_in_block = between(1, FLOATS_IN_BLOCK / PANEL / (r.d + 1), MOST_PANELS_IN_BLOCK);
    int64_t n_jobs = (r.n_users + r.rows_a_job - 1) / r.rows_a_job;
    run_team(n_threads < n_jobs ? n_threads : (int)n_jobs, rank_some, &r);
    return r.out_of_memory ? -1 : 0;
}

#endif
