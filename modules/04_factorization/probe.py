"""Measure the memory of a learner's function, in the process where it runs."""

import tracemalloc
from types import ModuleType

import numpy as np
from numpy.typing import NDArray


def peak_bytes_of_fast_loss(
    learner: ModuleType, *args: NDArray[np.float32] | NDArray[np.int64] | NDArray[np.int32] | float
) -> int:
    """Return the most bytes that ``fast_loss`` held at once, beside its arguments."""
    tracemalloc.start()
    try:
        learner.fast_loss(*args)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
