/* A heap of the best so far, the worst of them on top, where a better one takes its place. Scores and
 * item numbers are two arrays side by side; of equal scores the lower item number is the better. */
#ifndef RECSYS_HEAP_H
#define RECSYS_HEAP_H

#include <math.h>

#include "portability.h"

/* Does (score a, item i) rank behind (score b, item j)? */
ALWAYS_INLINE int ranks_behind(float a, int32_t i, float b, int32_t j)
{
    return a < b || (a == b && i > j);
}

/* Put (score, item) into the heap of n entries at place hole or below. */
static void sift_down(float *scores, int32_t *items, int64_t n, int64_t hole, float score,
                      int32_t item)
{
    for (;;) {
        int64_t child = 2 * hole + 1;
        if (child >= n)
            break;
        if (child + 1 < n &&
            ranks_behind(scores[child + 1], items[child + 1], scores[child], items[child]))
            child++;
        if (!ranks_behind(scores[child], items[child], score, item))
            break;
        scores[hole] = scores[child];
        items[hole] = items[child];
        hole = child;
    }
    scores[hole] = score;
    items[hole] = item;
}

/* n entries that anything displaces. */
static void empty_heap(float *scores, int32_t *items, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        items[i] = -1;
        scores[i] = -INFINITY;
    }
}

#endif
