import numpy as np
from numpy.typing import NDArray

def plan_epoch(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    n_items: int,
    seed: int,
    epoch: int,
    n_blocks: int,
    n_threads: int,
    simd: int,
    users: NDArray[np.int32],
    positives: NDArray[np.int32],
    negatives: NDArray[np.int32],
    bounds: NDArray[np.int64],
) -> None: ...
