/* The samplers of recsys_backends/plan.py, prepared for one epoch's blocks. Users and items go by their
 * places in the tile's blocks. */
#ifndef RECSYS_SAMPLER_H
#define RECSYS_SAMPLER_H

#include <stdlib.h>

#include "draws.h"
#include "plan_layout.h"
#include "shares.h"

typedef struct { /* as it was given; no weights: uniform, no rankings: by weight, else adaptive */
    const int64_t *weights;      /* n_items: of items; of ranks, for an adaptive one */
    const int32_t *rankings;     /* n_rankings × n_items */
    const int32_t *user_weights; /* n_users × n_rankings */
    int64_t n_rankings;
} given_sampler;

typedef struct {
    given_sampler given;
    shares *blocks;         /* of each block: its items' weights, in block order, or its ranks' */
    uint32_t *until, *guide; /* which they share */
    int32_t *ranked;        /* block by block: n_rankings × its items, as places in the block */
    uint32_t *user_until;   /* n_users × n_rankings: sums of the users' weights */
} epoch_sampler;

typedef struct { /* what a tile needs of it */
    const shares *block; /* NULL: uniform */
    const int32_t *ranked; /* NULL: by weight */
    const uint32_t *user_until;
    const int32_t *user_weights;
    int64_t n_rankings;
} tile_sampler;

static int allocate_sampler(epoch_sampler *s, const epoch_layout *e)
{
    size_t n_items = (size_t)e->n_items, n_rankings = (size_t)s->given.n_rankings;
    if (!s->given.weights)
        return 1;
    s->blocks = (shares *)malloc((size_t)e->n_blocks * sizeof *s->blocks);
    s->until = (uint32_t *)malloc(n_items * sizeof *s->until);
    s->guide = (uint32_t *)malloc(4 * n_items * sizeof *s->guide);
    if (!s->given.rankings)
        return s->blocks && s->until && s->guide;
    s->ranked = (int32_t *)malloc(n_rankings * n_items * sizeof *s->ranked);
    s->user_until = (uint32_t *)malloc(((size_t)e->n_users * n_rankings + 1) * sizeof *s->user_until);
    return s->blocks && s->until && s->guide && s->ranked && s->user_until;
}

static void free_sampler(epoch_sampler *s)
{
    free(s->blocks);
    free(s->until);
    free(s->guide);
    free(s->ranked);
    free(s->user_until);
}

/* Sum the weights of item block c, or of the ranks in it, and of the c-th share of the users. */
static void weigh_block(epoch_sampler *s, const epoch_layout *e, int64_t c)
{
    int64_t first = block_edge(e->n_items, c, e->n_blocks), d = s->given.n_rankings;
    int64_t n = block_edge(e->n_items, c + 1, e->n_blocks) - first;
    for (int64_t k = 0; k < n; k++) {
        int64_t from = s->given.rankings ? k * e->n_items / n : e->item_order[first + k];
        s->until[first + k] = (uint32_t)s->given.weights[from];
    }
    make_shares(s->blocks + c, s->until + first, s->guide + 4 * first, n);
    if (!s->given.rankings)
        return;
    for (int64_t row = block_edge(e->n_users, c, e->n_blocks);
         row < block_edge(e->n_users, c + 1, e->n_blocks); row++) {
        uint32_t sum = 0;
        for (int64_t f = row * d; f < (row + 1) * d; f++) {
            int64_t weight = s->given.user_weights[f];
            s->user_until[f] = sum += (uint32_t)(weight < 0 ? -weight : weight);
        }
    }
}

/* Deal a ranking's items into their blocks; each block keeps them in the ranking's order. */
static void deal_ranking(epoch_sampler *s, const epoch_layout *e, int64_t f)
{
    int32_t *next[MAX_BLOCKS];
    for (int64_t c = 0; c < e->n_blocks; c++) {
        int64_t first = block_edge(e->n_items, c, e->n_blocks);
        int64_t n = block_edge(e->n_items, c + 1, e->n_blocks) - first;
        next[c] = s->ranked + s->given.n_rankings * first + f * n;
    }
    for (int64_t k = 0; k < e->n_items; k++) {
        item_slot slot = e->slots[s->given.rankings[f * e->n_items + k]];
        *next[slot.block]++ = (int32_t)slot.place;
    }
}

/* The work of preparing, in jobs for threads to take. */
static int64_t sampler_jobs(const epoch_sampler *s, const epoch_layout *e)
{
    return s->given.weights ? e->n_blocks + s->given.n_rankings : 0;
}

