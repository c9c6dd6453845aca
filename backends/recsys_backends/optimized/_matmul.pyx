"""The matrix product; see include/matmul.h."""

cdef extern from "matmul.h":
    void matrix_product(const float *a, const float *b, float *out,
                        long long m, long long k, long long n, int simd) nogil


def matmul(const float[:, ::1] a, const float[:, ::1] b, float[:, ::1] out, int simd):
    """Write a · b over out. All three C-contiguous, of shapes (m, k), (k, n) and (m, n)."""
    if out.shape[0] == 0 or out.shape[1] == 0:
        return
    if a.shape[1] == 0:
        out[:, :] = 0.0
        return
    with nogil:
        matrix_product(&a[0, 0], &b[0, 0], &out[0, 0], a.shape[0], a.shape[1], b.shape[1], simd)
