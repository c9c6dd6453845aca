/* Draw an epoch's triples: the C twin of recsys_backends/naive/{plan_epoch,tiles,draw_negative,
 * candidates}.py, integer for integer. Inside a tile, users and items go by their places in its blocks. */
#ifndef RECSYS_PLAN_H
#define RECSYS_PLAN_H

#include "draws.h"
#include "sampler.h"
#include "seen_pairs.h"
#include "team.h"

#define MAX_REJECTIONS 15
#define DRAWS_PER_TRIPLE (MAX_REJECTIONS + 1)
#define SKIPPED (-1)

typedef struct { /* what one thread needs while it fills tiles */
    uint64_t *pairs; /* (user << 32 | item), as many as the largest tile has */
    seen_pairs seen;
    int simd;
} tile_scratch;

/* After too many rejections: add up what is left, pick one of it. */
ALWAYS_INLINE int64_t draw_among_unseen(const seen_pairs *s, const tile_sampler *sampler,
                                        const epoch_layout *e, const tile_view *v, uint64_t user,
                                        uint64_t key, uint64_t index, int all_pairs)
{
    uint64_t total = 0;
    for (int64_t k = 0; k < v->n_candidates; k++)
        if (!was_seen(s, e, v, user, (uint64_t)k, all_pairs))
            total += weight_at_last(sampler, k);
    if (total == 0)
        return SKIPPED;
    uint64_t wanted = bounded(key, index, total);
    for (int64_t k = 0;; k++) {
        if (was_seen(s, e, v, user, (uint64_t)k, all_pairs))
            continue;
        if (wanted < weight_at_last(sampler, k))
            return k;
        wanted -= weight_at_last(sampler, k);
    }
}

/* The draws of one triple, each looked up; where there is a bit for each pair, the first is known to
 * have been seen. */
ALWAYS_INLINE int64_t draw_negative(const seen_pairs *s, const tile_sampler *sampler,
                                    const epoch_layout *e, const tile_view *v, uint64_t user,
                                    uint64_t key, uint64_t first, int all_pairs)
{
    if (nothing_to_draw(sampler))
        return SKIPPED;
    for (uint64_t attempt = all_pairs ? 1 : 0; attempt < MAX_REJECTIONS; attempt++) {
        uint64_t item = guess(sampler, v, user, draw(key, first + attempt));
        if (!was_seen(s, e, v, user, item, all_pairs))
            return (int64_t)item;
    }
    return draw_among_unseen(s, sampler, e, v, user, key, first + MAX_REJECTIONS, all_pairs);
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
                                 const tile_sampler *sampler, uint64_t key, const plan_columns *plan,
                                 int all_pairs)
{
    int32_t *users = plan->users + v->start, *positives = plan->positives + v->start;
    int32_t *negatives = plan->negatives + v->start;
    uint32_t firsts[DRAWS_AT_A_TIME];
    int64_t n_unsure = 0;
    int nothing = nothing_to_draw(sampler);
    for (int64_t start = 0; start < v->n; start += DRAWS_AT_A_TIME) {
        int64_t n = v->n - start < DRAWS_AT_A_TIME ? v->n - start : DRAWS_AT_A_TIME;
        first_guesses(firsts, sampler, v, s->pairs + start, n, key,
                      (uint64_t)start * DRAWS_PER_TRIPLE, DRAWS_PER_TRIPLE, s->simd);
        for (int64_t t = start; t < start + n; t++) {
            uint64_t pair = s->pairs[t], user = pair >> 32, item = firsts[t - start];
            users[t] = v->members[user];
            positives[t] = v->candidates[(uint32_t)pair];
            negatives[t] = v->candidates[item];
            s->pairs[n_unsure] = user << 32 | (uint64_t)t; /* at or before t, whose pair has been read */
            n_unsure += nothing | maybe_seen(&s->seen, v, user, item, all_pairs);
        }
    }
    for (int64_t k = 0; k < n_unsure; k++) {
        uint64_t user = s->pairs[k] >> 32, t = (uint32_t)s->pairs[k];
        int64_t item = draw_negative(&s->seen, sampler, e, v, user, key, t * DRAWS_PER_TRIPLE,
                                     all_pairs);
        negatives[t] = item == SKIPPED ? SKIPPED : v->candidates[item];
    }
}

