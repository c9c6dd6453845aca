/* Draw an epoch's triples: the C twin of recsys_backends/naive/{plan_epoch,tiles,draw_negative}.py,
 * integer for integer. What is different is how "has the user seen it?" is answered: a small filter
 * over the tile's own positives says "no" at once in most cases, and only its "maybe" costs a binary
 * search in the user's row. A candidate lies in the tile's item block, so if the user has seen it,
 * that interaction is in this very tile: the filter never says "no" wrongly. */
#ifndef RECSYS_PLAN_H
#define RECSYS_PLAN_H

#include <stdlib.h>
#include <string.h>

#include "splitmix64.h"
#include "team.h"

enum { PURPOSE_USER_BLOCKS, PURPOSE_ITEM_BLOCKS, PURPOSE_ORDER, PURPOSE_NEGATIVES };

#define MAX_REJECTIONS 15
#define DRAWS_PER_TRIPLE (MAX_REJECTIONS + 1)
#define SKIPPED (-1)
#define FILTER_BITS_PER_POSITIVE 16

typedef struct {
    const int64_t *indptr;
    const int32_t *indices;
    int64_t n_users, n_items;
    uint64_t epoch_key; /* the stream of this seed and epoch */
    int64_t n_blocks;
    int32_t *user_order, *item_order; /* shuffled rows; block b is order[n * b / B .. n * (b+1) / B) */
    uint16_t *item_block;             /* the block that each item is in */
} epoch_layout;

typedef struct { /* the columns of an EpochPlan */
    int32_t *users, *positives, *negatives;
    int64_t *bounds;
} plan_columns;

typedef struct { /* what one thread needs while it fills tiles */
    uint64_t *pairs;  /* (user << 32 | item), as many as the largest tile has */
    uint64_t *filter; /* one bit per hash value */
    uint64_t *seen;   /* one bit per item, all zero between uses */
    int filter_log2;  /* log2 of the number of bits */
} tile_scratch;

ALWAYS_INLINE int64_t block_edge(int64_t n, int64_t block, int64_t n_blocks)
{
    return n * block / n_blocks;
}

ALWAYS_INLINE int64_t tile_number(int64_t user_block, int64_t item_block, int64_t n_blocks)
{
    return (item_block - user_block + n_blocks) % n_blocks * n_blocks + user_block;
}

static void shuffled_rows(int32_t *order, int64_t n, int64_t n_blocks, uint64_t key)
{
    for (int64_t i = 0; i < n; i++)
        order[i] = (int32_t)i;
    if (n_blocks == 1)
        return;
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)bounded(key, (uint64_t)i, (uint64_t)i + 1);
        int32_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

static void lay_out_blocks(const epoch_layout *e)
{
    shuffled_rows(e->user_order, e->n_users, e->n_blocks, draw(e->epoch_key, PURPOSE_USER_BLOCKS));
    shuffled_rows(e->item_order, e->n_items, e->n_blocks, draw(e->epoch_key, PURPOSE_ITEM_BLOCKS));
    for (int64_t c = 0; c < e->n_blocks; c++)
        for (int64_t k = block_edge(e->n_items, c, e->n_blocks);
             k < block_edge(e->n_items, c + 1, e->n_blocks); k++)
            e->item_block[e->item_order[k]] = (uint16_t)c;
}

/* How many interactions of user block b fall into each item block; counts has n_blocks entries. */
static void count_user_block(const epoch_layout *e, int64_t b, int64_t *counts)
{
    memset(counts, 0, (size_t)e->n_blocks * sizeof *counts);
    for (int64_t k = block_edge(e->n_users, b, e->n_blocks);
         k < block_edge(e->n_users, b + 1, e->n_blocks); k++) {
        int64_t user = e->user_order[k];
        if (e->n_blocks == 1) {
            counts[0] += e->indptr[user + 1] - e->indptr[user];
            continue;
        }
        for (int64_t p = e->indptr[user]; p < e->indptr[user + 1]; p++)
            counts[e->item_block[e->indices[p]]]++;
    }
}

/* Write the interactions of user block b into its tiles; cursors (n_blocks entries) start at the
 * tiles' bounds and end at the next ones. */
static void scatter_user_block(const epoch_layout *e, int64_t b, int64_t *cursors,
                               const plan_columns *plan)
{
    for (int64_t k = block_edge(e->n_users, b, e->n_blocks);
         k < block_edge(e->n_users, b + 1, e->n_blocks); k++) {
        int64_t user = e->user_order[k];
        for (int64_t p = e->indptr[user]; p < e->indptr[user + 1]; p++) {
            int32_t item = e->indices[p];
            int64_t to = cursors[e->item_block[item]]++;
            plan->users[to] = (int32_t)user;
            plan->positives[to] = item;
        }
    }
}

ALWAYS_INLINE uint64_t filter_bit(uint64_t pair, int filter_log2)
{
    return ((pair ^ (pair >> 29)) * UINT64_C(0xD6E8FEB86659FD93)) >> (64 - filter_log2);
}

