/* The solver of one row of ALS, once for each instruction set; als.h says what is solved and how. */

#include "dense_kernel.h"

ALWAYS_INLINE float LANES(dot)(const float *a, const float *b, int width)
{
    CACHE_LINE_ALIGNED float lane[N_LANES];
    piece sum[N_PIECES];
    for (int k = 0; k < N_PIECES; k++)
        sum[k] = broadcast(0.0f);
    for (int f = 0; f < width; f += N_LANES)
        for (int k = 0; k < N_PIECES; k++)
            sum[k] += load_piece(a + f + k * LANE_WIDTH) * load_piece(b + f + k * LANE_WIDTH);
    for (int k = 0; k < N_PIECES; k++)
        store_piece(lane + k * LANE_WIDTH, sum[k]);
    return add_lanes(lane);
}

/* to += factor * row */
ALWAYS_INLINE void LANES(add_row)(float *to, const float *row, float factor, int width)
{
    for (int f = 0; f < width; f += LANE_WIDTH)
        store_piece(to + f, load_piece(to + f) + factor * load_piece(row + f));
}

/* to = row + factor * to */
ALWAYS_INLINE void LANES(add_to_row)(float *to, const float *row, float factor, int width)
{
    for (int f = 0; f < width; f += LANE_WIDTH)
        store_piece(to + f, load_piece(row + f) + factor * load_piece(to + f));
}

/* The items start .. stop of a row, side by side, with zeros up to a whole block. */
ALWAYS_INLINE int64_t LANES(gather)(const als_row *row, int64_t start, int64_t stop, int width,
                                    als_scratch *w)
{
    int64_t n = stop - start, padded = (n + ITEMS_A_BLOCK - 1) / ITEMS_A_BLOCK * ITEMS_A_BLOCK;
    float *to = w->items, *confidence = w->confidence, *weight = w->weight;
    for (int64_t i = 0; i < n; i++) {
        const float *y = row->y + (size_t)row->items[start + i] * width;
        for (int f = 0; f < width; f += LANE_WIDTH)
            store_piece(to + i * width + f, load_piece(y + f));
        confidence[i] = row->confidence[start + i];
        weight[i] = confidence[i] - 1.0f;
    }
    memset(to + n * width, 0, (size_t)((padded - n) * width) * sizeof *to);
    for (int64_t i = n; i < padded; i++)
        confidence[i] = weight[i] = 0.0f;
    return padded;
}

/* dots[i] = weight[i] (y_i . p) for a block of items; sums over lanes as add_lanes has them. */
ALWAYS_INLINE void LANES(weighted_dots)(const float *y, const float *weight, const float *p,
                                        float *dots, int width)
{
    CACHE_LINE_ALIGNED float lane[ITEMS_A_BLOCK][N_LANES], four[4][ITEMS_A_BLOCK];
    for (int i = 0; i < ITEMS_A_BLOCK; i++) {
        piece sum[N_PIECES];
        for (int k = 0; k < N_PIECES; k++)
            sum[k] = broadcast(0.0f);
        for (int f = 0; f < width; f += N_LANES)
            for (int k = 0; k < N_PIECES; k++) {
                int at = f + k * LANE_WIDTH;
                sum[k] += load_piece(y + (size_t)i * width + at) * load_piece(p + at);
            }
        for (int k = 0; k < N_PIECES; k++)
            store_piece(lane[i] + k * LANE_WIDTH, sum[k]);
    }
    for (int i = 0; i < ITEMS_A_BLOCK; i++)
        for (int l = 0; l < 4; l++)
            four[l][i] = (lane[i][l] + lane[i][l + 8]) + (lane[i][l + 4] + lane[i][l + 12]);
    for (int i = 0; i < ITEMS_A_BLOCK; i++)
        dots[i] = weight[i] * ((four[0][i] + four[2][i]) + (four[1][i] + four[3][i]));
}

