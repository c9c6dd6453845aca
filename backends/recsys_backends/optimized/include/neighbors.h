/* The items most similar to each item: the C twin of recsys_backends/naive/neighbors.py.
 *
 * Item i's row of common users is the sum of the rows of its users, Σ_{u in U_i} row(u): one counter
 * an item and thread, one increment for each interaction of a user of i. No pair of items without a
 * common user is ever looked at, except that a row with many sums is read from end to end. */
#ifndef RECSYS_NEIGHBORS_H
#define RECSYS_NEIGHBORS_H

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "best.h"
#include "team.h"

#define ITEMS_A_JOB 4
#define INTERACTIONS_A_THREAD 1024 /* with fewer, its counters cost more than it saves */

typedef struct { /* what is asked, and the interactions by item */
    const int64_t *indptr;
    const int32_t *indices;
    int64_t n_users, n_items, k;
    double shrinkage;
    int64_t *item_indptr; /* where each item's users start */
    int32_t *users;
    double *degree; /* |U_i| */
} neighbor_search;

typedef struct { /* the answer for one item: n numbers, and behind them n floats */
    int32_t *items;
    int64_t n;
} neighbor_row;

typedef struct { /* what one thread needs while it works on an item */
    uint32_t *n_common;  /* for each item, all zero between items */
    int32_t *candidates; /* the items with a common user */
    best_so_far best;    /* of them; the keys that are kept, in the end as item numbers */
    int64_t capacity;
} neighbor_scratch;

/* Only division and the root, which IEEE 754 rounds exactly, in the order of the protocol. */
ALWAYS_INLINE float similarity_of(double n, double degree_i, double degree_j, double shrinkage)
{
    return (float)(n / sqrt(degree_i * degree_j) * (n / (n + shrinkage)));
}

/* Counting sort of the interactions by item; users ascend within each item. */
static void turn_by_item(const neighbor_search *s)
{
    memset(s->item_indptr, 0, ((size_t)s->n_items + 1) * sizeof *s->item_indptr);
    for (int64_t p = 0; p < s->indptr[s->n_users]; p++)
        s->item_indptr[s->indices[p] + 1]++;
    for (int64_t i = 0; i < s->n_items; i++) {
        s->degree[i] = (double)s->item_indptr[i + 1];
        s->item_indptr[i + 1] += s->item_indptr[i];
    }
    for (int64_t u = 0; u < s->n_users; u++)
        for (int64_t p = s->indptr[u]; p < s->indptr[u + 1]; p++)
            s->users[s->item_indptr[s->indices[p]]++] = (int32_t)u;
    /* Each start has moved to the next one's place. */
    memmove(s->item_indptr + 1, s->item_indptr, (size_t)s->n_items * sizeof *s->item_indptr);
    s->item_indptr[0] = 0;
}

/* Sum the rows of the item's users into n_common, its own entry set to 0. Returns how many other
 * items have a common user, and lists them in t->candidates. */
static int64_t count_common(const neighbor_search *s, neighbor_scratch *t, int64_t item)
{
    const int32_t *user = s->users + s->item_indptr[item];
    const int32_t *end = s->users + s->item_indptr[item + 1];
    int64_t n_increments = 0, n = 0;
    for (const int32_t *u = user; u < end; u++)
        n_increments += s->indptr[*u + 1] - s->indptr[*u];
    if (n_increments < s->n_items) { /* few: note each other item when it is first met */
        t->n_common[item] = 1;
        for (; user < end; user++)
            for (int64_t p = s->indptr[*user]; p < s->indptr[*user + 1]; p++) {
                int32_t other = s->indices[p];
                t->candidates[n] = other;
                n += t->n_common[other]++ == 0;
            }
        t->n_common[item] = 0;
        return n;
    }
    for (; user < end; user++)
        for (int64_t p = s->indptr[*user]; p < s->indptr[*user + 1]; p++)
            t->n_common[s->indices[p]]++;
    t->n_common[item] = 0;
    for (int64_t other = 0; other < s->n_items; other++) {
        t->candidates[n] = (int32_t)other;
        n += t->n_common[other] != 0;
    }
    return n;
}

ALWAYS_INLINE float similarity_to(const neighbor_search *s, const neighbor_scratch *t, int64_t item,
                                  int32_t other)
{
    return similarity_of(t->n_common[other], s->degree[item], s->degree[other], s->shrinkage);
}

/* Collect the keys of the k best of the n candidates, k < n, in no order.
 * Most candidates are far below the worst of the best so far, and multiplications show it: with
 * m = n_common and r that worst one, m / sqrt(a b) · m / (m + s) < r is m⁴ < r² a b (m + s)². The bar
 * is lowered by more than all rounding amounts to, so that a doubtful one is computed in full. */
static void keep_best(const neighbor_search *s, neighbor_scratch *t, int64_t item, int64_t n)
{
    best_so_far *best = &t->best;
    double bar = 0; /* r² a, lowered */
    uint64_t worst = 0;
    start_best(best);
    for (int64_t c = 0; c < n; c++) {
        int32_t other = t->candidates[c];
        double m = t->n_common[other], m2 = m * m, damped = m + s->shrinkage;
        if (m2 * m2 < bar * s->degree[other] * (damped * damped))
            continue;
        best->keys[best->n] = key_of(similarity_to(s, t, item, other), other);
        best->n += best->keys[best->n] > worst;
        if (best->n == t->capacity) {
            worst = prune_best(best, s->k);
            if (best->worst >= FLT_MIN) /* below it, floats are too coarse for the argument */
                bar = (double)best->worst * best->worst * s->degree[item] * (1 - 1e-6);
        }
    }
    if (best->n > s->k)
        prune_best(best, s->k);
}

