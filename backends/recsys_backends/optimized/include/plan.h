/* Draw an epoch's triples: the C twin of recsys_backends/naive/{plan_epoch,tiles,draw_negative}.py,
 * integer for integer. Inside a tile, users and items go by their places in its blocks. */
#ifndef RECSYS_PLAN_H
#define RECSYS_PLAN_H

#include "draws.h"
#include "seen_pairs.h"
#include "team.h"

#define MAX_REJECTIONS 15
#define DRAWS_PER_TRIPLE (MAX_REJECTIONS + 1)
#define SKIPPED (-1)
#define DRAWS_AT_A_TIME 256

typedef struct { /* what one thread needs while it fills tiles */
    uint64_t *pairs; /* (user << 32 | item), as many as the largest tile has */
    seen_pairs seen;
    int simd;
} tile_scratch;

/* After too many rejections: count what is left, pick one of it. */
ALWAYS_INLINE int64_t draw_among_unseen(const seen_pairs *s, const epoch_layout *e,
                                        const tile_view *v, uint64_t user, uint64_t key,
                                        uint64_t index, int all_pairs)
{
    int64_t n_unseen = 0, item = 0;
    for (int64_t k = 0; k < v->n_candidates; k++)
        n_unseen += !was_seen(s, e, v, user, (uint64_t)k, all_pairs);
    if (n_unseen == 0)
        return SKIPPED;
    int64_t wanted = (int64_t)bounded(key, index, (uint64_t)n_unseen);
    while (was_seen(s, e, v, user, (uint64_t)item, all_pairs) || wanted-- > 0)
        item++;
    return item;
}

/* The draws of one triple from the first on, each looked up. */
ALWAYS_INLINE int64_t draw_negative(const seen_pairs *s, const epoch_layout *e, const tile_view *v,
                                    uint64_t user, uint64_t key, uint64_t first, int all_pairs)
{
    for (uint64_t attempt = 0; attempt < MAX_REJECTIONS; attempt++) {
        uint64_t item = bounded(key, first + attempt, (uint64_t)v->n_candidates);
        if (!was_seen(s, e, v, user, item, all_pairs))
            return (int64_t)item;
    }
    return draw_among_unseen(s, e, v, user, key, first + MAX_REJECTIONS, all_pairs);
}

/* Pack a tile's interactions into pairs, and note that they were seen. */
ALWAYS_INLINE void pack_tile(tile_scratch *s, const tile_view *v, const plan_columns *plan,
                             int all_pairs)
{
    const int32_t *users = plan->users + v->start, *positives = plan->positives + v->start;
    for (int64_t t = 0; t < v->n; t++) {
        uint64_t user = (uint32_t)users[t], item = (uint32_t)positives[t];
        mark_seen(&s->seen, v, user, item, all_pairs);
        s->pairs[t] = user << 32 | item;
    }
}

static void shuffle_pairs(uint64_t *pairs, int64_t n, uint64_t key, int simd)
{
    uint32_t partners[DRAWS_AT_A_TIME];
    for (int64_t stop = n; stop > 0; stop -= DRAWS_AT_A_TIME) {
        int64_t start = stop > DRAWS_AT_A_TIME ? stop - DRAWS_AT_A_TIME : 0;
        draw_many(partners, stop - start, key, (uint64_t)start, 1, (uint64_t)start + 1, 1, simd);
        for (int64_t i = stop - 1; i >= start; i--) {
            uint64_t *partner = pairs + partners[i - start], kept = pairs[i];
            pairs[i] = *partner;
            *partner = kept;
        }
    }
}

/* Every triple gets its first draw, without a branch that could be mispredicted; those whose draw may
 * have been seen are drawn again with care. */
