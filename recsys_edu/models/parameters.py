"""Checks of constructors' arguments, by name."""

from __future__ import annotations

import numpy as np

from recsys_backends.whole_numbers import whole_number as checked_whole
from recsys_edu.errors import InvalidParameterError


def whole_number(name: str, value: object, low: int, high: int | None = None) -> int:
    """Return a whole number in [low, high]; InvalidParameterError otherwise."""
    return checked_whole(name, value, low, high, error=InvalidParameterError)


def number(name: str, value: object, low: float, high: float, *, open_low: bool = False) -> float:
    """Return a number in [low, high], or in (low, high] with ``open_low``."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise InvalidParameterError(f"{name} must be a number, not {value!r}.")
    if not (low < value if open_low else low <= value) or not value <= high:
        bracket = "(" if open_low else "["
        raise InvalidParameterError(f"{name} must lie in {bracket}{low:g}, {high:g}], not {value}.")
    return float(value)


def one_of(name: str, value: object, choices: tuple[str, ...]) -> str:
    """Return one of these words."""
    if not isinstance(value, str) or value not in choices:
        raise InvalidParameterError(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def regularizers(name: str, value: object) -> tuple[float, float, float]:
    """Return three numbers, of user, positive item and negative item, from one or three."""
    given = tuple(value) if isinstance(value, (tuple, list)) else (value, value, value)
    if len(given) != 3:
        raise InvalidParameterError(
            f"{name} must be one number, or three (user, positive, negative), not {value!r}."
        )
    first, second, third = (number(name, part, 0.0, 1e6) for part in given)
    return first, second, third
