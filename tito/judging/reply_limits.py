"""Limits of one reply: what a clause makes of it costs far more than its bytes."""

from __future__ import annotations

import math
from typing import Any, Final

from tito.wire.values import arrays_in

MAX_REPLY: Final = 2**22
"""Bytes of one reply; a clause that quotes an array makes a hundred times as many of it."""
MAX_PARTS: Final = 2**18
"""Values in one reply, beside those in its arrays."""
MAX_NUMBERS: Final = 2**20
"""Elements of all arrays of one reply: each may become an object."""
MAX_ROWS: Final = 2**18
"""Rows of all arrays of one reply: each may become a list, however short it is."""


def excess_in(reply: Any) -> str:
    """Return a description of what is too much in a reply; empty if nothing is."""
    arrays = arrays_in(reply)
    amounts = (
        (sum(array.nbytes for array in arrays), MAX_REPLY, "bytes"),
        (sum(array.size for array in arrays), MAX_NUMBERS, "numbers in its arrays"),
        (sum(math.prod(array.shape[:-1]) for array in arrays), MAX_ROWS, "rows in its arrays"),
    )
    return next((f"it has more than {most:,} {what}" for n, most, what in amounts if n > most), "")