ALWAYS_INLINE int filter_log2_for(int64_t n_positives)
{
    int bits = 6;
    while (((int64_t)1 << bits) < n_positives * FILTER_BITS_PER_POSITIVE)
        bits++;
    return bits;
}

/* Is item in the ascending row? */
static int row_contains(const int32_t *row, int64_t n, int32_t item)
{
    const int32_t *base = row;
    while (n > 1) {
        int64_t half = n / 2;
        base = base[half] <= item ? base + half : base;
        n -= half;
    }
    return n == 1 && *base == item;
}

/* After too many rejections: mark what the user has seen, count what is left, pick one of it. */
static int32_t draw_among_unseen(const epoch_layout *e, uint64_t *seen, int64_t user,
                                 const int32_t *candidates, int64_t n_candidates, uint64_t key,
                                 uint64_t index)
{
    const int32_t *row = e->indices + e->indptr[user];
    int64_t n_row = e->indptr[user + 1] - e->indptr[user];
    int64_t n_unseen = 0;
    int32_t found = SKIPPED;
    for (int64_t k = 0; k < n_row; k++)
        seen[row[k] >> 6] |= UINT64_C(1) << (row[k] & 63);
    for (int64_t k = 0; k < n_candidates; k++)
        n_unseen += !(seen[candidates[k] >> 6] >> (candidates[k] & 63) & 1);
    if (n_unseen > 0) {
        int64_t wanted = (int64_t)bounded(key, index, (uint64_t)n_unseen);
        for (int64_t k = 0; found == SKIPPED; k++)
            if (!(seen[candidates[k] >> 6] >> (candidates[k] & 63) & 1) && wanted-- == 0)
                found = candidates[k];
    }
    for (int64_t k = 0; k < n_row; k++)
        seen[row[k] >> 6] = 0;
    return found;
}

/* The draws of one triple from the first on, each looked up in the user's row. */
static int32_t draw_negative(const epoch_layout *e, uint64_t *seen, int64_t user,
                             const int32_t *candidates, int64_t n_candidates, uint64_t key,
                             uint64_t first)
{
    const int32_t *row = e->indices + e->indptr[user];
    int64_t n_row = e->indptr[user + 1] - e->indptr[user];
    for (uint64_t attempt = 0; attempt < MAX_REJECTIONS; attempt++) {
        int32_t item = candidates[bounded(key, first + attempt, (uint64_t)n_candidates)];
        if (!row_contains(row, n_row, item))
            return item;
    }
    return draw_among_unseen(e, seen, user, candidates, n_candidates, key, first + MAX_REJECTIONS);
}

/* Pack a tile's interactions into pairs and put them into the filter. */
static void pack_tile(tile_scratch *s, const int32_t *users, const int32_t *positives, int64_t n)
{
    s->filter_log2 = filter_log2_for(n);
    memset(s->filter, 0, ((size_t)1 << s->filter_log2) / 8);
    for (int64_t t = 0; t < n; t++) {
        uint64_t pair = (uint64_t)users[t] << 32 | (uint32_t)positives[t];
        uint64_t bit = filter_bit(pair, s->filter_log2);
        s->filter[bit >> 6] |= UINT64_C(1) << (bit & 63);
        s->pairs[t] = pair;
    }
}

static void shuffle_pairs(uint64_t *pairs, int64_t n, uint64_t key)
{
    for (int64_t i = n - 1; i > 0; i--) {
        uint64_t j = bounded(key, (uint64_t)i, (uint64_t)i + 1);
        uint64_t kept = pairs[i];
        pairs[i] = pairs[j];
        pairs[j] = kept;
    }
}

/* Shuffle one tile and draw its negatives. Every triple gets its first draw, without a branch that
 * could be mispredicted; those for which the filter says "maybe seen" are drawn again with care. */
static void fill_tile(const epoch_layout *e, tile_scratch *s, int64_t tile, const plan_columns *plan)
{
    int64_t start = plan->bounds[tile], n = plan->bounds[tile + 1] - start;
    int64_t item_block = (tile % e->n_blocks + tile / e->n_blocks) % e->n_blocks;
    int64_t first_candidate = block_edge(e->n_items, item_block, e->n_blocks);
    int64_t n_candidates = block_edge(e->n_items, item_block + 1, e->n_blocks) - first_candidate;
    const int32_t *candidates = e->item_order + first_candidate;
    uint64_t key = draw(draw(e->epoch_key, PURPOSE_NEGATIVES), (uint64_t)tile);
    int32_t *users = plan->users + start, *positives = plan->positives + start;
    int32_t *negatives = plan->negatives + start;
    int64_t n_unsure = 0;

    pack_tile(s, users, positives, n);
    shuffle_pairs(s->pairs, n, draw(draw(e->epoch_key, PURPOSE_ORDER), (uint64_t)tile));
    for (int64_t t = 0; t < n; t++) {
        uint64_t pair = s->pairs[t], user = pair >> 32;
        int32_t item = candidates[bounded(key, (uint64_t)t * DRAWS_PER_TRIPLE, (uint64_t)n_candidates)];
        uint64_t bit = filter_bit(user << 32 | (uint32_t)item, s->filter_log2);
        users[t] = (int32_t)user;
        positives[t] = (int32_t)(uint32_t)pair;
        negatives[t] = item;
        s->pairs[n_unsure] = (uint64_t)t; /* at or before t, whose pair has been read */
        n_unsure += s->filter[bit >> 6] >> (bit & 63) & 1;
    }
    for (int64_t k = 0; k < n_unsure; k++) {
        uint64_t t = s->pairs[k];
        negatives[t] = draw_negative(e, s->seen, users[t], candidates, n_candidates, key,
                                     t * DRAWS_PER_TRIPLE);
    }
}

