"""Check what models are constructed with, at once and by name."""

from __future__ import annotations

import numpy as np

from recsys_edu.errors import InvalidParameterError


def whole_number(name: str, value: object, low: int, high: int) -> int:
    """A whole number in [low, high]."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise InvalidParameterError(f"{name} must be a whole number, not {value!r}")
    if not low <= value <= high:
        raise InvalidParameterError(f"{name} must lie in [{low}, {high}], not be {value}")
    return int(value)


def number(name: str, value: object, low: float, high: float, *, open_low: bool = False) -> float:
    """A number in [low, high], or (low, high] where ``open_low``."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise InvalidParameterError(f"{name} must be a number, not {value!r}")
    if not (low < value if open_low else low <= value) or not value <= high:
        bracket = "(" if open_low else "["
        raise InvalidParameterError(f"{name} must lie in {bracket}{low:g}, {high:g}], not {value}")
    return float(value)


def one_of(name: str, value: object, choices: tuple[str, ...]) -> str:
    """One of these words."""
    if not isinstance(value, str) or value not in choices:
        raise InvalidParameterError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
    return value


def regularizers(value: object) -> tuple[float, float, float]:
    """One number for all, or three: of the user, the positive item and the negative item."""
    given = tuple(value) if isinstance(value, (tuple, list)) else (value, value, value)
    if len(given) != 3:
        raise InvalidParameterError(
            f"reg must be one number, or three (user, positive, negative), not {value!r}"
        )
    first, second, third = (number("reg", part, 0.0, 1e6) for part in given)
    return first, second, third