/* out += sum of factor[i] y_i over a block of items, for some pieces of the columns. */
ALWAYS_INLINE void LANES(add_block_columns)(const float *y, const float *factor, float *out,
                                            int width, int n_pieces)
{
    piece sum[SLAB];
    for (int k = 0; k < n_pieces; k++)
        sum[k] = broadcast(0.0f);
    for (int i = 0; i < ITEMS_A_BLOCK; i++)
        for (int k = 0; k < n_pieces; k++)
            sum[k] += factor[i] * load_piece(y + (size_t)i * width + k * LANE_WIDTH);
    for (int k = 0; k < n_pieces; k++)
        store_piece(out + k * LANE_WIDTH, load_piece(out + k * LANE_WIDTH) + sum[k]);
}

/* The same for all columns. A sum a block, then a sum of those: with a million items, one long sum
 * would lose what float32 has. */
ALWAYS_INLINE void LANES(add_block)(const float *y, const float *factor, float *out, int width)
{
    int f = 0;
    for (; f + SLAB * LANE_WIDTH <= width; f += SLAB * LANE_WIDTH)
        LANES(add_block_columns)(y + f, factor, out + f, width, SLAB);
    for (; f < width; f += LANE_WIDTH)
        LANES(add_block_columns)(y + f, factor, out + f, width, 1);
}

/* q = p + sum of (c - 1) (y . p) y, or where p is NULL, q = sum of c y. */
ALWAYS_INLINE void LANES(apply)(const als_row *row, const float *p, float *q, int width,
                                als_scratch *w)
{
    CACHE_LINE_ALIGNED float dots[ITEMS_A_BLOCK];
    int64_t n_gathered = w->n_gathered;
    if (p)
        memcpy(q, p, (size_t)width * sizeof *q);
    else
        memset(q, 0, (size_t)width * sizeof *q);
    for (int64_t start = 0; start < row->n; start += w->capacity) {
        if (!p || row->n > w->capacity) /* a row that fits stays gathered for all its steps */
            n_gathered = LANES(gather)(
                row, start, start + w->capacity < row->n ? start + w->capacity : row->n, width, w);
        for (int64_t i = 0; i < n_gathered; i += ITEMS_A_BLOCK) {
            const float *y = w->items + i * width, *factor = w->confidence + i;
            if (p) {
                LANES(weighted_dots)(y, w->weight + i, p, dots, width);
                factor = dots;
            }
            LANES(add_block)(y, factor, q, width);
        }
    }
    w->n_gathered = n_gathered;
}

/* |r U| over at least |U|: a whitened residual, or right side, in the equations as they were. */
ALWAYS_INLINE double LANES(true_length)(const als_system *s, const float *r, int width,
                                        float *out)
{
    memset(out, 0, (size_t)width * sizeof *out);
    for (int g = 0; g < s->d; g++) {
        int first = g / N_LANES * N_LANES;
        LANES(add_row)(out + first, s->upper_single + (size_t)g * width + first, r[g],
                       width - first);
    }
    return sqrt((double)LANES(dot)(out, out, width));
}

/* Conjugate gradients on the whitened equations, from zero. Returns 0 with the answer in w->z, or -1
 * where float32 is not enough. */
