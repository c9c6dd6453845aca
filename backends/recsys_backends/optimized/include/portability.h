/* What differs between compilers, in one place. Without GCC or Clang everything still compiles:
 * one lane at a time, one instruction set, no prefetch. */
#ifndef RECSYS_PORTABILITY_H
#define RECSYS_PORTABILITY_H

#include <stddef.h>
#include <stdint.h>

/* RECSYS_PLAIN_C: as if the compiler were neither, to try that on a machine that has one. */
#if (defined(__GNUC__) || defined(__clang__)) && !defined(RECSYS_PLAIN_C)
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define PREFETCH_FOR_WRITE(address) __builtin_prefetch((address), 1, 3)
#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define CACHE_LINE_ALIGNED __attribute__((aligned(64)))
#define HAS_VECTOR_TYPES 1
#else
#define ALWAYS_INLINE static __inline
#define PREFETCH_FOR_WRITE(address) ((void)(address))
#define LIKELY(condition) (condition)
#define CACHE_LINE_ALIGNED
#define HAS_VECTOR_TYPES 0
#endif

#if HAS_VECTOR_TYPES && (defined(__x86_64__) || defined(__i386__))
#define HAS_X86_DISPATCH 1
#else
#define HAS_X86_DISPATCH 0
#endif

/* The instruction sets that a kernel is compiled for; all of them give the same bytes. */
enum simd_level { SIMD_PORTABLE = 0, SIMD_AVX2 = 1, SIMD_AVX512 = 2 };

static inline int best_simd_level(void)
{
#if HAS_X86_DISPATCH
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
        return SIMD_AVX512;
    if (__builtin_cpu_supports("avx2"))
        return SIMD_AVX2;
#endif
    return SIMD_PORTABLE;
}

#endif
