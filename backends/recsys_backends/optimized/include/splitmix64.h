/* SplitMix64: the C twin of recsys_backends/random.py, which explains it. */
#ifndef RECSYS_SPLITMIX64_H
#define RECSYS_SPLITMIX64_H

#include "portability.h"

#define SPLITMIX_GOLDEN UINT64_C(0x9E3779B97F4A7C15)

ALWAYS_INLINE uint64_t mix64(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

ALWAYS_INLINE uint64_t draw(uint64_t key, uint64_t index)
{
    return mix64(key + (index + 1) * SPLITMIX_GOLDEN);
}

ALWAYS_INLINE uint64_t bounded(uint64_t key, uint64_t index, uint64_t bound)
{
    return ((draw(key, index) >> 32) * bound) >> 32;
}

#endif
