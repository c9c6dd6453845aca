import numpy as np
from numpy.typing import NDArray

def als_half_step(
    target: NDArray[np.float32],
    fixed: NDArray[np.float32],
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    confidence: NDArray[np.float32],
    regularization: float,
    n_threads: int,
    simd: int,
) -> None: ...
