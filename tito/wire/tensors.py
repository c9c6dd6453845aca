"""Tensors of PyTorch as NumPy arrays, without importing PyTorch."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


def array_of_tensor(value: Any) -> np.ndarray[Any, Any] | None:
    """Return a tensor's values as an array of its own; None for anything but a plain tensor.

    Instances of a subclass are no plain tensors: its code decides what their methods return.
    A tensor without values that NumPy can hold (meta, sparse, bfloat16) has no array either.
    """
    torch = sys.modules.get("torch")
    kinds = (getattr(torch, "Tensor", None), getattr(getattr(torch, "nn", None), "Parameter", None))
    if torch is None or type(value) not in kinds:
        return None
    try:
        plain = value.detach().cpu().resolve_conj().resolve_neg().contiguous().numpy()
        return np.array(plain) if type(plain) is np.ndarray else None
    except Exception:  # a type or a device that NumPy does not know; torch raises several kinds
        return None
