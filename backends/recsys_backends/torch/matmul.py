"""The matrix product, by torch."""

import numpy as np
from numpy.typing import NDArray

from recsys_backends.torch.device import to_device


def matmul(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """The matrix product."""
    product: NDArray[np.float32] = (to_device(a) @ to_device(b)).cpu().numpy()
    return product
