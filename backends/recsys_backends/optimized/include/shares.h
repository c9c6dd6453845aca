/* Picking by weight: which of n things does a draw mean, if each has its share of the draws? The
 * inverse of the cumulative weights, as recsys_backends/plan.py specifies it; a guide by the draw's
 * upper bits says where to begin to look, and the answer is nearly always there or one further. */
#ifndef RECSYS_SHARES_H
#define RECSYS_SHARES_H

#include "portability.h"

#define MOST_TO_COUNT 128

typedef struct {
    uint32_t *until; /* w_0 + … + w_k for each k; below 2^32 in all */
    uint32_t *guide; /* 2^log2 entries: the answer for the first draw with these upper bits */
    uint64_t total;
    int guide_log2;
} shares;

/* At most 4 n entries. */
ALWAYS_INLINE int guide_log2_for(int64_t n)
{
    int log2 = 1;
    while (log2 < 31 && ((int64_t)1 << log2) < 2 * n)
        log2++;
    return log2;
}

/* until holds the weights, and their sums afterwards. */
static void make_shares(shares *s, uint32_t *until, uint32_t *guide, int64_t n)
{
    uint64_t sum = 0;
    for (int64_t k = 0; k < n; k++)
        until[k] = (uint32_t)(sum += until[k]);
    shares made = {until, guide, sum, guide_log2_for(n)};
    *s = made;
    for (uint64_t bits = 0, k = 0; sum > 0 && bits < (uint64_t)1 << s->guide_log2; bits++) {
        while (until[k] <= (bits << (32 - s->guide_log2)) * sum >> 32)
            k++;
        guide[bits] = (uint32_t)k;
    }
}

/* half: 32 random bits; the total is not 0. */
ALWAYS_INLINE uint64_t place_of(const shares *s, uint64_t half)
{
    uint64_t wanted = half * s->total >> 32;
    uint64_t k = s->guide[half >> (32 - s->guide_log2)];
    k += s->until[k] <= wanted; /* without a branch that could be mispredicted */
    k += s->until[k] <= wanted;
    while (s->until[k] <= wanted)
        k++;
    return k;
}

ALWAYS_INLINE uint32_t weight_of(const shares *s, int64_t k)
{
    return s->until[k] - (k > 0 ? s->until[k - 1] : 0);
}

/* The same without a guide, for short lists of which there are many: counting what is passed has no
 * branch to be mispredicted, and a vector register counts 4, 8 or 16 at a time. */
ALWAYS_INLINE uint64_t place_among(const uint32_t *until, uint64_t n, uint64_t half)
{
    uint32_t wanted = (uint32_t)(half * until[n - 1] >> 32), passed = 0;
    uint64_t start = 0;
    while (n - start > MOST_TO_COUNT && until[start + MOST_TO_COUNT - 1] <= wanted)
        start += MOST_TO_COUNT;
    uint64_t stop = n - start < MOST_TO_COUNT ? n : start + MOST_TO_COUNT;
    for (uint64_t k = start; k < stop; k++)
        passed += until[k] <= wanted;
    return start + passed;
}

#endif
