/* Dense linear algebra in double precision, once for each instruction set (als_kernel.h includes it).
 *
 * Matrices are row-major, d rows `width` apart. Every inner loop walks along a row and changes each
 * element by itself, so that the compiler may use registers of any width without changing a bit. */

/* to[from .. d] -= factor * row[from .. d] */
ALWAYS_INLINE void LANES(subtract_row)(double *to, const double *row, double factor, int from, int d)
{
    for (int j = from; j < d; j++)
        to[j] -= factor * row[j];
}

/* The upper triangle of a symmetric matrix becomes U with U'U = a; what is below is not looked at.
 * Returns -1 unless the matrix is positive definite. */
ALWAYS_INLINE int LANES(factorize)(double *a, int d, int width)
{
    for (int k = 0; k < d; k++) {
        double *pivot = a + (size_t)k * width;
        if (!(pivot[k] > 0.0 && pivot[k] <= DBL_MAX))
            return -1;
        double root = sqrt(pivot[k]);
        for (int j = k; j < d; j++)
            pivot[j] /= root;
        for (int i = k + 1; i < d; i++)
            LANES(subtract_row)(a + (size_t)i * width, pivot, pivot[i], i, d);
    }
    return 0;
}

/* v = U^-1, upper triangular as well; v starts as zeros. */
ALWAYS_INLINE void LANES(invert_upper)(const double *u, double *v, int d, int width)
{
    for (int g = d - 1; g >= 0; g--) {
        double *row = v + (size_t)g * width, pivot = u[(size_t)g * width + g];
        row[g] = 1.0;
        for (int k = g + 1; k < d; k++)
            LANES(subtract_row)(row, v + (size_t)k * width, u[(size_t)g * width + k], k, d);
        for (int j = g; j < d; j++)
            row[j] /= pivot;
    }
}

/* Solve U'U x = b in place of b. */
ALWAYS_INLINE void LANES(solve_factorized)(const double *u, double *b, int d, int width)
{
    for (int k = 0; k < d; k++) {
        b[k] /= u[(size_t)k * width + k];
        LANES(subtract_row)(b, u + (size_t)k * width, b[k], k + 1, d);
    }
    for (int k = d - 1; k >= 0; k--) {
        const double *row = u + (size_t)k * width;
        for (int j = k + 1; j < d; j++)
            b[k] -= row[j] * b[j];
        b[k] /= row[k];
    }
}

/* A register of doubles, and floats that become one. */
#if LANE_WIDTH == 1
#define WIDE_WIDTH 1
typedef double LANES(wide);
#define load_wide(from) (*(from))
#define store_wide(to, value) (*(to) = (value))
#define widen(from) ((double)*(from))
#else
#define WIDE_WIDTH (LANE_WIDTH / 2)
typedef double LANES(wide) __attribute__((vector_size(LANE_WIDTH * 4)));
typedef double LANES(wide_in_memory)
    __attribute__((vector_size(LANE_WIDTH * 4), aligned(8), may_alias));
typedef float LANES(half_in_memory)
    __attribute__((vector_size(LANE_WIDTH * 2), aligned(4), may_alias));
#define load_wide(from) ((LANES(wide))(*(const LANES(wide_in_memory) *)(from)))
#define store_wide(to, value) \
    (*(LANES(wide_in_memory) *)(to) = (LANES(wide_in_memory))(value))
#define widen(from) __builtin_convertvector(*(const LANES(half_in_memory) *)(from), LANES(wide))
#endif
#define TILE_COLUMNS (2 * WIDE_WIDTH)

/* Rows first .. first + GRAM_ROWS of Y'Y for the columns from there on, Y of shape (n, width). Items
 * go by in pieces that stay in cache while the tiles of the rows pass over them. */
static TARGET void LANES(gram_rows)(const float *y, int64_t n, int width, int first, double *gram)
{
    for (int64_t start = 0; start < n; start += GRAM_ITEMS) {
        int64_t stop = start + GRAM_ITEMS < n ? start + GRAM_ITEMS : n;
        for (int column = first / TILE_COLUMNS * TILE_COLUMNS; column < width;
             column += TILE_COLUMNS) {
            double *out = gram + (size_t)first * width + column;
            LANES(wide) sum[GRAM_ROWS][2];
            for (int r = 0; r < GRAM_ROWS; r++)
                for (int c = 0; c < 2; c++)
                    sum[r][c] = load_wide(out + r * width + c * WIDE_WIDTH);
            for (int64_t i = start; i < stop; i++) {
                const float *row = y + i * width;
                LANES(wide) left = widen(row + column), right = widen(row + column + WIDE_WIDTH);
                for (int r = 0; r < GRAM_ROWS; r++) {
                    double factor = (double)row[first + r];
                    sum[r][0] += factor * left;
                    sum[r][1] += factor * right;
                }
            }
            for (int r = 0; r < GRAM_ROWS; r++)
                for (int c = 0; c < 2; c++)
                    store_wide(out + r * width + c * WIDE_WIDTH, sum[r][c]);
        }
    }
}

#undef WIDE_WIDTH
#undef load_wide
#undef store_wide
#undef widen
#undef TILE_COLUMNS

/* out[c] = sum over g of row[g] v[g][c], for the upper triangular v: a row times a matrix. */
ALWAYS_INLINE void LANES(row_times_upper)(const float *row, const double *v, float *out, int d,
                                          int width)
{
    for (int column = 0; column < width; column += N_LANES) {
        double sum[N_LANES] = {0.0};
        int last = column + N_LANES < d ? column + N_LANES : d;
        for (int g = 0; g < last; g++)
            for (int c = 0; c < N_LANES; c++)
                sum[c] += (double)row[g] * v[(size_t)g * width + column + c];
        for (int c = 0; c < N_LANES; c++)
            out[column + c] = (float)sum[c];
    }
}