/* Shuffle one tile and draw its negatives. */
static void fill_tile(const epoch_layout *e, const epoch_sampler *sampler, tile_scratch *s,
                      int64_t tile, const plan_columns *plan)
{
    tile_view v = view_tile(e, plan->bounds, tile);
    tile_sampler draws = view_sampler(sampler, e, &v);
    uint64_t order_key = draw(draw(e->epoch_key, PURPOSE_ORDER), (uint64_t)tile);
    uint64_t negatives_key = draw(draw(e->epoch_key, PURPOSE_NEGATIVES), (uint64_t)tile);
    forget_pairs(&s->seen, &v);
    if (s->seen.filter_log2 == 0) {
        pack_tile(s, &v, plan, 1);
        shuffle_pairs(s->pairs, v.n, order_key, s->simd);
        fill_shuffled(e, s, &v, &draws, negatives_key, plan, 1);
    } else {
        pack_tile(s, &v, plan, 0);
        shuffle_pairs(s->pairs, v.n, order_key, s->simd);
        fill_shuffled(e, s, &v, &draws, negatives_key, plan, 0);
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
    epoch_sampler *sampler;
    const plan_columns *plan;
    int64_t *counts; /* interactions of each user block in each item block; later, cursors */
    int64_t largest_tile;
    int simd;
    int32_t out_of_memory;
} planning;

static void count_and_prepare(team *t, int phase, planning *p)
{
    int64_t n_blocks = p->layout->n_blocks, job;
    while ((job = take_job(t, phase)) < n_blocks + sampler_jobs(p->sampler, p->layout))
        if (job < n_blocks)
            count_user_block(p->layout, job, p->counts + job * n_blocks);
        else
            do_sampler_job(p->sampler, p->layout, job - n_blocks);
    end_phase(t, phase);
}

static void scatter(team *t, int phase, planning *p)
{
    int64_t n_blocks = p->layout->n_blocks, b;
    while ((b = take_job(t, phase)) < n_blocks)
        scatter_user_block(p->layout, b, p->counts + b * n_blocks, p->plan);
    end_phase(t, phase);
}

static void fill_tiles(team *t, int phase, planning *p)
{
    int64_t n_blocks = p->layout->n_blocks, tile;
    tile_scratch scratch;
    if (allocate_scratch(&scratch, p->largest_tile, p->simd)) {
        while ((tile = take_job(t, phase)) < n_blocks * n_blocks)
            fill_tile(p->layout, p->sampler, &scratch, tile, p->plan);
    } else {
        mark_done(&p->out_of_memory);
    }
    free_scratch(&scratch);
    end_phase(t, phase);
}

/* One thread's share. One team for all of it: to wake a thread takes as long as to plan some thousand
 * triples. */
static void plan_some(team *t, void *shared)
{
    planning *p = (planning *)shared;
    count_and_prepare(t, 0, p);
    if (take_job(t, 1) == 0)
        p->largest_tile = set_bounds(p->layout->n_blocks, p->counts, p->plan->bounds);
    end_phase(t, 1);
    scatter(t, 2, p);
    fill_tiles(t, 3, p);
}

/* Fills the plan's columns (bounds has n_blocks^2 + 1 entries). Returns -1 when out of memory. */
static int draw_plan(const int64_t *indptr, const int32_t *indices, int64_t n_users, int64_t n_items,
                     uint64_t seed, uint64_t epoch, int64_t n_blocks, given_sampler sampler,
                     int n_threads, int simd, plan_columns plan)
{
    epoch_layout e = {indptr, indices, n_users, n_items, draw(seed, epoch), n_blocks, NULL, NULL, NULL};
    epoch_sampler prepared = {sampler, NULL, NULL, NULL, NULL, NULL};
    int64_t *counts = (int64_t *)malloc((size_t)(n_blocks * n_blocks) * sizeof *counts);
    int status = -1;
    e.user_order = (int32_t *)malloc(((size_t)n_users + 1) * sizeof *e.user_order);
    e.item_order = (int32_t *)malloc((size_t)n_items * sizeof *e.item_order);
    e.slots = (item_slot *)malloc((size_t)n_items * sizeof *e.slots);
    if (n_threads > n_blocks)
        n_threads = (int)n_blocks; /* each thread needs scratch memory, and has no block to itself */
    if (counts && e.user_order && e.item_order && e.slots && allocate_sampler(&prepared, &e)) {
        planning p = {&e, &prepared, &plan, counts, 0, simd, 0};
        lay_out_blocks(&e);
        run_team(n_threads, plan_some, &p);
        status = p.out_of_memory ? -1 : 0;
    }
    free(counts);
    free(e.user_order);
    free(e.item_order);
    free(e.slots);
    free_sampler(&prepared);
    return status;
}

#endif
