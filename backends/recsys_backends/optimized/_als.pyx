"""Half a step of alternating least squares; see include/als.h and include/als_kernel.h."""

from libc.stdint cimport int32_t, int64_t

cdef extern from "als.h":
    ctypedef struct als_problem:
        const float *fixed
        const int64_t *indptr
        const int32_t *indices
        const float *confidence
        float *target
        int64_t n_rows, n_cols
        int d
        double regularization
    int als_half_step_rows(const als_problem *problem, int n_threads, int simd) nogil


def als_half_step(float[:, ::1] target, const float[:, ::1] fixed, const int64_t[::1] indptr,
                  const int32_t[::1] indices, const float[::1] confidence, double regularization,
                  int n_threads, int simd):
    """Write the minimisers over target, shape (n_rows, d)."""
    cdef als_problem problem
    cdef int status
    if target.shape[0] == 0 or target.shape[1] == 0:
        return
    if indices.shape[0] == 0:
        target[:, :] = 0.0
        return
    problem.fixed = &fixed[0, 0]
    problem.indptr = &indptr[0]
    problem.indices = &indices[0]
    problem.confidence = &confidence[0]
    problem.target = &target[0, 0]
    problem.n_rows = target.shape[0]
    problem.n_cols = fixed.shape[0]
    problem.d = <int>target.shape[1]
    problem.regularization = regularization
    with nogil:
        status = als_half_step_rows(&problem, n_threads, simd)
    if status == -1:
        raise MemoryError("out of memory while solving for factors")
    if status != 0:
        raise ArithmeticError("a row's equations are singular in float64: raise regularization")
