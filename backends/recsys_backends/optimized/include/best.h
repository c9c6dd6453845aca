/* The best k of the scores that come by, ties by the lower item.
 *
 * Score and item are one 64-bit key, whose order as an integer is the order of the lists. Keys that
 * could still be among the best are collected; when the space is full, the k best are selected and the
 * rest forgotten. Unlike a heap, none of it branches on a comparison of scores, which a processor could
 * only guess. */
#ifndef RECSYS_BEST_H
#define RECSYS_BEST_H

#include <math.h>
#include <string.h>

#include "splitmix64.h"

#define KEYS_SORTED_SIMPLY 16

typedef struct {
    uint64_t *keys;  /* capacity of them */
    int64_t n;       /* how many are there */
    float worst;     /* what does not score above it is not among the best */
} best_so_far;

/* Larger for a higher score, then for a lower item. Adding 0 makes one of the two zeros. */
ALWAYS_INLINE uint64_t key_of(float score, int32_t item)
{
    uint32_t bits;
    score += 0.0f;
    memcpy(&bits, &score, sizeof bits);
    bits ^= (uint32_t)((int32_t)bits >> 31) | UINT32_C(0x80000000);
    return (uint64_t)bits << 32 | (uint32_t)~item;
}

ALWAYS_INLINE int32_t item_of(uint64_t key)
{
    return (int32_t)~(uint32_t)key;
}

ALWAYS_INLINE float score_of(uint64_t key)
{
    uint32_t bits = (uint32_t)(key >> 32);
    float score;
    bits ^= bits >> 31 ? UINT32_C(0x80000000) : UINT32_C(0xFFFFFFFF);
    memcpy(&score, &bits, sizeof score);
    return score;
}

/* Larger keys to the left of one of them, smaller ones to the right; returns its place. Which one is
 * taken is arbitrary, so that no order of the scores is a bad one. */
static int64_t split_keys(uint64_t *keys, int64_t n)
{
    uint64_t *chosen = keys + bounded((uint64_t)n, keys[0], (uint64_t)n), pivot = *chosen;
    int64_t n_larger = 0;
    *chosen = keys[n - 1];
    for (int64_t i = 0; i < n - 1; i++) {
        uint64_t key = keys[i];
        keys[i] = keys[n_larger];
        keys[n_larger] = key;
        n_larger += key > pivot;
    }
    keys[n - 1] = keys[n_larger];
    keys[n_larger] = pivot;
    return n_larger;
}

/* Bring the k largest to the front, in any order. */
static void select_keys(uint64_t *keys, int64_t n, int64_t k)
{
    int64_t first = 0;
    while (first < k && k < n) {
        int64_t place = first + split_keys(keys + first, n - first);
        if (place >= k)
            n = place;
        else
            first = place + 1;
    }
}

/* Largest first. */
static void sort_keys(uint64_t *keys, int64_t n)
{
    while (n > KEYS_SORTED_SIMPLY) {
        int64_t place = split_keys(keys, n), n_right = n - place - 1;
        if (place < n_right) { /* the smaller part calls itself, the larger one goes on here */
            sort_keys(keys, place);
            keys += place + 1;
            n = n_right;
        } else {
            sort_keys(keys + place + 1, n_right);
            n = place;
        }
    }
    for (int64_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        int64_t j = i;
        for (; j > 0 && keys[j - 1] < key; j--)
            keys[j] = keys[j - 1];
        keys[j] = key;
    }
}

ALWAYS_INLINE void start_best(best_so_far *b)
{
    b->n = 0;
    b->worst = -INFINITY;
}

/* Forget all but the k best, of more than k; returns the least of their keys. */
static uint64_t prune_best(best_so_far *b, int64_t k)
{
    select_keys(b->keys, b->n, k);
    b->n = k;
    uint64_t least = b->keys[0];
    for (int64_t i = 1; i < k; i++)
        least = b->keys[i] < least ? b->keys[i] : least;
    b->worst = score_of(least);
    return least;
}

/* Write the k best in order, and what is missing as (-1, -inf). */
static void list_best(best_so_far *b, int64_t k, int32_t *items, float *scores)
{
    if (b->n > k)
        prune_best(b, k);
    sort_keys(b->keys, b->n);
    for (int64_t i = 0; i < k; i++) {
        items[i] = i < b->n ? item_of(b->keys[i]) : -1;
        scores[i] = i < b->n ? score_of(b->keys[i]) : -INFINITY;
    }
}

#endif
