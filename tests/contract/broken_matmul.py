"""Kernels of ``matmul`` that are wrong in one way each, with the clause that must catch it."""

from __future__ import annotations

from tests.contract.broken_kernel import BrokenKernel

BROKEN_MATMUL = (
    BrokenKernel(
        "destroys_its_argument",
        "matmul",
        "backends",
        "columns = b.T.tolist()",
        "columns = b.T.tolist()\n    b[...] = 0",
        "large_products_are_fresh_and_exact",
    ),
    BrokenKernel(
        "drops_the_last_of_a_long_sum",
        "matmul",
        "backends",
        "total = 0.0",
        "total = -row[-1] * column[-1] if len(row) > 64 else 0.0",
        "large_products_are_fresh_and_exact",
    ),
    BrokenKernel(
        "transposed_product",
        "matmul",
        "backends",
        "out[i, j] = total",
        "out[i, j] = total * (i + 1) / (j + 1)",
        "product_is_the_sum_over_the_inner_index",
    ),
)
