"""Functions that judged code is handed, as a test of its own making needs them to be tried on.

Each runs in a process of its own. The judged code gets a handle that it can only call; the trusted
side passes plain data between the two processes and logs each call.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tito.judging.connection import Connection, HandedLimitError
from tito.judging.failures import Failure, LearnerError
from tito.wire.pipe import NoReplyError
from tito.wire.values import Handle, arrays_in

MIB: Final = 2**20
ERRORS: Final = frozenset(
    {
        "ArithmeticError", "AssertionError", "AttributeError", "FloatingPointError", "IndexError",
        "KeyError", "LookupError", "MemoryError", "NameError", "OverflowError",
        "RecursionError", "RuntimeError", "TypeError", "ValueError",
        "ZeroDivisionError",
    }
)  # fmt: skip
"""Errors of handed functions that the judged code sees as such; any other is a RuntimeError. So is
NotImplementedError, which would make the judged test look unwritten."""
_SECONDS_OF_ONE_CALL: Final = 5.0


@dataclass(frozen=True)
class HandedLimits:
    """Limits of one call of judged code on all functions that it is handed."""

    calls: int = 1000
    n_bytes: int = 64 * MIB
    """Bytes of all arguments and answers together."""
    seconds: float = 10.0
    """Wall time of the functions; it does not count as the judged code's own."""


@dataclass(frozen=True)
class HandedCall:
    """One call of a handed function, as the trusted side has logged it."""

    number: int
    """Number of the function."""
    n_bytes: int
    """Bytes of its arguments, as they were sent to it."""
    seconds: float
    outcome: str
    """ "answered", the name of a built-in error, or "no answer"."""


class HandedFunctions:
    """Functions that one call is handed.

    Args:
        functions: connection and function name of each.
        limits: of all of them together.

    Attributes:
        handles: arguments that stand for the functions, in their order.
        log: calls so far.
    """

    def __init__(
        self, functions: Sequence[tuple[Connection, str]], limits: HandedLimits | None = None
    ) -> None:
        self.handles = tuple(Handle(number) for number in range(len(functions)))
        self.log: list[HandedCall] = []
        self.seconds_used = 0.0
        self._functions = tuple(functions)
        self._limits = limits or HandedLimits()
        self._n_bytes = 0

    @property
    def seconds_left(self) -> float:
        """Seconds that the functions may still take."""
        return max(0.0, self._limits.seconds - self.seconds_used)

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Call a function as the judged code asks, and return what it may know of the answer.

        Raises:
            NoReplyError: the request is malformed.
            HandedLimitError: it is one call too many, or the time is used up.
        """
        number, args, kwargs = checked_request(request, len(self._functions))
        if len(self.log) >= self._limits.calls:
            raise HandedLimitError(
                Failure.CALLED_OFTEN,
                f"called the function that it was given more than {self._limits.calls:,} times.",
            )
        connection, name = self._functions[number]
        before = connection.n_bytes_sent
        start = time.monotonic()
        reply = self._reply_of(connection, name, args, kwargs)
        seconds = time.monotonic() - start
        self.seconds_used += seconds
        n_bytes = connection.n_bytes_sent - before
        self.log.append(HandedCall(number, n_bytes, seconds, reply.get("raised", "answered")))
        self.count(n_bytes)
        if self.seconds_left <= 0:
            raise HandedLimitError(
                Failure.WAITED_LONG,
                f"let the function that it was given work for more than "
                f"{self._limits.seconds:g} s.",
            )
        return reply

    def count(self, n_bytes: int) -> None:
        """Count bytes that crossed; HandedLimitError where they are too many."""
        self._n_bytes += n_bytes
        if self._n_bytes > self._limits.n_bytes:
            raise HandedLimitError(
                Failure.SENT_MUCH,
                f"exchanged more than {self._limits.n_bytes:,} bytes with the function that it "
                "was given.",
            )

    def _reply_of(
        self, connection: Connection, name: str, args: list[Any], kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        connection.allow_seconds(min(_SECONDS_OF_ONE_CALL, self.seconds_left))
        try:
            reply = connection.ask(name, tuple(args), kwargs)
        except LearnerError:  # it ended, hung, or its answer is no data
            connection.stop()
            return {"raised": "RuntimeError"}
        if "value" not in reply:
            return {"raised": _error_of(reply)}
        arrays = arrays_in([args, kwargs])
        try:
            changed = [[number, array] for number, array in reply["changed"]]
            fits = all(
                array.shape == arrays[number].shape and array.dtype == arrays[number].dtype
                for number, array in changed
            )
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            fits = False
        return {"value": reply["value"], "changed": changed} if fits else {"raised": "RuntimeError"}


def checked_request(
    request: dict[str, Any], n_functions: int
) -> tuple[int, list[Any], dict[str, Any]]:
    """Number, arguments and keyword arguments of a request; NoReplyError where it is malformed."""
    number, args, kwargs = request.get("call"), request.get("args"), request.get("kwargs")
    if (
        type(number) is int
        and 0 <= number < n_functions
        and isinstance(args, list)
        and isinstance(kwargs, dict)
        and all(isinstance(key, str) for key in kwargs)
    ):
        return number, args, kwargs
    raise NoReplyError(late=False, damage="it asks for a call that cannot be made")


def _error_of(reply: dict[str, Any]) -> str:
    name = reply.get("raised")
    return name if isinstance(name, str) and name in ERRORS else "RuntimeError"
