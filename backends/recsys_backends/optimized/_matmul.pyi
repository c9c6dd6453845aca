import numpy as np
from numpy.typing import NDArray

def matmul(
    a: NDArray[np.float32], b: NDArray[np.float32], out: NDArray[np.float32], simd: int
) -> None: ...
