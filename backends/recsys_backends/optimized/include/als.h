/* Half a step of alternating least squares: for each row, with Y = fixed and the row's items i,
 *
 *     A x = b,    A = Y'Y + lambda I + sum of (c_i - 1) y_i y_i',    b = sum of c_i y_i.
 *
 * All rows share A0 = Y'Y + lambda I = U'U. In the coordinates z = U x (items y U^-1, written y
 * below) a row's equations are
 *
 *     (I + sum of (c_i - 1) y_i y_i') z = sum of c_i y_i,
 *
 * a matrix that is close to the identity, because each row has few of all items: conjugate gradients
 * need a handful of steps, and a step costs two passes over the row's items and no d x d matrix. This
 * is A0 as a preconditioner for all rows, at the price of one change of coordinates an item.
 *
 * Gradients run in float32 and stop by the residual of the equations as they were, r U. Where rounding
 * could have spoilt that (an estimate says so), the row is solved by Cholesky's factorisation in
 * double. Rows start from zero, so that the answer does not depend on what was there before. */
#ifndef RECSYS_ALS_H
#define RECSYS_ALS_H

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "team.h"

#define GRAM_ROWS 4       /* rows of Y'Y that one tile keeps in registers */
#define GRAM_ITEMS 256    /* items that stay in cache meanwhile */
#define WHITEN_ITEMS 256  /* items a job */
#define ROWS_A_JOB 4
#define WORTH_THREADS 6e7 /* n_cols d^2: below, what rows share takes less than threads cost to meet */
#define ITEMS_A_BLOCK 16
#define SLAB 4 /* pieces of columns that stay in registers */
#define GATHERED_FLOATS (1 << 18) /* of a row's items side by side: they stay in the second cache */
#define TOLERANCE 5e-5    /* of |b|: half of what is promised; rounding x takes from the rest */
#define FIRST_LOOK 1e-3   /* at this whitened residual, the true one is first looked at */
#define MAX_STEPS 48      /* about here the direct way is no slower */
#define SMALLEST_SQUARE 1e-12f

typedef struct {
    const float *fixed; /* (n_cols, d) */
    const int64_t *indptr;
    const int32_t *indices;
    const float *confidence;
    float *target; /* (n_rows, d) */
    int64_t n_rows, n_cols;
    int d;
    double regularization;
} als_problem;

typedef struct { /* what all rows share; matrices and vectors are padded with zeros to width */
    const float *fixed;
    int d, width;               /* width: d rounded up to whole lanes */
    double *gram;               /* A0, its upper triangle */
    double *upper;              /* U */
    double *inverse;            /* U^-1 */
    double *inverse_transposed; /* the same by columns */
    float *upper_single;        /* U in float32, its entries at most 1: U over the root of |A0| */
    float *whitened;            /* (n_cols, width): Y U^-1 */
} als_system;

typedef struct { /* one row's equations */
    const float *y; /* the whitened items, all of them */
    const int32_t *items;
    const float *confidence;
    int64_t n;
} als_row;

typedef struct { /* one thread's */
    float *z, *r, *p, *q;
    double *wide, *matrix;
    float *items, *confidence, *weight; /* up to capacity items, side by side */
    int64_t capacity, n_gathered;
} als_scratch;

/* The solver, for each instruction set. */
#define KERNEL_FILE "als_kernel.h"
#include "each_simd_level.h"
#undef KERNEL_FILE