/* Sort n item numbers, one byte at a time, with room for n more at spare: for the hundred or so that
 * there are, several times as fast as comparing them. */
static void sort_numbers(int32_t *numbers, int32_t *spare, int64_t n, int64_t n_items)
{
    int32_t *from = numbers, *to = spare;
    for (int shift = 0; shift < 32 && (n_items - 1) >> shift > 0; shift += 8) {
        int64_t starts[257] = {0};
        for (int64_t c = 0; c < n; c++)
            starts[(from[c] >> shift & 255) + 1]++;
        for (int byte = 0; byte < 255; byte++)
            starts[byte + 1] += starts[byte];
        for (int64_t c = 0; c < n; c++)
            to[starts[from[c] >> shift & 255]++] = from[c];
        int32_t *kept = from;
        from = to;
        to = kept;
    }
    if (from != numbers)
        memcpy(numbers, from, (size_t)n * sizeof *numbers);
}

/* The neighbours of one item, in memory of their own. Returns 0 when there is none. */
static int find_neighbors_of(const neighbor_search *s, neighbor_scratch *t, int64_t item,
                             neighbor_row *row)
{
    int64_t n = count_common(s, t, item), n_kept = n > s->k ? s->k : n;
    row->items = (int32_t *)malloc((size_t)n_kept * (sizeof(int32_t) + sizeof(float)) + 1);
    if (row->items) {
        float *values = (float *)(row->items + n_kept);
        row->n = n_kept;
        if (n > s->k)
            keep_best(s, t, item, n);
        for (int64_t c = 0; c < n_kept; c++)
            row->items[c] = n > s->k ? item_of(t->best.keys[c]) : t->candidates[c];
        sort_numbers(row->items, row->items + n_kept, n_kept, s->n_items);
        for (int64_t c = 0; c < n_kept; c++)
            values[c] = similarity_to(s, t, item, row->items[c]);
    }
    for (int64_t c = 0; c < n; c++)
        t->n_common[t->candidates[c]] = 0;
    return row->items != NULL;
}

typedef struct { /* what the threads share */
    const neighbor_search *search;
    int64_t first, stop; /* the items to work on */
    neighbor_row *rows;
    int32_t out_of_memory;
} neighbor_work;

static int allocate_neighbor_scratch(neighbor_scratch *t, const neighbor_search *s)
{
    size_t n_items = (size_t)s->n_items;
    t->capacity = s->k < s->n_items / 4 ? 4 * s->k : s->n_items;
    t->n_common = (uint32_t *)calloc(n_items, sizeof *t->n_common);
    t->candidates = (int32_t *)malloc(n_items * sizeof *t->candidates);
    t->best.keys = (uint64_t *)malloc((size_t)t->capacity * sizeof *t->best.keys);
    return t->n_common && t->candidates && t->best.keys;
}

static void search_items(team *team_of_this, void *shared)
{
    neighbor_work *w = (neighbor_work *)shared;
    const neighbor_search *s = w->search;
    neighbor_scratch scratch;
    int64_t first;
    int fine = allocate_neighbor_scratch(&scratch, s);
    while (fine && (first = w->first + take_job(team_of_this, 0) * ITEMS_A_JOB) < w->stop)
        for (int64_t i = first; fine && i < w->stop && i < first + ITEMS_A_JOB; i++)
            fine = find_neighbors_of(s, &scratch, i, w->rows + i);
    if (!fine)
        mark_done(&w->out_of_memory);
    free(scratch.n_common);
    free(scratch.candidates);
    free(scratch.best.keys);
    end_phase(team_of_this, 0);
}

static void free_search(neighbor_search *s)
{
    free(s->item_indptr);
    free(s->users);
    free(s->degree);
}

/* Turn the interactions by item; call free_search afterwards. Returns -1 when out of memory. */
static int begin_search(neighbor_search *s)
{
    s->item_indptr = (int64_t *)malloc(((size_t)s->n_items + 1) * sizeof *s->item_indptr);
    s->users = (int32_t *)malloc(((size_t)s->indptr[s->n_users] + 1) * sizeof *s->users);
    s->degree = (double *)malloc((size_t)s->n_items * sizeof *s->degree);
    if (!s->item_indptr || !s->users || !s->degree)
        return -1;
    turn_by_item(s);
    return 0;
}

/* Fill the rows of the items from first to stop, all zero before. Returns -1 when out of memory. */
static int find_neighbors(const neighbor_search *s, int64_t first, int64_t stop, int n_threads,
                          neighbor_row *rows)
{
    neighbor_work w = {s, first, stop, rows, 0};
    int64_t most_threads = 1 + s->indptr[s->n_users] / INTERACTIONS_A_THREAD;
    if (n_threads > most_threads)
        n_threads = (int)most_threads;
    run_team(n_threads, search_items, &w);
    return w.out_of_memory ? -1 : 0;
}

#endif
