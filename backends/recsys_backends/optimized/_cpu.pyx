"""Which instruction set the kernels run on; whichever it is, they give the same bytes."""

cdef extern from "portability.h":
    int best_simd_level()


def best_level() -> int:
    """The widest that this processor and this build have: 0 portable, 1 AVX2, 2 AVX-512."""
    return best_simd_level()
