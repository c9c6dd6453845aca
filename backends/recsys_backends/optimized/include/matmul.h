/* The matrix product of the dispatch lesson; BLAS does better, and is not ours to teach. */
#ifndef RECSYS_MATMUL_H
#define RECSYS_MATMUL_H

#include "portability.h"

#define KERNEL_FILE "matmul_kernel.h"
#include "each_simd_level.h"
#undef KERNEL_FILE

static void matrix_product(const float *a, const float *b, float *out, int64_t m, int64_t k,
                           int64_t n, int simd)
{
#if HAS_X86_DISPATCH
    if (simd == SIMD_AVX512) {
        matmul_avx512(a, b, out, m, k, n);
        return;
    }
    if (simd == SIMD_AVX2) {
        matmul_avx2(a, b, out, m, k, n);
        return;
    }
#endif
    (void)simd;
    matmul_portable(a, b, out, m, k, n);
}

#endif
