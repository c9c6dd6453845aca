"""Functions of the trusted side that judged code is handed: a stage on which it has to act.

    calls = []
    staged_call(remote, "twice", lambda: calls.append("called"))

The judged code gets a handle that it can only call. What it called, how often and in which order is
seen here, and what it is told is not known beforehand: an instrument that reports on a clock can be
checked by a clock that stands still until the code that it measures has run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from tito.judging.connection import HandedLimitError
from tito.judging.failures import Failure
from tito.judging.handed import ERRORS, checked_request
from tito.judging.remote import Remote, connection_of
from tito.wire.values import Handle

MAX_CALLS: Final = 10_000
MAX_BYTES: Final = 2**20
_SECONDS: Final = 10.0


class StagedFunctions:
    """Functions of this side that one call is handed.

    Args:
        functions: called with plain data by judged code; an error that one raises reaches it by its
            type alone.
    """

    def __init__(self, functions: Sequence[Callable[..., Any]]) -> None:
        self.seconds_used = 0.0
        self._functions = tuple(functions)
        self._n_calls = 0
        self._n_bytes = 0

    @property
    def seconds_left(self) -> float:
        """Seconds that the functions may still take."""
        return max(0.0, _SECONDS - self.seconds_used)

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Call a function as the judged code asks.

        Raises:
            NoReplyError: the request is malformed.
            HandedLimitError: it is one call too many.
        """
        number, args, kwargs = checked_request(request, len(self._functions))
        self._n_calls += 1
        if self._n_calls > MAX_CALLS:
            raise HandedLimitError(
                Failure.CALLED_OFTEN,
                f"called the functions that it was given more than {MAX_CALLS:,} times.",
            )
        start = time.monotonic()
        try:
            return {"value": self._functions[number](*args, **kwargs), "changed": []}
        except Exception as error:
            name = type(error).__name__
            return {"raised": name if name in ERRORS else "RuntimeError"}
        finally:
            self.seconds_used += time.monotonic() - start

    def count(self, n_bytes: int) -> None:
        """Count bytes that crossed; HandedLimitError where they are too many."""
        self._n_bytes += n_bytes
        if self._n_bytes > MAX_BYTES:
            raise HandedLimitError(
                Failure.SENT_MUCH, "asked the functions that it was given for too much."
            )


def staged_call(remote: Remote, name: str, *args: Any, probe: bool = False) -> Any:
    """Call a learner's function, or one of the probe, and hand it functions of this side.

    Args:
        remote: the learner's functions.
        name: of the function.
        args: plain data, and functions.
        probe: call a function of the lesson's probe.

    Raises:
        AttributeError: there is no such function.
        LearnerError: there is no answer.
    """
    if not probe:
        getattr(remote, name)
    functions = [argument for argument in args if callable(argument)]
    handles = iter([Handle(number) for number in range(len(functions))])
    given = tuple(next(handles) if callable(argument) else argument for argument in args)
    staged = StagedFunctions(functions)
    return connection_of(remote).call(name, given, {}, probe=probe, handed=staged)
