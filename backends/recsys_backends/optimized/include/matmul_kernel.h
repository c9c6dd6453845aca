/* out[m, n] = a[m, k] . b[k, n], once for each instruction set: four rows by 16 columns at a time
 * stay in registers while k runs. Every element is one sum in ascending k, so every build and every
 * number of lanes gives the same bytes. */

ALWAYS_INLINE void LANES(matmul_block)(const float *a, const float *b, float *out, int64_t k,
                                       int64_t n, int rows)
{
    piece sum[4][N_PIECES];
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < N_PIECES; c++)
            sum[r][c] = broadcast(0.0f);
    for (int64_t f = 0; f < k; f++)
        for (int c = 0; c < N_PIECES; c++) {
            piece column = load_piece(b + f * n + c * LANE_WIDTH);
            for (int r = 0; r < rows; r++)
                sum[r][c] += a[r * k + f] * column;
        }
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < N_PIECES; c++)
            store_piece(out + r * n + c * LANE_WIDTH, sum[r][c]);
}

static TARGET void LANES(matmul)(const float *a, const float *b, float *out, int64_t m, int64_t k,
                                 int64_t n)
{
    int64_t whole_columns = n - n % N_LANES, whole_rows = m - m % 4;
    for (int64_t column = 0; column < whole_columns; column += N_LANES) {
        for (int64_t row = 0; row < whole_rows; row += 4)
            LANES(matmul_block)(a + row * k, b + column, out + row * n + column, k, n, 4);
        for (int64_t row = whole_rows; row < m; row++)
            LANES(matmul_block)(a + row * k, b + column, out + row * n + column, k, n, 1);
    }
    for (int64_t row = 0; row < m; row++)
        for (int64_t column = whole_columns; column < n; column++) {
            float sum = 0.0f;
            for (int64_t f = 0; f < k; f++)
                sum += a[row * k + f] * b[f * n + column];
            out[row * n + column] = sum;
        }
}