static void do_sampler_job(epoch_sampler *s, const epoch_layout *e, int64_t job)
{
    if (job < e->n_blocks)
        weigh_block(s, e, job);
    else
        deal_ranking(s, e, job - e->n_blocks);
}

static tile_sampler view_sampler(const epoch_sampler *s, const epoch_layout *e, const tile_view *v)
{
    int64_t first = v->candidates - e->item_order, d = s->given.n_rankings;
    tile_sampler view = {NULL, NULL, s->user_until, s->given.user_weights, d};
    if (s->given.weights)
        view.block = s->blocks + v->item_block;
    if (s->given.rankings)
        view.ranked = s->ranked + d * first;
    return view;
}

/* The user's weights begin at row, and chose ranking f by the upper half; the lower chooses the rank. */
ALWAYS_INLINE uint64_t ranked_place(const tile_sampler *s, const tile_view *v, uint64_t row, uint64_t f,
                                    uint64_t value)
{
    uint64_t n = (uint64_t)v->n_candidates;
    if (s->user_until[row + (uint64_t)s->n_rankings - 1] == 0) /* all are 0, and chose nothing */
        return (value >> 32) * n >> 32;
    uint64_t rank = place_of(s->block, (uint32_t)value);
    return (uint64_t)s->ranked[f * n + (s->user_weights[row + f] > 0 ? rank : n - 1 - rank)];
}

ALWAYS_INLINE uint64_t place_by_rank(const tile_sampler *s, const tile_view *v, uint64_t user,
                                     uint64_t value)
{
    uint64_t d = (uint64_t)s->n_rankings, row = (uint64_t)v->members[user] * d;
    return ranked_place(s, v, row, place_among(s->user_until + row, d, value >> 32), value);
}

/* The candidate that a draw means; there is one. */
ALWAYS_INLINE uint64_t guess(const tile_sampler *s, const tile_view *v, uint64_t user, uint64_t value)
{
    if (!s->block)
        return (value >> 32) * (uint64_t)v->n_candidates >> 32;
    return s->ranked ? place_by_rank(s, v, user, value) : place_of(s->block, value >> 32);
}

/* What a candidate weighs when the last draw picks among the unseen. */
ALWAYS_INLINE uint64_t weight_at_last(const tile_sampler *s, int64_t item)
{
    return s->block && !s->ranked ? weight_of(s->block, item) : 1;
}

/* Is there no candidate at all? Where there is none, guesses are 0. */
ALWAYS_INLINE int nothing_to_draw(const tile_sampler *s)
{
    return s->block && s->block->total == 0;
}

/* place_by_rank for many triples, in loops of their own, so that none waits for the one before. */
static void places_by_rank(uint32_t *out, const tile_sampler *s, const tile_view *v,
                           const uint64_t *pairs, int64_t n, uint64_t key, uint64_t first,
                           uint64_t step, int simd)
{
    const uint32_t *rows[DRAWS_AT_A_TIME] = {NULL};
    uint64_t values[DRAWS_AT_A_TIME] = {0}, d = (uint64_t)s->n_rankings;
    for (int64_t t = 0; t < n; t++) {
        rows[t] = s->user_until + (uint64_t)v->members[pairs[t] >> 32] * d;
        values[t] = draw(key, first + (uint64_t)t * step);
    }
    places_among(out, rows, d, values, n, simd);
    for (int64_t t = 0; t < n; t++)
        out[t] = (uint32_t)ranked_place(s, v, (uint64_t)(rows[t] - s->user_until), out[t], values[t]);
}

/* The first guess of n triples, whose users are in the upper halves of pairs. */
static void first_guesses(uint32_t *out, const tile_sampler *s, const tile_view *v,
                          const uint64_t *pairs, int64_t n, uint64_t key, uint64_t first, uint64_t step,
                          int simd)
{
    uint64_t bound = s->block ? UINT64_C(1) << 32 : (uint64_t)v->n_candidates;
    if (nothing_to_draw(s)) {
        memset(out, 0, (size_t)n * sizeof *out);
    } else if (s->ranked) {
        places_by_rank(out, s, v, pairs, n, key, first, step, simd);
    } else {
        draw_many(out, n, key, first, step, bound, 0, simd);
        for (int64_t t = 0; s->block && t < n; t++)
            out[t] = (uint32_t)place_of(s->block, out[t]);
    }
}

#endif
