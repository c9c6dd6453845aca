/* One pass of BPR's stochastic gradient descent over a plan, tiles on as many threads as there are.
 * Which thread takes which tile changes nothing: tiles of a round share no row, each row sees the
 * rounds in order, and losses are added in tile order. */
#ifndef RECSYS_BPR_H
#define RECSYS_BPR_H

#include <stdlib.h>

#include "bpr_apart.h"
#include "team.h"

#define PREFETCH_AHEAD 4
#define CACHE_LINE 64
#define WORTH_AVX512 48 /* for shorter rows, AVX2 is faster by a tenth */

/* A sum of ln(1 + z), kept as a product until it grows large: one logarithm for many triples. */
typedef struct {
    double sum, product;
} log_sum;

/* Adds -ln sigma(x) = ln(1 + e^-x), whose argument is one_plus_z. */
ALWAYS_INLINE void note_loss(double x, double one_plus_z, log_sum *losses)
{
    if (LIKELY(x > -30.0)) {
        losses->product *= one_plus_z;
        if (losses->product > 1e250) {
            losses->sum += log_normal(losses->product);
            losses->product = 1.0;
        }
    } else {
        losses->sum -= x; /* ln(1 + e^-x) = -x + ln(1 + e^x), whose last part is below 1e-13; NaN stays NaN */
    }
}

/* g = sigma(-x); notes the loss. */
ALWAYS_INLINE double negative_sigmoid(double x, log_sum *losses)
{
    double clamped = x < -500.0 ? -500.0 : x > 500.0 ? 500.0 : x;
    double z = exp_bounded(-clamped);
    note_loss(x, 1.0 + z, losses);
    return z / (1.0 + z);
}

ALWAYS_INLINE double close_log_sum(const log_sum *losses)
{
    return losses->sum + log_normal(losses->product);
}

/* pull is learning_rate * g. */
ALWAYS_INLINE void step_biases(float *b_i, float *b_j, float pull, const bpr_rates *r)
{
    float positive = *b_i, negative = *b_j;
    *b_i = positive + (pull - r->positive_decay * positive);
    *b_j = negative - (pull + r->negative_decay * negative);
}

/* The kernel, for each instruction set; a measurement may put another inner loop in its place. */
#ifndef BPR_KERNEL_FILE
#define BPR_KERNEL_FILE "bpr_kernel.h"
#endif
#define KERNEL_FILE BPR_KERNEL_FILE
#include "each_simd_level.h"
#undef KERNEL_FILE

static tile_result update_tile(const bpr_model *m, const plan_view *plan, int64_t tile, int simd)
{
    int64_t start = plan->bounds[tile], stop = plan->bounds[tile + 1];
#if HAS_X86_DISPATCH
    if (simd == SIMD_AVX512 && m->d >= WORTH_AVX512)
        return update_tile_avx512(m, plan, start, stop);
    if (simd >= SIMD_AVX2)
        return update_tile_avx2(m, plan, start, stop);
#endif
    (void)simd;
    return update_tile_portable(m, plan, start, stop);
}

typedef struct { /* what the threads of one pass share */
    const bpr_model *model;
    const plan_view *plan;
    int simd;
    tile_result *results; /* one a tile */
    int32_t *done;        /* one a tile */
} update_pass;

/* One thread's share of a pass. Tiles are taken in their order, and a tile waits for the two of the
 * round before that had its users and its items; what came before those, they have waited for. So the
 * rows of a tile see the rounds in order, and nobody waits for a whole round to end. */
static void update_tiles(team *t, void *shared)
{
    const update_pass *pass = (const update_pass *)shared;
    int64_t n_blocks = pass->plan->n_blocks, tile;
    while ((tile = take_job(t, 0)) < n_blocks * n_blocks) {
        if (tile >= n_blocks) {
            int64_t round_before = tile - tile % n_blocks - n_blocks;
            wait_until_done(pass->done + tile - n_blocks);
            wait_until_done(pass->done + round_before + (tile + 1) % n_blocks);
        }
        pass->results[tile] = update_tile(pass->model, pass->plan, tile, pass->simd);
        mark_done(pass->done + tile);
    }
    end_phase(t, 0);
}

/* Sixteen biases share a cache line, whichever blocks their items are in, and threads that write to
 * one line take it from each other again and again: with biases side by side, two threads were hardly
 * faster than one. So threads work on a copy in which each bias has a line of its own. */
static int update_with_spread_biases(update_pass pass, int n_threads)
{
    const bpr_model *m = pass.model;
    bpr_model spread = *m;
    void *memory = malloc((size_t)m->n_items * CACHE_LINE + CACHE_LINE);
    if (!memory)
        return -1;
    spread.item_biases = (float *)(((uintptr_t)memory + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
    spread.bias_stride = CACHE_LINE / (int64_t)sizeof(float);
    for (int64_t i = 0; i < m->n_items; i++)
        spread.item_biases[i * spread.bias_stride] = m->item_biases[i * m->bias_stride];
    pass.model = &spread;
    run_team(n_threads, update_tiles, &pass);
    for (int64_t i = 0; i < m->n_items; i++)
        m->item_biases[i * m->bias_stride] = spread.item_biases[i * spread.bias_stride];
    free(memory);
    return 0;
}

static tile_result in_tile_order(const tile_result *results, int64_t n_tiles)
{
    tile_result total = {0.0, 0, 0};
    for (int64_t tile = 0; tile < n_tiles; tile++) {
        total.loss += results[tile].loss;
        total.n_correct += results[tile].n_correct;
        total.n_updated += results[tile].n_updated;
    }
    return total;
}

/* Returns -1 when out of memory, before anything has changed. */
static int update_plan(const bpr_model *m, const plan_view *plan, int n_threads, int simd,
                       tile_result *total)
{
    int64_t n_tiles = plan->n_blocks * plan->n_blocks;
    tile_result *results = (tile_result *)malloc((size_t)n_tiles * sizeof *results);
    int32_t *done = (int32_t *)calloc((size_t)n_tiles, sizeof *done);
    update_pass pass = {m, plan, simd, results, done};
    int status = results && done ? 0 : -1;
    if (n_threads > plan->n_blocks)
        n_threads = (int)plan->n_blocks; /* no more tiles than that can run at a time */
    if (status == 0 && m->item_biases && n_threads > 1)
        status = update_with_spread_biases(pass, n_threads);
    else if (status == 0)
        run_team(n_threads, update_tiles, &pass);
    if (status == 0)
        *total = in_tile_order(results, n_tiles);
    free(results);
    free(done);
    return status;
}

#endif
