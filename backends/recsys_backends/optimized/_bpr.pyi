import numpy as np
from numpy.typing import NDArray

def bpr_update(
    user_factors: NDArray[np.float32],
    item_factors: NDArray[np.float32],
    item_biases: NDArray[np.float32] | None,
    users: NDArray[np.int32],
    positives: NDArray[np.int32],
    negatives: NDArray[np.int32],
    bounds: NDArray[np.int64],
    n_blocks: int,
    learning_rate: float,
    reg_user: float,
    reg_positive: float,
    reg_negative: float,
    n_threads: int,
    simd: int,
) -> tuple[float, int, int]: ...
