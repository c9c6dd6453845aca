"""One check of whole numbers, for the arguments of ops, models, metrics and files alike."""

from __future__ import annotations

import numpy as np

from recsys_backends.errors import InvalidArgumentError, RecsysError


def whole_number(
    name: str,
    value: object,
    low: int,
    high: int | None = None,
    *,
    error: type[RecsysError] = InvalidArgumentError,
) -> int:
    """Return ``value`` as an int in [low, high].

    NumPy's integers are welcome; bool is refused, as it is nearly always a slip.

    Args:
        name: name of the argument, for the message.
        value: the number.
        low: smallest number allowed.
        high: largest number allowed; None for no limit.
        error: class of the error to raise.

    Raises:
        RecsysError: of class ``error``: not a whole number, or outside the limits.
    """
    if is_whole(value):
        number = int(value)  # type: ignore[call-overload]
        if low <= number and (high is None or number <= high):
            return int(number)
        allowed = f"of at least {low}" if high is None else f"in [{low}, {high}]"
        raise error(f"{name} must be a whole number {allowed}, not {number}.")
    raise error(f"{name} must be a whole number, not {value!r}.")


def is_whole(value: object) -> bool:
    """Return True for Python's and NumPy's integers, False for bool and everything else."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
