/* Which block a row is in, which tile an interaction is in: recsys_backends/plan.py has the picture. */
#ifndef RECSYS_PLAN_LAYOUT_H
#define RECSYS_PLAN_LAYOUT_H

#include <string.h>

#include "splitmix64.h"

enum { PURPOSE_USER_BLOCKS, PURPOSE_ITEM_BLOCKS, PURPOSE_ORDER, PURPOSE_NEGATIVES };

typedef struct {
    uint32_t block, place; /* place: counted from the block's first item */
} item_slot;

typedef struct {
    const int64_t *indptr;
    const int32_t *indices;
    int64_t n_users, n_items;
    uint64_t epoch_key; /* the stream of this seed and epoch */
    int64_t n_blocks;
    int32_t *user_order, *item_order; /* shuffled rows; block b is order[n * b / B .. n * (b+1) / B) */
    item_slot *slots;                 /* where in item_order each item is */
} epoch_layout;

typedef struct { /* the columns of an EpochPlan */
    int32_t *users, *positives, *negatives;
    int64_t *bounds;
} plan_columns;

typedef struct { /* one tile: its triples, and the rows of its two blocks */
    int64_t start, n;
    const int32_t *members, *candidates; /* the users and the items */
    int64_t n_members, n_candidates;
} tile_view;

ALWAYS_INLINE int64_t block_edge(int64_t n, int64_t block, int64_t n_blocks)
{
    return n * block / n_blocks;
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
    for (int64_t c = 0; c < e->n_blocks; c++) {
        int64_t first = block_edge(e->n_items, c, e->n_blocks);
        for (int64_t k = first; k < block_edge(e->n_items, c + 1, e->n_blocks); k++) {
            item_slot slot = {(uint32_t)c, (uint32_t)(k - first)};
            e->slots[e->item_order[k]] = slot;
        }
    }
}

static tile_view view_tile(const epoch_layout *e, const int64_t *bounds, int64_t tile)
{
    int64_t user_block = tile % e->n_blocks;
    int64_t item_block = (user_block + tile / e->n_blocks) % e->n_blocks;
    int64_t first_user = block_edge(e->n_users, user_block, e->n_blocks);
    int64_t first_item = block_edge(e->n_items, item_block, e->n_blocks);
    tile_view view = {bounds[tile],
                      bounds[tile + 1] - bounds[tile],
                      e->user_order + first_user,
                      e->item_order + first_item,
                      block_edge(e->n_users, user_block + 1, e->n_blocks) - first_user,
                      block_edge(e->n_items, item_block + 1, e->n_blocks) - first_item};
    return view;
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
            counts[e->slots[e->indices[p]].block]++;
    }
}

/* Write the interactions of user block b into its tiles, as places in the tile's two blocks; cursors
 * (n_blocks entries) start at the tiles' bounds and end at the next ones. */
static void scatter_user_block(const epoch_layout *e, int64_t b, int64_t *cursors,
                               const plan_columns *plan)
{
    int64_t first = block_edge(e->n_users, b, e->n_blocks);
    for (int64_t k = first; k < block_edge(e->n_users, b + 1, e->n_blocks); k++) {
        int64_t user = e->user_order[k];
        for (int64_t p = e->indptr[user]; p < e->indptr[user + 1]; p++) {
            item_slot slot = e->slots[e->indices[p]];
            int64_t to = cursors[slot.block]++;
            plan->users[to] = (int32_t)(k - first);
            plan->positives[to] = (int32_t)slot.place;
        }
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

#endif
