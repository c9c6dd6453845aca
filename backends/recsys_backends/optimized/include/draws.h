/* Draws in bulk. The 64-bit products of SplitMix64 are what planning spends its arithmetic on, and a
 * processor multiplies four or eight of them at a time where the loop lets it. */
#ifndef RECSYS_DRAWS_H
#define RECSYS_DRAWS_H

#include "splitmix64.h"

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

#endif
