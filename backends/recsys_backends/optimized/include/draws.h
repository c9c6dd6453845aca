/* Draws in bulk. The 64-bit products of SplitMix64 are what planning spends its arithmetic on, and a
 * processor multiplies four or eight of them at a time where the loop lets it. */
#ifndef RECSYS_DRAWS_H
#define RECSYS_DRAWS_H

#include "shares.h"
#include "splitmix64.h"

#define DRAWS_AT_A_TIME 256

#define KERNEL_FILE "draws_kernel.h"
#include "each_simd_level.h"
#undef KERNEL_FILE

static void draw_many(uint32_t *out, int64_t n, uint64_t key, uint64_t first, uint64_t step,
                      uint64_t bound, uint64_t growth, int simd)
{
#if HAS_X86_DISPATCH
    if (simd == SIMD_AVX512) {
        draw_many_avx512(out, n, key, first, step, bound, growth);
        return;
    }
    if (simd == SIMD_AVX2) {
        draw_many_avx2(out, n, key, first, step, bound, growth);
        return;
    }
#endif
    (void)simd;
    draw_many_portable(out, n, key, first, step, bound, growth);
}

/* Which of d shares each draw means by its upper half: out[k] for the sums in rows[k]. */
static void places_among(uint32_t *out, const uint32_t *const *rows, uint64_t d, const uint64_t *draws,
                         int64_t n, int simd)
{
#if HAS_X86_DISPATCH
    if (simd == SIMD_AVX512) {
        places_among_avx512(out, rows, d, draws, n);
        return;
    }
    if (simd == SIMD_AVX2) {
        places_among_avx2(out, rows, d, draws, n);
        return;
    }
#endif
    (void)simd;
    places_among_portable(out, rows, d, draws, n);
}

#endif