#if HAS_X86_DISPATCH
#define AT_LEVEL(simd, name, arguments)                                                            \
    ((simd) == SIMD_AVX512 ? name##_avx512 arguments                                               \
     : (simd) == SIMD_AVX2 ? name##_avx2 arguments                                                 \
                           : name##_portable arguments)
#else
#define AT_LEVEL(simd, name, arguments) ((void)(simd), name##_portable arguments)
#endif

typedef struct { /* what the threads share */
    const als_problem *problem;
    als_system *system;
    float *padded; /* (n_cols, width): Y, where the whitened items come to stand */
    als_scratch *scratch; /* one a thread */
    int simd;
    int32_t failed;
} als_pass;

static void add_up_gram(team *t, void *shared)
{
    const als_pass *pass = (const als_pass *)shared;
    const als_system *s = pass->system;
    int64_t first;
    while ((first = take_job(t, 0) * GRAM_ROWS) < s->width)
        AT_LEVEL(pass->simd, gram_rows,
                 (pass->padded, pass->problem->n_cols, s->width, (int)first, s->gram));
    end_phase(t, 0);
}

static void whiten_items(team *t, void *shared)
{
    const als_pass *pass = (const als_pass *)shared;
    const als_system *s = pass->system;
    int64_t start, n = pass->problem->n_cols;
    while ((start = take_job(t, 0) * WHITEN_ITEMS) < n)
        AT_LEVEL(pass->simd, whiten,
                 (s->fixed, s->inverse, s->whitened, start,
                  start + WHITEN_ITEMS < n ? start + WHITEN_ITEMS : n, s->d, s->width));
    end_phase(t, 0);
}

static int solve_one(const als_pass *pass, als_scratch *scratch, int64_t r)
{
    const als_problem *problem = pass->problem;
    int64_t start = problem->indptr[r];
    als_row row = {pass->system->whitened, problem->indices + start, problem->confidence + start,
                   problem->indptr[r + 1] - start};
    float *x = problem->target + r * problem->d;
    if (row.n == 0) {
        memset(x, 0, (size_t)problem->d * sizeof *x);
        return 0;
    }
    return AT_LEVEL(pass->simd, solve_row, (pass->system, &row, scratch, x));
}

static void solve_rows(team *t, void *shared)
{
    als_pass *pass = (als_pass *)shared;
    als_scratch *scratch = pass->scratch + take_job(t, 1);
    int64_t first, n_rows = pass->problem->n_rows;
    int failed = 0;
    while ((first = take_job(t, 0) * ROWS_A_JOB) < n_rows)
        for (int64_t r = first; r < n_rows && r < first + ROWS_A_JOB; r++)
            failed |= solve_one(pass, scratch, r) != 0;
    if (failed)
        mark_done(&pass->failed);
    end_phase(t, 0);
}

/* Y, row by row, with zeros up to the width. */
static void pad_rows(const float *fixed, float *padded, int64_t n, int d, int width)
{
    for (int64_t i = 0; i < n; i++) {
        memcpy(padded + i * width, fixed + i * d, (size_t)d * sizeof *fixed);
        memset(padded + i * width + d, 0, (size_t)(width - d) * sizeof *fixed);
    }
}

/* Everything that the rows share. Returns -2 where lambda is lost beside Y'Y. */
static int prepare_system(als_pass *pass, int n_threads)
{
    als_system *s = pass->system;
    const als_problem *problem = pass->problem;
    double squares = 0.0;
    if ((double)problem->n_cols * s->width * s->width < WORTH_THREADS)
        n_threads = 1;
    pad_rows(problem->fixed, pass->padded, problem->n_cols, s->d, s->width);
    run_team(n_threads, add_up_gram, pass);
    for (int f = 0; f < s->d; f++)
        s->gram[(size_t)f * s->width + f] += problem->regularization;
    for (int f = 0; f < s->d; f++)
        for (int g = f; g < s->d; g++) {
            double entry = s->gram[(size_t)f * s->width + g];
            squares += (f == g ? 1.0 : 2.0) * entry * entry;
        }
    double length = sqrt(sqrt(squares)); /* at least |U|, whose square is |A0| */
    if (AT_LEVEL(pass->simd, prepare, (s->gram, s->upper, s->inverse, s->d, s->width)))
        return -2;
    for (int f = 0; f < s->d; f++)
        for (int g = f; g < s->d; g++) {
            size_t at = (size_t)f * s->width + g;
            s->inverse_transposed[(size_t)g * s->width + f] = s->inverse[at];
            s->upper_single[at] = (float)(s->upper[at] / length);
        }
    run_team(n_threads, whiten_items, pass);
    return 0;
}

/* How many items are gathered at a time. */
static int64_t gathered_items(int width)
{
    int64_t n = GATHERED_FLOATS / width / ITEMS_A_BLOCK * ITEMS_A_BLOCK;
    return n ? n : ITEMS_A_BLOCK;
}

static size_t scratch_bytes(int width)
{
    size_t n_items = (size_t)gathered_items(width), w = (size_t)width;
    size_t bytes = (w * w + w) * sizeof(double) + (4 * w + n_items * (w + 2)) * sizeof(float);
    return (bytes + 63) / 64 * 64;
}

/* A thread's vectors and its matrix, in one piece of memory. */
static als_scratch scratch_in(char *memory, int width)
{
    als_scratch w;
    w.capacity = gathered_items(width);
    w.n_gathered = 0;
    w.items = (float *)memory;
    w.confidence = w.items + w.capacity * width;
    w.weight = w.confidence + w.capacity;
    w.z = w.weight + w.capacity;
    w.r = w.z + width;
    w.p = w.r + width;
    w.q = w.p + width;
    w.wide = (double *)(w.q + width);
    w.matrix = w.wide + width;
    return w;
}

#define MAX_ALS_THREADS 1024

/* Returns -1 when out of memory, before anything has changed; -2 where the equations of some row are
 * singular in double precision. */
static int als_half_step_rows(const als_problem *problem, int n_threads, int simd)
{
    int width = (problem->d + N_LANES - 1) / N_LANES * N_LANES, status = -1;
    size_t square = (size_t)width * width * sizeof(double);
    size_t each = scratch_bytes(width);
    size_t items = (size_t)problem->n_cols * width * sizeof(float);
    als_scratch scratch[MAX_ALS_THREADS];
    als_system system = {problem->fixed, problem->d, width, NULL, NULL, NULL, NULL, NULL, NULL};
    als_pass pass = {problem, &system, NULL, scratch, simd, 0};
    if (n_threads > (problem->n_rows + ROWS_A_JOB - 1) / ROWS_A_JOB)
        n_threads = (int)((problem->n_rows + ROWS_A_JOB - 1) / ROWS_A_JOB);
    char *shared = (char *)calloc(5, square), *rows = (char *)malloc(items + 64);
    char *own = (char *)malloc(each * (size_t)n_threads + 64);
    if (shared && rows && own) {
        char *aligned = own + (64 - (uintptr_t)own % 64) % 64;
        for (int i = 0; i < n_threads; i++)
            scratch[i] = scratch_in(aligned + each * (size_t)i, width);
        system.gram = (double *)shared;
        system.upper = system.gram + square / sizeof(double);
        system.inverse = system.upper + square / sizeof(double);
        system.inverse_transposed = system.inverse + square / sizeof(double);
        system.upper_single = (float *)(system.inverse_transposed + square / sizeof(double));
        system.whitened = pass.padded = (float *)(rows + (64 - (uintptr_t)rows % 64) % 64);
        status = prepare_system(&pass, n_threads);
        if (status == 0) {
            run_team(n_threads, solve_rows, &pass);
            status = pass.failed ? -2 : 0;
        }
    }
    free(own);
    free(rows);
    free(shared);
    return status;
}

#endif
