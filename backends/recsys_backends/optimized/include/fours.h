/* Four numbers in a register: float and double, and the exponential of scalar_math.h for four at once,
 * operation by operation the same. */
#ifndef RECSYS_FOURS_H
#define RECSYS_FOURS_H

#include "scalar_math.h"

#if HAS_VECTOR_TYPES

typedef float four __attribute__((vector_size(16)));
typedef float eight __attribute__((vector_size(32)));
typedef float sixteen __attribute__((vector_size(64)));
typedef int32_t four_ids __attribute__((vector_size(16)));
typedef double quad __attribute__((vector_size(32)));
typedef int64_t quad_mask __attribute__((vector_size(32)));
typedef uint64_t quad_bits __attribute__((vector_size(32)));

#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLED(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
#define SHUFFLED(a, b, i, j, k, l) __builtin_shuffle(a, b, (four_ids){i, j, k, l})
#endif

#define four_to_quad(x) __builtin_convertvector(x, quad)
#define quad_to_four(x) __builtin_convertvector(x, four)

#define DEFINE_HALVES(half, whole)                              \
    ALWAYS_INLINE half lower_##half(whole x)                    \
    {                                                           \
        half y;                                                 \
        memcpy(&y, &x, sizeof y);                               \
        return y;                                               \
    }                                                           \
    ALWAYS_INLINE half upper_##half(whole x)                    \
    {                                                           \
        half y;                                                 \
        memcpy(&y, (const char *)&x + sizeof y, sizeof y);      \
        return y;                                               \
    }
DEFINE_HALVES(four, eight)
DEFINE_HALVES(eight, sixteen)

/* The last two levels of the tree of lanes.h, + 2 and + 1, for four sums at once. */
ALWAYS_INLINE four add_quarters(const four *sum)
{
    four ab = SHUFFLED(sum[0], sum[1], 0, 1, 4, 5) + SHUFFLED(sum[0], sum[1], 2, 3, 6, 7);
    four cd = SHUFFLED(sum[2], sum[3], 0, 1, 4, 5) + SHUFFLED(sum[2], sum[3], 2, 3, 6, 7);
    return SHUFFLED(ab, cd, 0, 2, 4, 6) + SHUFFLED(ab, cd, 1, 3, 5, 7);
}

ALWAYS_INLINE quad chosen(quad_mask where, quad yes, quad no)
{
    return (quad)(((quad_mask)yes & where) | ((quad_mask)no & ~where));
}

/* -x, brought into [-500, 500]; NaN stays NaN. */
ALWAYS_INLINE quad negated_and_clamped(quad x)
{
    quad most = {500.0, 500.0, 500.0, 500.0};
    x = chosen(x < -most, -most, x);
    return -chosen(x > most, most, x);
}

/* exp_bounded */
ALWAYS_INLINE quad exp_of_four(quad x)
{
    quad shifted = x * (32 * 1.4426950408889634074) + TO_INTEGER;
    quad r = x - (shifted - TO_INTEGER) * (LN2 / 32);
    quad tail = r + (r * r) * (0.5 + r * (1.0 / 6 + r * (1.0 / 24)));
    quad_bits n = (quad_bits)shifted, place = n & 31;
    quad table = {TWO_TO_32NDS[place[0]], TWO_TO_32NDS[place[1]], TWO_TO_32NDS[place[2]],
                  TWO_TO_32NDS[place[3]]};
    quad scale = (quad)((quad_bits)table + (n >> 5 << 52));
    return scale + scale * tail;
}

ALWAYS_INLINE int any_id(four_ids x)
{
    int64_t halves[2];
    memcpy(halves, &x, sizeof x);
    return (halves[0] | halves[1]) != 0;
}

ALWAYS_INLINE four_ids load_ids(const int32_t *from)
{
    four_ids ids;
    memcpy(&ids, from, sizeof ids);
    return ids;
}

#endif
#endif
