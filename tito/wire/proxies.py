"""Functions that a call was handed: they run elsewhere, and only data cross the border.

A ``HandedFunction`` asks the trusted side, by a frame ``{"call": number, "args": …, "kwargs": …}``
in the place of an answer. The reply is ``{"value": …, "changed": [[number, array], …]}`` or
``{"raised": …}``, the name of a built-in error. What the function is called, and what its error
said, stay on the other side.
"""

from __future__ import annotations

import builtins
import functools
from threading import RLock
from typing import Any, BinaryIO, Final, NoReturn

import numpy as np

from tito.wire.frames import read_frame, write_frame
from tito.wire.values import FrameError, arrays_in


class Caller:
    """End of the pipe in the process with the judged code, shared by answers and requests."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._lock = RLock()
        self._number_of_call = 0

    def next_call(self) -> dict[str, Any]:
        """Wait for the next call; EOFError where the trusted side has closed."""
        call: dict[str, Any] = read_frame(self._incoming, make_handle=self._handed)
        return call

    def reply(self, answer: dict[str, Any]) -> None:
        """Send the answer of a call, after which no function that it was handed can be called."""
        with self._lock:
            write_frame(self._outgoing, answer)
            self._number_of_call += 1

    def ask(self, number: int, call: int, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Have the trusted side call a function that was handed."""
        with self._lock:
            if call != self._number_of_call:
                raise RuntimeError(
                    "a handed function can be called only until your answer is given"
                )
            try:
                write_frame(self._outgoing, {"call": number, "args": args, "kwargs": kwargs})
            except FrameError as error:
                raise TypeError(f"a handed function takes plain data only: {error}") from None
            reply = read_frame(self._incoming)
        if "raised" in reply:
            raise _error(reply["raised"])
        arrays = arrays_in([args, kwargs])
        for place, array in reply["changed"]:
            np.copyto(arrays[place], array)
        return reply["value"]

    def _handed(self, number: int) -> HandedFunction:
        return HandedFunction(self, number, self._number_of_call)


class HandedFunction:
    """Function that can be called, and of which nothing else is here."""

    __slots__ = ("_call",)
    __name__: Final = "handed"

    def __init__(self, caller: Caller, number: int, call: int) -> None:
        self._call = functools.partial(caller.ask, number, call)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function where it is."""
        return self._call(list(args), kwargs)

    def __repr__(self) -> str:
        return "<handed function>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a handed function cannot be copied or pickled: it is not here")


def _error(name: str) -> Exception:
    kind: type[Exception] = getattr(builtins, name)
    return kind("the function that was handed raised it")
