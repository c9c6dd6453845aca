"""The matrix product as its definition reads: out[i, j] = Σ_k a[i, k] b[k, j]."""

import numpy as np
from numpy.typing import NDArray


def matmul(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """The matrix product, one multiplication at a time."""
    rows = a.tolist()
    columns = b.T.tolist()
    out = np.zeros((len(rows), len(columns)), dtype=np.float32)
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            total = 0.0
            for x, y in zip(row, column, strict=True):
                total += x * y
            out[i, j] = total
    return out
