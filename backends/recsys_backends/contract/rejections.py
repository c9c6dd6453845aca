"""Requirement that the front door refuses a bad argument."""

from collections.abc import Callable
from typing import Any

from recsys_backends.contract.clause import require
from recsys_backends.errors import ContractViolation, InvalidArgumentError


def require_rejected(argument: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """The call raises InvalidArgumentError, and its message names the argument."""
    try:
        call(*args, **kwargs)
    except InvalidArgumentError as error:
        require(argument in str(error), f"the error does not name {argument}: {error}")
        return
    name = getattr(call, "__name__", "the op")
    raise ContractViolation(f"{name} accepts a bad {argument} instead of rejecting it.")
