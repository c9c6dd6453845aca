"""What TwoTower alone is constructed with, checked; and PyTorch, where it is installed."""

from __future__ import annotations

from typing import Any, Final

from recsys_backends.threads import wait_politely
from recsys_edu.errors import InvalidParameterError, MissingDependencyError
from recsys_edu.models.parameters import number, one_of, whole_number

LOSSES: Final = ("bpr", "in-batch", "softmax")
SIMILARITIES: Final = ("dot", "cosine")
OPTIMIZERS: Final = ("adam", "sparse-adam", "adagrad")
SCHEDULES: Final = ("constant", "linear")
BIAS_INITS: Final = ("zeros", "popularity")


def of_both_sides(name: str, value: object, high: float) -> tuple[float, float]:
    """One number in [0, high] for users and items, or one for each."""
    given = value if isinstance(value, tuple | list) else (value, value)
    if len(given) != 2:
        raise InvalidParameterError(
            f"{name} must be one number, or two (users, items), not {value!r}"
        )
    users, items = (number(name, part, 0.0, high) for part in given)
    return users, items


def length_or_none(length: float | None) -> float | None:
    """The longest that a gradient may be."""
    if length is None:
        return None
    return number("max_grad_norm", length, 0.0, 1e30, open_low=True)


def widths(hidden: object) -> tuple[int, ...]:
    """Of a trunk's layers."""
    if not isinstance(hidden, tuple | list):
        raise InvalidParameterError(
            f"hidden must be a list of widths, such as (64,), not {hidden!r}"
        )
    return tuple(whole_number("hidden", width, 1, 2**16) for width in hidden)


def start_of_biases(name: object, use_biases: bool) -> str:
    """Where biases begin; those that a model does not have begin nowhere."""
    given = one_of("bias_init", name, BIAS_INITS)
    if given != "zeros" and not use_biases:
        raise InvalidParameterError(f"bias_init {given!r} needs use_biases=True")
    return given


def usable_device(name: str | None) -> str | None:
    """The name, if something can be put on the device; InvalidParameterError otherwise."""
    torch = import_torch()
    if name is not None:
        try:
            torch.empty(1, device=torch.device(name))
        except (RuntimeError, TypeError, AssertionError) as error:
            why = str(error).partition("\n")[0]
            raise InvalidParameterError(f"device {name!r} cannot be used here: {why}") from None
    return name


def import_torch() -> Any:
    """The module; MissingDependencyError where it is not installed."""
    wait_politely()
    try:
        import torch
    except ImportError as error:
        raise MissingDependencyError.for_extra("torch", "torch") from error
    return torch