ALWAYS_INLINE void fill_shuffled(const epoch_layout *e, tile_scratch *s, const tile_view *v,
                                 uint64_t key, const plan_columns *plan, int all_pairs)
{
    int32_t *users = plan->users + v->start, *positives = plan->positives + v->start;
    int32_t *negatives = plan->negatives + v->start;
    uint32_t firsts[DRAWS_AT_A_TIME];
    int64_t n_unsure = 0;
    for (int64_t start = 0; start < v->n; start += DRAWS_AT_A_TIME) {
        int64_t n = v->n - start < DRAWS_AT_A_TIME ? v->n - start : DRAWS_AT_A_TIME;
        draw_many(firsts, n, key, (uint64_t)start * DRAWS_PER_TRIPLE, DRAWS_PER_TRIPLE,
                  (uint64_t)v->n_candidates, 0, s->simd);
        for (int64_t t = start; t < start + n; t++) {
            uint64_t pair = s->pairs[t], user = pair >> 32, item = firsts[t - start];
            users[t] = v->members[user];
            positives[t] = v->candidates[(uint32_t)pair];
            negatives[t] = v->candidates[item];
            s->pairs[n_unsure] = user << 32 | (uint64_t)t; /* at or before t, whose pair has been read */
            n_unsure += maybe_seen(&s->seen, v, user, item, all_pairs);
        }
    }
    for (int64_t k = 0; k < n_unsure; k++) {
        uint64_t user = s->pairs[k] >> 32, t = (uint32_t)s->pairs[k];
        int64_t item = draw_negative(&s->seen, e, v, user, key, t * DRAWS_PER_TRIPLE, all_pairs);
        negatives[t] = item == SKIPPED ? SKIPPED : v->candidates[item];
    }
}

/* Shuffle one tile and draw its negatives. */
static void fill_tile(const epoch_layout *e, tile_scratch *s, int64_t tile, const plan_columns *plan)
{
    tile_view v = view_tile(e, plan->bounds, tile);
    uint64_t order_key = draw(draw(e->epoch_key, PURPOSE_ORDER), (uint64_t)tile);
    uint64_t negatives_key = draw(draw(e->epoch_key, PURPOSE_NEGATIVES), (uint64_t)tile);
    forget_pairs(&s->seen, &v);
    if (s->seen.filter_log2 == 0) {
        pack_tile(s, &v, plan, 1);
        shuffle_pairs(s->pairs, v.n, order_key, s->simd);
        fill_shuffled(e, s, &v, negatives_key, plan, 1);
    } else {
        pack_tile(s, &v, plan, 0);
        shuffle_pairs(s->pairs, v.n, order_key, s->simd);
        fill_shuffled(e, s, &v, negatives_key, plan, 0);
    }
}

static int allocate_scratch(tile_scratch *s, int64_t largest_tile, int simd)
{
    s->pairs = (uint64_t *)malloc(((size_t)largest_tile + 1) * sizeof *s->pairs);
    s->seen.bits = (uint64_t *)malloc((size_t)seen_words_for(largest_tile) * sizeof *s->seen.bits);
    s->simd = simd;
    return s->pairs && s->seen.bits;
}

static void free_scratch(tile_scratch *s)
{
    free(s->pairs);
    free(s->seen.bits);
}

typedef struct { /* what the threads share while they plan an epoch */
    const epoch_layout *layout;
    const plan_columns *plan;
    int64_t *counts; /* interactions of each user block in each item block; later, cursors */
    int64_t largest_tile;
    int simd;
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
    if (allocate_scratch(&scratch, p->largest_tile, p->simd)) {
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
                     uint64_t seed, uint64_t epoch, int64_t n_blocks, int n_threads, int simd,
                     plan_columns plan)
{
    epoch_layout e = {indptr, indices, n_users, n_items, draw(seed, epoch), n_blocks, NULL, NULL, NULL};
    int64_t *counts = (int64_t *)malloc((size_t)(n_blocks * n_blocks) * sizeof *counts);
    int status = -1;
    e.user_order = (int32_t *)malloc(((size_t)n_users + 1) * sizeof *e.user_order);
    e.item_order = (int32_t *)malloc((size_t)n_items * sizeof *e.item_order);
    e.slots = (item_slot *)malloc((size_t)n_items * sizeof *e.slots);
    if (n_threads > n_blocks)
        n_threads = (int)n_blocks; /* each thread needs scratch memory, and has no block to itself */
    if (counts && e.user_order && e.item_order && e.slots) {
        planning p = {&e, &plan, counts, 0, simd, 0};
        lay_out_blocks(&e);
        run_team(n_threads, count_blocks, &p);
        p.largest_tile = set_bounds(n_blocks, counts, plan.bounds);
        run_team(n_threads, fill_tiles, &p);
        status = p.out_of_memory ? -1 : 0;
    }
    free(counts);
    free(e.user_order);
    free(e.item_order);
    free(e.slots);
    return status;
}

#endif