ALWAYS_INLINE int LANES(conjugate_gradients)(const als_system *s, const als_row *row,
                                             als_scratch *w, int width)
{
    LANES(apply)(row, NULL, w->r, width, w);
    float rr = LANES(dot)(w->r, w->r, width);
    if (!(rr >= SMALLEST_SQUARE && rr <= FLT_MAX))
        return -1;
    double bound = TOLERANCE * LANES(true_length)(s, w->r, width, w->q), largest = 1.0;
    double b_length = sqrt((double)rr), wanted = FIRST_LOOK * FIRST_LOOK * (double)rr;
    memcpy(w->p, w->r, (size_t)width * sizeof *w->p);
    memset(w->z, 0, (size_t)width * sizeof *w->z);
    for (int step = 1; step <= MAX_STEPS; step++) {
        LANES(apply)(row, w->p, w->q, width, w);
        float pq = LANES(dot)(w->p, w->q, width), pp = LANES(dot)(w->p, w->p, width);
        if (!(pq > 0.0f && pq <= FLT_MAX))
            return -1;
        if ((double)pq > largest * (double)pp)
            largest = (double)pq / (double)pp;
        float along = rr / pq, rr_before = rr;
        LANES(add_row)(w->z, w->p, along, width);
        LANES(add_row)(w->r, w->q, -along, width);
        rr = LANES(dot)(w->r, w->r, width);
        if ((double)rr <= wanted) {
            double left = LANES(true_length)(s, w->r, width, w->q);
            double z_length = sqrt((double)LANES(dot)(w->z, w->z, width));
            double lost = (step + 8) * (FLT_EPSILON / 2.0) *
                          (b_length + (1.0 + largest) * z_length);
            if (!(lost <= 0.5 * bound))
                return -1;
            if (left + lost <= bound)
                return 0;
            double ratio = 0.9 * (bound - lost) / left;
            wanted = (double)rr * ratio * ratio;
        }
        LANES(add_to_row)(w->p, w->r, rr / rr_before, width);
    }
    return -1;
}

/* x = V z, in double precision: V' has rows to walk along. */
ALWAYS_INLINE void LANES(from_whitened)(const als_system *s, const float *z, double *wide, float *x)
{
    memset(wide, 0, (size_t)s->width * sizeof *wide);
    for (int f = 0; f < s->d; f++)
        for (int g = 0; g < (f / 8 + 1) * 8; g++)
            wide[g] += (double)z[f] * s->inverse_transposed[(size_t)f * s->width + g];
    for (int f = 0; f < s->d; f++)
        x[f] = (float)wide[f];
}

/* The same row by Cholesky's factorisation in double precision, for the few rows that need it. */
static TARGET int LANES(solve_directly)(const als_system *s, const als_row *row, als_scratch *w,
                                        float *x)
{
    int d = s->d, width = s->width;
    double *a = w->matrix, *b = w->wide;
    memcpy(a, s->gram, (size_t)width * width * sizeof *a);
    memset(b, 0, (size_t)width * sizeof *b);
    for (int64_t i = 0; i < row->n; i++) {
        const float *y = s->fixed + (size_t)row->items[i] * d;
        double c = row->confidence[i];
        for (int f = 0; f < d; f++) {
            double weighted = (c - 1.0) * (double)y[f];
            for (int g = f; g < d; g++)
                a[(size_t)f * width + g] += weighted * (double)y[g];
            b[f] += c * (double)y[f];
        }
    }
    if (LANES(factorize)(a, d, width))
        return -1;
    LANES(solve_factorized)(a, b, d, width);
    for (int f = 0; f < d; f++)
        x[f] = (float)b[f];
    return 0;
}

static TARGET int LANES(solve_row)(const als_system *s, const als_row *row, als_scratch *w,
                                   float *x)
{
    int status;
    switch (s->width) { /* a width that the compiler knows saves a fifth */
    case 16: status = LANES(conjugate_gradients)(s, row, w, 16); break;
    case 32: status = LANES(conjugate_gradients)(s, row, w, 32); break;
    case 64: status = LANES(conjugate_gradients)(s, row, w, 64); break;
    case 128: status = LANES(conjugate_gradients)(s, row, w, 128); break;
    default: status = LANES(conjugate_gradients)(s, row, w, s->width);
    }
    if (status)
        return LANES(solve_directly)(s, row, w, x);
    LANES(from_whitened)(s, w->z, w->wide, x);
    return 0;
}

static TARGET int LANES(prepare)(double *gram, double *upper, double *inverse, int d, int width)
{
    memcpy(upper, gram, (size_t)width * width * sizeof *upper);
    if (LANES(factorize)(upper, d, width))
        return -1;
    LANES(invert_upper)(upper, inverse, d, width);
    return 0;
}

static TARGET void LANES(whiten)(const float *fixed, const double *inverse, float *out,
                                 int64_t start, int64_t stop, int d, int width)
{
    for (int64_t i = start; i < stop; i++)
        LANES(row_times_upper)(fixed + i * d, inverse, out + i * width, d, width);
}
