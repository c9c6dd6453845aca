import numpy as np
from numpy.typing import NDArray

class Rows:
    def __init__(
        self,
        indptr: NDArray[np.int64],
        indices: NDArray[np.int32],
        n_items: int,
        k: int,
        shrinkage: float,
    ) -> None: ...
    def find(self, first: int, stop: int, n_threads: int) -> None: ...
    def fill_indptr(self, indptr: NDArray[np.int64]) -> None: ...
    def fill(self, indices: NDArray[np.int32], values: NDArray[np.float32]) -> None: ...