/* Sum the counts into the tiles' bounds and each user block's cursors; returns the largest tile. */
static int64_t set_bounds(int64_t n_blocks, int64_t *counts, int64_t *bounds)
{
    int64_t largest = 0;
    bounds[0] = 0;
    for (int64_t tile = 0; tile < n_blocks * n_blocks; tile++) {
        int64_t b = tile % n_blocks, c = (b + tile / n_blocks) % n_blocks;
        int64_t size = counts[b * n_blocks + c];
        counts[b * n_blocks + c] = bounds[tile]; /* from here on a cursor */
        bounds[tile + 1] = bounds[tile] + size;
        largest = size > largest ? size : largest;
    }
    return largest;
}

static int allocate_scratch(tile_scratch *s, int64_t n_items, int64_t largest_tile)
{
    s->pairs = (uint64_t *)malloc(((size_t)largest_tile + 1) * sizeof *s->pairs);
    s->filter = (uint64_t *)malloc(((size_t)1 << filter_log2_for(largest_tile)) / 8);
    s->seen = (uint64_t *)calloc((size_t)(n_items + 63) / 64, sizeof *s->seen);
    return s->pairs && s->filter && s->seen;
}

static void free_scratch(tile_scratch *s)
{
    free(s->pairs);
    free(s->filter);
    free(s->seen);
}

typedef struct { /* what the threads share while they plan an epoch */
    const epoch_layout *layout;
    const plan_columns *plan;
    int64_t *counts; /* interactions of each user block in each item block; later, cursors */
    int64_t largest_tile;
    int32_t out_of_memory;
} planning;

static void count_blocks(team *t, void *shared)
{
    planning *p = (planning *)shared;
    int64_t n_blocks = p->layout->n_blocks, b;
    while ((b = take_job(t, 0)) < n_blocks)
        count_user_block(p->layout, b, p->counts + b * n_blocks);
    end_phase(t, 0);
}

static void fill_tiles(team *t, void *shared)
{
    planning *p = (planning *)shared;
    int64_t n_blocks = p->layout->n_blocks, job;
    tile_scratch scratch;
    while ((job = take_job(t, 0)) < n_blocks)
        scatter_user_block(p->layout, job, p->counts + job * n_blocks, p->plan);
    end_phase(t, 0);
    if (allocate_scratch(&scratch, p->layout->n_items, p->largest_tile)) {
        while ((job = take_job(t, 1)) < n_blocks * n_blocks)
            fill_tile(p->layout, &scratch, job, p->plan);
    } else {
        mark_done(&p->out_of_memory);
    }
    free_scratch(&scratch);
    end_phase(t, 1);
}

/* Fills the plan's columns (bounds has n_blocks^2 + 1 entries). Returns -1 when out of memory. */
static int draw_plan(const int64_t *indptr, const int32_t *indices, int64_t n_users, int64_t n_items,
                     uint64_t seed, uint64_t epoch, int64_t n_blocks, int n_threads,
                     plan_columns plan)
{
    epoch_layout e = {indptr, indices, n_users, n_items, draw(seed, epoch), n_blocks, NULL, NULL, NULL};
    int64_t *counts = (int64_t *)malloc((size_t)(n_blocks * n_blocks) * sizeof *counts);
    int status = -1;
    e.user_order = (int32_t *)malloc(((size_t)n_users + 1) * sizeof *e.user_order);
    e.item_order = (int32_t *)malloc((size_t)n_items * sizeof *e.item_order);
    e.item_block = (uint16_t *)malloc((size_t)n_items * sizeof *e.item_block);
    if (n_threads > n_blocks)
        n_threads = (int)n_blocks; /* each thread needs scratch memory, and has no block to itself */
    if (counts && e.user_order && e.item_order && e.item_block) {
        planning p = {&e, &plan, counts, 0, 0};
        lay_out_blocks(&e);
        run_team(n_threads, count_blocks, &p);
        p.largest_tile = set_bounds(n_blocks, counts, plan.bounds);
        run_team(n_threads, fill_tiles, &p);
        status = p.out_of_memory ? -1 : 0;
    }
    free(counts);
    free(e.user_order);
    free(e.item_order);
    free(e.item_block);
    return status;
}

#endif
