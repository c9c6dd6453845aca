/* "Has the user seen the item?", asked of the pairs of one tile. A candidate lies in the tile's item
 * block, so if the user has seen it, that interaction is in this very tile. One bit for each of the
 * tile's pairs knows; where those would be too many to stay in cache, a filter of a few bits for each
 * of its interactions never says "no" wrongly, and its "maybe" costs a binary search in the user's
 * row. */
#ifndef RECSYS_SEEN_PAIRS_H
#define RECSYS_SEEN_PAIRS_H

#include <stdlib.h>

#include "plan_layout.h"

#define MOST_BITS_OF_ALL_PAIRS ((int64_t)1 << 21) /* 256 KB */
#define FILTER_BITS_PER_POSITIVE 16

typedef struct {
    uint64_t *bits;
    int filter_log2; /* log2 of the filter's bits; 0 where there is a bit for each pair */
} seen_pairs;

ALWAYS_INLINE int filter_log2_for(int64_t n_positives)
{
    int log2 = 6;
    while (((int64_t)1 << log2) < n_positives * FILTER_BITS_PER_POSITIVE)
        log2++;
    return log2;
}

/* 0: a bit for each pair. */
ALWAYS_INLINE int filter_log2_of(const tile_view *v)
{
    if (v->n_members <= MOST_BITS_OF_ALL_PAIRS / (v->n_candidates + 1))
        return 0;
    return filter_log2_for(v->n);
}

/* Enough for any tile of so many interactions, in 64-bit words. */
ALWAYS_INLINE int64_t seen_words_for(int64_t largest_tile)
{
    int64_t filter = ((int64_t)1 << filter_log2_for(largest_tile)) / 64;
    int64_t pairs = MOST_BITS_OF_ALL_PAIRS / 64;
    return filter > pairs ? filter : pairs;
}

/* all_pairs says which of the two it is, and is a constant where it matters. */
ALWAYS_INLINE uint64_t seen_bit(const seen_pairs *s, const tile_view *v, uint64_t user, uint64_t item,
                                int all_pairs)
{
    if (all_pairs)
        return user * (uint64_t)v->n_candidates + item;
    uint64_t pair = user << 32 | item;
    return ((pair ^ (pair >> 29)) * UINT64_C(0xD6E8FEB86659FD93)) >> (64 - s->filter_log2);
}

ALWAYS_INLINE int maybe_seen(const seen_pairs *s, const tile_view *v, uint64_t user, uint64_t item,
                             int all_pairs)
{
    uint64_t bit = seen_bit(s, v, user, item, all_pairs);
    return (int)(s->bits[bit >> 6] >> (bit & 63) & 1);
}

ALWAYS_INLINE void mark_seen(seen_pairs *s, const tile_view *v, uint64_t user, uint64_t item,
                             int all_pairs)
{
    uint64_t bit = seen_bit(s, v, user, item, all_pairs);
    s->bits[bit >> 6] |= UINT64_C(1) << (bit & 63);
}

static void forget_pairs(seen_pairs *s, const tile_view *v)
{
    s->filter_log2 = filter_log2_of(v);
    int64_t n_bits = s->filter_log2 ? (int64_t)1 << s->filter_log2 : v->n_members * v->n_candidates;
    memset(s->bits, 0, (size_t)(n_bits + 63) / 64 * sizeof *s->bits);
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

/* user and item are places in the tile's blocks. */
ALWAYS_INLINE int was_seen(const seen_pairs *s, const epoch_layout *e, const tile_view *v,
                           uint64_t user, uint64_t item, int all_pairs)
{
    if (!maybe_seen(s, v, user, item, all_pairs))
        return 0;
    int64_t row = v->members[user];
    return all_pairs || row_contains(e->indices + e->indptr[row], e->indptr[row + 1] - e->indptr[row],
                                     v->candidates[item]);
}

#endif
