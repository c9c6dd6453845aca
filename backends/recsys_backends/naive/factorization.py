"""Factorization: the answers of lesson 04.

Written by `tito dev build` from modules/04_factorization/04_factorization.py; change it there.
"""

import numpy as np
from numpy.typing import NDArray


def als_half_step(
    target: NDArray[np.float32],
    fixed: NDArray[np.float32],
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    confidence: NDArray[np.float32],
    *,
    regularization: float,
    n_threads: int = 1,
) -> None:
    """Row by row, solve (YᵀY + λI + Yᵀ(C − I)Y) x = YᵀC p, in float64.

    Args:
        target: float32, shape (n_rows, d): the x of all rows; overwritten.
        fixed: float32, shape (n_cols, d): Y, which stays as it is.
        indptr, indices: the observed pairs as CSR: which rows of ``fixed`` each row has.
        confidence: c of each observed pair, shape (nnz,).
        regularization: λ.
        n_threads: has no effect here.

    Approach: what is shared by all rows once, before the loop; then for each row what you did in
    ``solve_user_fast``. A row without interactions becomes zero.
    """
    factors = fixed.astype(np.float64)
    # What every row has in common: all pairs, as if none had been observed.
    shared = factors.T @ factors + regularization * np.eye(factors.shape[1])
    for row in range(len(target)):
        observed = slice(indptr[row], indptr[row + 1])
        y = factors[indices[observed]]
        c = confidence[observed].astype(np.float64)
        # An observed pair is in `shared` with weight 1 already; c − 1 is what is missing.
        matrix = shared + y.T @ ((c - 1.0)[:, None] * y)
        target[row] = np.linalg.solve(matrix, c @ y)
