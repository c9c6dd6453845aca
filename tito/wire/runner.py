"""Process in which judged code runs: it reads calls from a pipe and answers with plain data.

Started as ``python -m tito.wire.runner`` with the pipe as its standard input and output. The
first frame says what to load; every further one is a call. Answers are one of

- ``{"value": …, "changed": [[number, array], …]}``: the value, and the argument arrays (numbered as
  ``arrays_in`` meets them) that the call wrote to;
- ``{"raised": …, "message": …, "place": …, "unwritten": …}``: the learner's code raised;
- ``{"refused": …}``: there is no such function, or its answer is no plain data.

Before its answer, a call that was handed functions may ask for calls of them: see ``proxies``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

from recsys_edu.exported import Exported, load_file, text_of
from tito.wire.masking import mask_answers
from tito.wire.pipe import claim_standard_pipes
from tito.wire.proxies import Caller
from tito.wire.values import FrameError, arrays_in


class Runner:
    """Answers to calls, by a learner's module and the lesson's probe."""

    def __init__(
        self, module: str, probe: str | None, allowed: Sequence[str], masked: Sequence[str]
    ) -> None:
        self._exported = Exported(Path(module))
        mask_answers(allowed, masked)
        self._probe = load_file(Path(probe), "probe") if probe else None
        self._learner: ModuleType | None = None
        try:
            self._learner = self._exported.module()
            self.failure: dict[str, Any] | None = None
        except BaseException as error:
            self.failure = self.raised(error)

    def hello(self) -> dict[str, Any]:
        """Return the names of the functions, or the error that loading them raised."""
        if self._learner is None:
            return self.failure or {}
        names = [name for name, value in vars(self._learner).items() if callable(value)]
        return {
            "functions": [name for name in names if not name.startswith("_")],
            "written": [name for name in names if name in self._exported.written],
        }

    def answer(self, call: dict[str, Any]) -> dict[str, Any]:
        """Make a call and pack up what came of it."""
        args, kwargs = call["args"], call["kwargs"]
        arrays = arrays_in([args, kwargs])
        before = [array.tobytes() for array in arrays]
        deep_enough = sys.getrecursionlimit()
        try:
            value = self._function(call)(*args, **kwargs)
        except FrameError as error:
            return {"refused": str(error)}
        except BaseException as error:
            return self.raised(error)
        finally:  # the next call, and packing the answer, need at least what this one had
            sys.setrecursionlimit(max(deep_enough, sys.getrecursionlimit()))
        changed = [[n, array] for n, array in enumerate(arrays) if array.tobytes() != before[n]]
        return {"value": value, "changed": changed}

    def function_named(self, name: str) -> Callable[..., Any]:
        """Return a function of the learner's; FrameError where there is none."""
        return _callable_of(self._learner, name)

    def _function(self, call: dict[str, Any]) -> Callable[..., Any]:
        if not call["probe"]:
            return self.function_named(call["name"])
        found = _callable_of(self._probe, call["name"])
        return lambda *args, **kwargs: found(self._learner, *args, **kwargs)

    def raised(self, error: BaseException) -> dict[str, Any]:
        """Pack up an error of the learner's code."""
        place = self._exported.place_of(error)
        return {
            "raised": type(error).__name__,
            "message": text_of(error)[:1000],
            "place": str(place) if place else "",
            "unwritten": isinstance(error, NotImplementedError),
        }


def _callable_of(module: ModuleType | None, name: str) -> Callable[..., Any]:
    found = getattr(module, name, None)
    if not callable(found):
        raise FrameError(f"there is no function {name}")
    return found  # type: ignore[no-any-return]


def serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Answer calls until the other end closes."""
    caller = Caller(incoming, outgoing)
    runner = Runner(**caller.next_call())
    caller.reply(runner.hello())
    while True:
        try:
            call = caller.next_call()
        except EOFError:
            return
        answer = runner.answer(call)
        try:
            caller.reply(answer)
        except OSError:  # nobody reads
            raise
        except Exception as error:  # nothing has been sent; its own classes may raise anything
            why = f"it returned what cannot be sent to its judges: {text_of(error)}"
            caller.reply({"refused": why})


if __name__ == "__main__":
    serve(*claim_standard_pipes(silent=True))
