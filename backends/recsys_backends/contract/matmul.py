"""Clauses of ``matmul``."""

import numpy as np

from recsys_backends import ops
from recsys_backends.contract.clause import clause, require, require_close, require_identical
from recsys_backends.contract.rejections import require_rejected


@clause("matmul")
def product_is_the_sum_over_the_inner_index(rng: np.random.Generator) -> None:
    """out[i, j] = Σ_k a[i, k] b[k, j], also for shapes that fill no register."""
    for m, k, n in ((1, 1, 1), (2, 3, 4), (5, 7, 17), (9, 16, 33)):
        a = rng.normal(size=(m, k)).astype(np.float32)
        b = rng.normal(size=(k, n)).astype(np.float32)
        out = ops.matmul(a, b)
        require(out.dtype == np.float32, f"the product of float32 is {out.dtype}.")
        require_close(
            out, a.astype(np.float64) @ b.astype(np.float64), 1e-4, f"({m}, {k}) · ({k}, {n})"
        )


@clause("matmul")
def large_products_are_fresh_and_exact(rng: np.random.Generator) -> None:
    """Long sums keep their accuracy, arguments keep their bytes, and each answer its own memory."""
    for m, k, n in ((70, 300, 130), (3, 1000, 3)):
        a = rng.normal(size=(m, k)).astype(np.float32)
        b = rng.normal(size=(k, n)).astype(np.float32)
        expected, copies = a.astype(np.float64) @ b.astype(np.float64), (a.copy(), b.copy())
        out = ops.matmul(a, b)
        ops.matmul(a, -b)
        require_close(out, expected, 2e-4, f"({m}, {k}) · ({k}, {n}), after another product")
        require_identical(a, copies[0], "a after the product")
        require_identical(b, copies[1], "b after the product")


@clause("matmul")
def empty_products_are_zeros(rng: np.random.Generator) -> None:
    """No rows, no columns, or nothing to sum over."""
    for m, k, n in ((0, 3, 2), (2, 0, 3), (2, 3, 0), (0, 0, 0)):
        out = ops.matmul(np.ones((m, k), np.float32), np.ones((k, n), np.float32))
        require_close(out, np.zeros((m, n)), 0.0, f"({m}, {k}) · ({k}, {n})")


@clause("matmul")
def bad_arguments_of_matmul_are_rejected(rng: np.random.Generator) -> None:
    """Wrong dtype, shape or order, with the argument's name."""
    good = np.ones((4, 4), np.float32)
    require_rejected("a", ops.matmul, good.astype(np.float64), good)
    require_rejected("a", ops.matmul, good.tolist(), good)
    require_rejected("b", ops.matmul, good, good[:3])
    require_rejected("b", ops.matmul, good, np.asfortranarray(rng.random((4, 3), np.float32)))
    require_rejected("b", ops.matmul, good, good[0])
