import numpy as np
from numpy.typing import NDArray

def top_k(
    users: NDArray[np.float32],
    items: NDArray[np.float32],
    biases: NDArray[np.float32] | None,
    seen_indptr: NDArray[np.int64],
    seen_indices: NDArray[np.int32],
    best_items: NDArray[np.int32],
    best_scores: NDArray[np.float32],
    n_threads: int,
    simd: int,
) -> None: ...
