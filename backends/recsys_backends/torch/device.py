"""Device of the tensors, and the way of arrays there and back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from recsys_backends.threads import limit_torch, usable

limit_torch()

ENVIRONMENT_VARIABLE: Final = "RECSYS_EDU_TORCH_DEVICE"


def device() -> torch.device:
    """The device that the environment names, else the first GPU, else the CPU."""
    wish = os.environ.get(ENVIRONMENT_VARIABLE)
    if wish:
        return torch.device(wish)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def to_device(array: NDArray[Any]) -> torch.Tensor:
    """The array on the device. On the CPU a writable array shares its memory with the tensor."""
    if not array.flags.writeable:
        array = array.copy()  # torch has no read-only tensors
    return torch.from_numpy(array).to(device())


def write_back(tensor: torch.Tensor, array: NDArray[np.float32]) -> None:
    """Bring a changed tensor home, unless it shares the array's memory already."""
    if tensor.device.type != "cpu":
        array[...] = tensor.cpu().numpy()


@contextmanager
def limited_to(n_threads: int) -> Iterator[None]:
    """Let torch's CPU kernels use this many threads inside the block.

    Raises:
        MemoryError: torch ran out of memory in the block, which it says by a RuntimeError.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(usable(n_threads))
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error):
            raise MemoryError(f"out of memory in torch on {device()}") from error
        raise
    finally:
        torch.set_num_threads(before)
