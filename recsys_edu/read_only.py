"""Read-only arrays: made when an object is built, and made again when it is unpickled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def frozen(values: NDArray[Any], dtype: type[Any]) -> NDArray[Any]:
    """Return a read-only C-contiguous array of the given type; a copy, unless it is one already."""
    if values.dtype == dtype and values.flags.c_contiguous and not values.flags.writeable:
        return values
    own = np.array(values, dtype=dtype, order="C")
    own.flags.writeable = False
    return own


def restore(target: object, state: tuple[None, dict[str, Any]]) -> None:
    """Set the slots of an unpickled object, its arrays read-only: a pickle forgets the flag.

    Args:
        target: an object of a class with ``__slots__``.
        state: what ``object.__getstate__`` returns for it.
    """
    for name, value in state[1].items():
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
        object.__setattr__(target, name, value)
