"""Values of interactions: which count, and what is said about those below zero."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys_edu.errors import DataError, InvalidParameterError


def least_that_counts(
    values: NDArray[Any] | None,
    min_value: float | None,
    where: Callable[[int], str] | None = None,
) -> float | None:
    """Return the smallest value that makes an interaction; None if there are no values.

    Values are strengths. Unless ``min_value`` says otherwise, 0 is no interaction, and negative
    values, which may mean "no rating" or "disliked", are refused.

    Args:
        values: real numbers, shape (n,), optional.
        min_value: what the caller asks for.
        where: says where the value of a given number stands.

    Raises:
        InvalidParameterError: ``min_value`` is no number, or there are no values.
        DataError: negative values without ``min_value``.
    """
    if min_value is not None:
        if not _is_number(min_value):
            raise InvalidParameterError(f"min_value must be a number; got {min_value!r}.")
        if values is None:
            raise InvalidParameterError("min_value needs values; name the column that holds them.")
        return float(min_value)
    if values is None:
        return None
    if values.size and values.min() < 0:
        negative = np.flatnonzero(values < 0)
        first = int(negative[0])
        place = f"position {first}" if where is None else where(first)
        raise DataError(
            f"{place}: a value of {values[first]:g}, one of {len(negative):,} below 0; all "
            "interactions count as liked, so say from which value on they do: min_value=1, for "
            "instance, leaves out all below 1."
        )
    return float(np.finfo(np.float32).smallest_subnormal)


def _is_number(given: object) -> bool:
    real = isinstance(given, int | float | np.integer | np.floating)
    return real and not isinstance(given, bool) and given == given
