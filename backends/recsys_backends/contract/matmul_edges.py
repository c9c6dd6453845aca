"""Clauses of ``matmul``: squares, infinities, and products of many rows."""

from __future__ import annotations

import numpy as np

from recsys_backends import ops
from recsys_backends.contract.clause import clause, require, require_close


@clause("matmul", level="engine")
def square_matrices_are_not_transposed(rng: np.random.Generator) -> None:
    """Where all shapes fit, a · b is still neither aᵀ · b, a · bᵀ nor b · a."""
    for n in (2, 3, 4, 8, 16, 17, 32, 64, 100, 128):
        a, b = (rng.integers(-3, 4, (n, n)).astype(np.float32) for _ in range(2))
        out = ops.matmul(a, b)
        for what, wrong in (("aᵀ · b", a.T @ b), ("a · bᵀ", a @ b.T), ("b · a", b @ a)):
            require(
                not np.array_equal(out, wrong) or np.array_equal(a @ b, wrong),
                f"the product of two matrices of {n} rows and columns is {what}, not a · b.",
            )
        require_close(out, a @ b, 0.0, f"({n}, {n}) · ({n}, {n})")


@clause("matmul", level="engine")
def a_matrix_may_meet_itself(rng: np.random.Generator) -> None:
    """Both arguments may be one and the same array: a · a, which is not a · aᵀ."""
    for n in (2, 5, 16, 33, 70):
        a = rng.integers(-3, 4, (n, n)).astype(np.float32)
        require_close(ops.matmul(a, a), a @ a, 0.0, f"a · a for {n} rows and columns")


@clause("matmul", level="engine")
def zeros_hide_no_infinity(rng: np.random.Generator) -> None:
    """0 · ∞ is not a number, and neither is a sum that contains one; other sums are as usual."""
    for n in (1, 5, 16, 40, 130):
        for poison in (np.inf, -np.inf, np.nan):
            a, b = np.zeros((n, n), np.float32), np.zeros((n, n), np.float32)
            a[:, 0] = rng.integers(1, 4, n)
            row, column = (int(place) for place in rng.integers(0, n, 2))
            b[row, column] = poison
            out = ops.matmul(a, b)
            zeros = a[:, row] == 0
            require(
                bool(np.isnan(out[zeros, column]).all()),
                f"0 · {poison} counts as 0 in a sum of {n}; are zeros skipped?",
            )
            if not zeros.any():
                wanted = np.full(n, poison)
                require(
                    np.array_equal(out[:, column], wanted, equal_nan=True),
                    f"{poison} times a positive number is {out[0, column]}.",
                )
            others = np.delete(out, column, axis=1)
            require_close(others, np.zeros((n, n - 1)), 0.0, f"columns beside one with {poison}")


@clause("matmul", level="engine")
def large_and_small_numbers_are_multiplied(rng: np.random.Generator) -> None:
    """Numbers from 1e-15 to 1e15, which half precision cannot hold, keep six digits."""
    for size in (1e-15, 1e-6, 1e5, 1e15):
        a = rng.uniform(1, 2, (9, 40)).astype(np.float32) * np.float32(size)
        b = rng.uniform(1, 2, (40, 13)).astype(np.float32)
        wanted = a.astype(np.float64) @ b.astype(np.float64)
        require_close(ops.matmul(a, b) / wanted, np.ones((9, 13)), 1e-5, f"products of {size:g}")


@clause("matmul", level="engine", long=True)
def more_rows_and_columns_than_16_bits(rng: np.random.Generator) -> None:
    """70,001 rows, 70,001 columns and 70,001 terms, each beyond the limit of a grid's side."""
    for m, k, n in ((70_001, 2, 3), (3, 2, 70_001), (3, 70_001, 2)):
        a = rng.integers(-3, 4, (m, k)).astype(np.float32)
        b = rng.integers(-3, 4, (k, n)).astype(np.float32)
        wanted = a.astype(np.float64) @ b.astype(np.float64)
        require_close(ops.matmul(a, b), wanted, 0.0, f"({m}, {k}) · ({k}, {n})")
