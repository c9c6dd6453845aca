import numpy as np
from numpy.typing import NDArray

def select(
    rows: NDArray[np.float32],
    seen_indptr: NDArray[np.int64],
    seen_indices: NDArray[np.int32],
    items: NDArray[np.int32],
    scores: NDArray[np.float32],
    n_threads: int,
) -> None: ...
