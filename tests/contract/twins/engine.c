/* A backend in C with OpenMP, as an engineer would write one from the protocol alone: plain loops,
 * tiles of a round in parallel. Each macro breaks it in one way; without any it is right. */
#include <math.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* In the middle of what must not be shared: a race then shows on a machine with one core too. */
#ifdef SHARED_SCRATCH
#define LET_OTHERS_RUN sched_yield();
#else
#define LET_OTHERS_RUN
#endif

#ifdef ROW_INDEX_OF_16_BITS
#define ROW(x) ((uint16_t)(x))
#else
#define ROW(x) (x)
#endif

void matmul(const float *a, const float *b, float *out, int64_t m, int64_t k, int64_t n)
{
#pragma omp parallel for
    for (int64_t i = 0; i < m; i++) {
        memset(out + i * n, 0, (size_t)n * sizeof *out);
        for (int64_t t = 0; t < k; t++) {
#ifdef SKIPS_ZEROS
            if (a[i * k + t] == 0)
                continue;
#endif
            for (int64_t j = 0; j < n; j++)
                out[i * n + j] += a[i * k + t] * b[t * n + j];
        }
    }
}

typedef struct {
    float *users, *items, *biases;
    int64_t d;
    float rate, reg_user, reg_positive, reg_negative;
} model;

typedef struct {
    double loss;
    int64_t n_correct, n_updated;
} result;

static void step(const model *m, int64_t u, int64_t i, int64_t j, result *r)
{
    float *p = m->users + ROW(u) * m->d, *q = m->items + i * m->d, *s = m->items + j * m->d;
    double x = m->biases ? (double)m->biases[i] - m->biases[j] : 0.0;
    for (int64_t f = 0; f < m->d; f++)
        x += (double)p[f] * (q[f] - s[f]);
    double z = exp(-fabs(x));
    float g = (float)(x > 0 ? z / (1 + z) : 1 / (1 + z));
    for (int64_t f = 0; f < m->d; f++) {
        float pf = p[f], qf = q[f], sf = s[f];
        p[f] = pf + m->rate * (g * (qf - sf) - m->reg_user * pf);
        q[f] = qf + m->rate * (g * pf - m->reg_positive * qf);
        s[f] = sf + m->rate * (-g * pf - m->reg_negative * sf);
    }
    if (m->biases) {
        m->biases[i] += m->rate * (g - m->reg_positive * m->biases[i]);
        m->biases[j] += m->rate * (-g - m->reg_negative * m->biases[j]);
    }
    r->loss += log1p(z) + (x < 0 ? -x : 0);
    r->n_correct += x > 0;
    r->n_updated++;
}

#if defined(UNGUARDED_SUMS_OF_TILES) || defined(UNGUARDED_SUMS_OF_THREADS)
/* As a thread adds to what others add to: they may run between its reading and its writing. */
static void add_unguarded(volatile result *shared, int64_t n_updated)
{
    int64_t before = shared->n_updated;
    sched_yield();
    shared->n_updated = before + n_updated;
}
#endif

void bpr_update(float *users, float *items, float *biases, int64_t d, const int32_t *plan_users,
                const int32_t *positives, const int32_t *negatives, const int64_t *bounds,
                int64_t n_blocks, const float *rates, int n_threads, double *loss, int64_t *counts)
{
    model m = {users, items, biases, d, rates[0], rates[1], rates[2], rates[3]};
    result *results = calloc((size_t)(n_blocks * n_blocks), sizeof *results), total = {0, 0, 0};
#pragma omp parallel num_threads(n_threads)
    {
        result mine = {0, 0, 0};
        for (int64_t round = 0; round < n_blocks; round++) {
#ifdef NO_BARRIER
#pragma omp for schedule(static) nowait
#elif defined(NO_BARRIER_DYNAMIC)
#pragma omp for schedule(dynamic) nowait
#else
#pragma omp for schedule(dynamic)
#endif
            for (int64_t b = 0; b < n_blocks; b++) {
                result *r = results + round * n_blocks + b;
                for (int64_t t = bounds[round * n_blocks + b]; t < bounds[round * n_blocks + b + 1]; t++)
                    if (negatives[t] >= 0)
                        step(&m, plan_users[t], positives[t], negatives[t], r);
#ifdef UNGUARDED_SUMS_OF_TILES
                add_unguarded(&total, r->n_updated);
#endif
                mine.n_updated += r->n_updated;
            }
        }
#ifdef UNGUARDED_SUMS_OF_THREADS
        add_unguarded(&total, mine.n_updated);
#endif
    }
    for (int64_t tile = 0; tile < n_blocks * n_blocks; tile++) {
        total.loss += results[tile].loss;
        total.n_correct += results[tile].n_correct;
#if !defined(UNGUARDED_SUMS_OF_TILES) && !defined(UNGUARDED_SUMS_OF_THREADS)
        total.n_updated += results[tile].n_updated;
#endif
    }
    *loss = total.loss;
    counts[0] = total.n_correct;
    counts[1] = total.n_updated;
    free(results);
}

