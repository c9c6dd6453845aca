"""Answers of two functions to the same call, compared with a tolerance."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from tito.wire.values import arrays_in

RELATIVE: Final = 1e-5
_LEAST: Final = 1e-25
"""Numbers closer than this are alike. It is tiny, so that e⁻⁴⁰ and 0 are not."""
_LEAST_IN_ARRAY: Final = 1e-12
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Call:
    """One call of a function, by its name; ``probe.name`` is a function of the lesson's probe."""

    function: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    def copied(self) -> Call:
        """Return the call with arguments of its own."""
        return copy.deepcopy(self)


@dataclass(frozen=True)
class Answer:
    """Outcome of one call."""

    raised: str = ""
    """Kind of the exception; empty where the call returned."""
    value: Any = None
    changed: Mapping[int, Array] = field(default_factory=dict)
    """Arguments that the call wrote to, by their numbers as ``arrays_in`` counts."""


def answer_here(function: Callable[..., Any], call: Call) -> Answer:
    """Call a function in this process, on arguments of its own, and return its answer."""
    own = call.copied()
    arrays = arrays_in([list(own.args), dict(own.kwargs)])
    before = [array.tobytes() for array in arrays]
    try:
        value = function(*own.args, **own.kwargs)
    except Exception as error:
        return Answer(raised=type(error).__name__)
    changed = {n: array for n, array in enumerate(arrays) if array.tobytes() != before[n]}
    return Answer(value=value, changed=changed)


def answers_alike(call: Call, one: Answer, other: Answer, *, types: bool = False) -> bool:
    """Return True if two answers to a call agree.

    Args:
        call: the call, with its arguments as they were before.
        one, other: the answers.
        types: the types of numbers have to agree as well.
    """
    if one.raised or other.raised:
        return one.raised == other.raised
    if not _alike(one.value, other.value, types):
        return False
    given = arrays_in([list(call.args), dict(call.kwargs)])
    return all(
        _alike(one.changed.get(n, given[n]), other.changed.get(n, given[n]), types)
        for n in {*one.changed, *other.changed}
        if n < len(given)
    )


def _alike(one: Any, other: Any, types: bool) -> bool:
    if _is_number(one) and _is_number(other):
        return (not types or _type_of(one) == _type_of(other)) and _close_numbers(one, other)
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return (not types or one.dtype == other.dtype) and _close_arrays(one, other)
    if isinstance(one, (set, frozenset)) and isinstance(other, (set, frozenset)):
        return set(one) == set(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[k], other[k], types) for k in one)
    parts, others = _parts(one), _parts(other)
    if parts is None or others is None:
        return type(one) is type(other) and bool(one == other)
    return len(parts) == len(others) and all(
        _alike(a, b, types) for a, b in zip(parts, others, strict=True)
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (bool, int, float, np.number, np.bool_))


def _type_of(value: Any) -> str:
    return value.dtype.str if isinstance(value, np.generic) else type(value).__name__


def _close_numbers(one: Any, other: Any) -> bool:
    if one == other or (one != one and other != other):
        return True
    try:
        difference = abs(float(one) - float(other))
        return difference <= max(_LEAST, RELATIVE * min(abs(float(one)), abs(float(other))))
    except (OverflowError, TypeError):
        return False


def _close_arrays(one: Array, other: Array) -> bool:
    if one.shape != other.shape:
        return False
    if one.dtype.kind not in "biuf" or other.dtype.kind not in "biuf":
        return one.dtype.kind == other.dtype.kind and bool(np.array_equal(one, other))
    first, second = one.astype(np.float64), other.astype(np.float64)
    finite = np.abs(second[np.isfinite(second)])
    scale = float(finite.max()) if finite.size else 0.0
    least = max(_LEAST_IN_ARRAY, RELATIVE * scale)
    return bool(np.allclose(first, second, rtol=RELATIVE, atol=least, equal_nan=True))


def _parts(value: Any) -> Sequence[Any] | None:
    """Return the parts of a list, a tuple or a record; None for anything else."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, each.name) for each in dataclasses.fields(value)]
    return list(value) if isinstance(value, (list, tuple)) else None
