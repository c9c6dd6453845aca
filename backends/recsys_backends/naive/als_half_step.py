"""Half a step of alternating least squares: with one side fixed, the other is linear algebra."""

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
    """Row by row, solve (YᵀY + λI + Yᵀ(C − I)Y) x = YᵀC p, in float64."""
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