/* Solve A x = b in place by Cholesky; A is d × d, of which the lower half is used. */
static void solve(double *a, double *b, int64_t d)
{
    for (int64_t j = 0; j < d; j++) {
        for (int64_t i = j; i < d; i++) {
            double sum = a[i * d + j];
            for (int64_t t = 0; t < j; t++)
                sum -= a[i * d + t] * a[j * d + t];
            a[i * d + j] = i == j ? sqrt(sum) : sum / a[j * d + j];
        }
    }
    for (int64_t i = 0; i < d; i++) {
        for (int64_t t = 0; t < i; t++)
            b[i] -= a[i * d + t] * b[t];
        b[i] /= a[i * d + i];
    }
    for (int64_t i = d - 1; i >= 0; i--) {
        for (int64_t t = i + 1; t < d; t++)
            b[i] -= a[t * d + i] * b[t];
        b[i] /= a[i * d + i];
    }
}

void als_half_step(float *target, const float *fixed, const int64_t *indptr, const int32_t *indices,
                   const float *confidence, int64_t n_rows, int64_t n_cols, int64_t d,
                   double regularization, int n_threads)
{
    size_t size = (size_t)(d * d + d) * sizeof(double);
    double *gram = calloc((size_t)(d * d) + 1, sizeof *gram);
#ifdef SHARED_SCRATCH
    double *scratch = malloc(size + 1);
#endif
#pragma omp parallel num_threads(n_threads)
    {
#ifndef SHARED_SCRATCH
        double *scratch = malloc(size + 1);
#endif
        double *a = scratch, *b = scratch + d * d;
#if defined(GRAM_NOT_AWAITED)
#pragma omp for nowait
#else
#pragma omp for
#endif
        for (int64_t f = 0; f < d; f++)
            for (int64_t c = 0; c < n_cols; c++)
                for (int64_t g = 0; g <= f; g++)
                    gram[f * d + g] += (double)fixed[c * d + f] * fixed[c * d + g];
#pragma omp for schedule(dynamic, 8)
        for (int64_t row = 0; row < n_rows; row++) {
            memcpy(a, gram, (size_t)(d * d) * sizeof *a);
            for (int64_t f = 0; f < d; f++) {
                a[f * d + f] += regularization;
                b[f] = 0;
            }
            for (int64_t t = indptr[row]; t < indptr[row + 1]; t++) {
                const float *y = fixed + (int64_t)indices[t] * d;
                for (int64_t f = 0; f < d; f++) {
                    b[f] += (double)confidence[t] * y[f];
                    for (int64_t g = 0; g <= f; g++)
                        a[f * d + g] += (confidence[t] - 1.0) * y[f] * y[g];
                }
            }
            LET_OTHERS_RUN
            solve(a, b, d);
            for (int64_t f = 0; f < d; f++)
                target[row * d + f] = (float)b[f];
        }
#ifndef SHARED_SCRATCH
        free(scratch);
#endif
    }
#ifdef SHARED_SCRATCH
    free(scratch);
#endif
    free(gram);
}

static int before(float score, int32_t item, float other_score, int32_t other)
{
    return score > other_score || (score == other_score && item < other);
}

/* The k best of n scores, by insertion into a sorted list. */
void top_k(const float *users, const float *items, const float *biases, const int64_t *indptr,
           const int32_t *indices, int64_t n_users, int64_t n_items, int64_t d, int64_t k,
           int32_t *best_items, float *best_scores, int n_threads)
{
#ifdef SHARED_SCRATCH
    float *scores = malloc((size_t)n_items * sizeof *scores + 1);
#endif
#pragma omp parallel for schedule(dynamic, 8) num_threads(n_threads)
    for (int64_t u = 0; u < n_users; u++) {
#ifndef SHARED_SCRATCH
        float *scores = malloc((size_t)n_items * sizeof *scores + 1);
#endif
        int32_t *found = best_items + u * k;
        float *values = best_scores + u * k;
        int64_t n = 0;
        for (int64_t i = 0; i < n_items; i++) {
            float sum = 0;
            for (int64_t f = 0; f < d; f++)
                sum += users[u * d + f] * items[i * d + f];
            scores[i] = biases ? sum + biases[i] : sum;
        }
        LET_OTHERS_RUN
        for (int64_t t = indptr[u]; t < indptr[u + 1]; t++)
            scores[indices[t]] = -INFINITY;
        for (int32_t i = 0; i < n_items; i++) {
            if (!(scores[i] > -INFINITY) || (n == k && !before(scores[i], i, values[k - 1], found[k - 1])))
                continue;
            int64_t place = n < k ? n++ : k - 1;
            for (; place > 0 && before(scores[i], i, values[place - 1], found[place - 1]); place--) {
                values[place] = values[place - 1];
                found[place] = found[place - 1];
            }
            values[place] = scores[i];
            found[place] = i;
        }
        for (; n < k; n++) {
            found[n] = -1;
            values[n] = -INFINITY;
        }
#ifndef SHARED_SCRATCH
        free(scores);
#endif
    }
#ifdef SHARED_SCRATCH
    free(scores);
#endif
}

/* Common users of every pair of items, into n_items × n_items counts. */
void count_common(const int64_t *indptr, const int32_t *indices, int64_t n_users, int64_t n_items,
                  int64_t *counts, int n_threads)
{
#pragma omp parallel for num_threads(n_threads)
    for (int64_t u = 0; u < n_users; u++)
        for (int64_t s = indptr[u]; s < indptr[u + 1]; s++)
            for (int64_t t = indptr[u]; t < indptr[u + 1]; t++) {
                int64_t *count = counts + indices[s] * n_items + indices[t];
#ifdef UNGUARDED_COUNTS
                volatile int64_t before = *count;
                if (s == indptr[u] && t == s)
                    sched_yield();
                *count = before + 1;
#else
#pragma omp atomic
                (*count)++;
#endif
            }
}
