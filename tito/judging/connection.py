"""One process that answers calls of a module's functions, started when it is needed."""

from __future__ import annotations

import contextlib
import functools
import inspect
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from recsys_backends.errors import RecsysError
from recsys_backends.protocol import MUTATES, ComputeBackend
from tito.jail.packages import installed_modules, modules_of
from tito.jail.temporary import TemporaryFolder
from tito.judging.failures import (
    MAX_MESSAGE,
    Failure,
    LearnerError,
    sentence_about_end,
    sentence_about_error,
    sentence_about_lateness,
    sentence_about_missing,
    sentence_about_no_answer,
)
from tito.judging.reply_limits import MAX_PARTS, MAX_REPLY, excess_in
from tito.wire.pipe import PATIENCE, Deadline, NoReplyError, receive, send
from tito.wire.processes import StartRunner, close_pipes, kill, plain_process
from tito.wire.values import FrameError, arrays_in

MAX_CALL: Final = 2**25
"""Bytes of one call of a handed function; ``HandedLimits`` bounds all of them."""
_SECONDS_TO_END: Final = 1.0
WAITING: Final = 0.1
"""Share of a call's limit: whoever waited longer for a processor was held up by others."""


LaunchBeside = Callable[[Path], AbstractContextManager[StartRunner]]
"""Function from a file to a launcher of processes that may read it, for a block."""


@contextlib.contextmanager
def launch_plainly(module: Path) -> Iterator[StartRunner]:
    """Yield a launcher of plain processes."""
    yield plain_process


class HandedLimitError(RecsysError):
    """A call went beyond what it may do with functions that it was handed.

    Attributes:
        kind: of the failure.
    """

    def __init__(self, kind: Failure, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


class Handed(Protocol):
    """Functions that a call is handed, within limits."""

    @property
    def seconds_used(self) -> float:
        """Seconds that the functions have taken in this call."""

    @property
    def seconds_left(self) -> float:
        """Seconds that they may still take."""

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the reply to a request for a call.

        Raises:
            NoReplyError: it is no request.
            HandedLimitError: it is one too many, or too large.
        """

    def count(self, n_bytes: int) -> None:
        """Count bytes of a reply that was sent; HandedLimitError where they are too many."""


class Connection:
    """Calls to one process; a new one is started where the last has ended.

    Args:
        module: the exported file.
        probe: the lesson's probe.py, or None.
        allowed: distributions, and modules of this software, that the code may import.
        seconds: time limit of one call.
        launch: starts the process.
        launch_beside: makes a launcher of processes with another file, under the same limits.
        unbuildable: functions whose cells were not built; stubs stand in their places.

    Attributes:
        failure: kind of the last call that brought no answer since ``allow_seconds``.
        n_bytes_sent: bytes of all frames to the process.
    """

    def __init__(
        self,
        module: Path,
        *,
        probe: Path | None,
        allowed: Sequence[str],
        seconds: float,
        launch: StartRunner,
        launch_beside: LaunchBeside = launch_plainly,
        unbuildable: Collection[str] = (),
    ) -> None:
        self.failure: Failure | None = None
        self._waited = 0.0
        self.n_bytes_sent = 0
        self._module, self._probe, self._allowed = module, probe, tuple(allowed)
        self._unbuildable = frozenset(unbuildable)
        self._seconds = seconds
        self._launch = launch
        self._launch_beside = launch_beside
        self._process: subprocess.Popen[bytes] | None = None
        self._functions: frozenset[str] = frozenset()
        self._written: frozenset[str] = frozenset()
        self._folder = TemporaryFolder("judged")
        self._left = self._wall_left = float("inf")
        self._lock = threading.RLock()

    def load(self) -> None:
        """Start the process, unless it runs; LearnerError where the module cannot be loaded."""
        if self._process is None:
            self._start("loading it")

    @property
    def was_kept_waiting(self) -> bool:
        """Calls since ``allow_seconds`` waited long for a processor: others may be at fault."""
        return self._waited > WAITING * self._seconds

    def allow_seconds(self, seconds: float) -> None:
        """Forget failures, and let all calls that come now take that long together.

        Waiting for a processor does not count, up to ``PATIENCE`` times the limit in all: the code
        may have started the very processes that it waits for.
        """
        self.failure, self._left, self._wall_left = None, seconds, PATIENCE * seconds
        self._waited = 0.0

    def close(self) -> None:
        """End the process and remove its folder."""
        self.stop()
        self._folder.close()

    def stop(self) -> None:
        """End the process; the next call starts another."""
        process, self._process = self._process, None
        self._functions = frozenset()
        if process is None:
            return
        kill(process)
        close_pipes(process)
        process.wait()

    @contextlib.contextmanager
    def beside(self, module: Path) -> Iterator[Connection]:
        """Yield a connection to another file, in a process that shares nothing with this one."""
        with self._launch_beside(module) as launch:
            other = Connection(
                module, probe=None, allowed=self._allowed, seconds=self._seconds, launch=launch
            )
            try:
                yield other
            finally:
                other.close()

    def functions(self, name: str) -> frozenset[str]:
        """Return the names of the module's functions, of which ``name`` is about to be called."""
        with self._lock:
            if self._process is None:
                self._start(name)
            return self._functions

    def require_written(self, name: str) -> None:
        """Raise LearnerError unless there is such a function, and more of it than a stub."""
        if name not in self.functions(name):
            raise self.failed(Failure.MISSING, sentence_about_missing(name))
        self._require_built(name)
        if name not in self._written:
            raise self.failed(Failure.UNWRITTEN, f"{name} is not written yet.")

    def call(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        probe: bool = False,
        handed: Handed | None = None,
    ) -> Any:
        """Call a function of the module, or of the probe, and return its answer.

        Arrays that the protocol's op of that name changes in place are brought back into the
        caller's own arrays.

        Args:
            name: of the function.
            args, kwargs: plain data; handles where functions are handed.
            probe: call a function of the probe.
            handed: answers the requests for calls of handed functions. Arrays that such a call
                changes are not brought back.

        Raises:
            LearnerError: there is no answer, or it changed an array that it may only read.
        """
        reply = self.ask(name, args, kwargs, probe=probe, handed=handed)
        if "raised" in reply:
            kind = Failure.UNWRITTEN if reply.get("unwritten") is True else Failure.RAISED
            raise self.failed(kind, f"{name} {sentence_about_error(reply)}")
        if "refused" in reply:
            why = str(reply["refused"])[:MAX_MESSAGE]
            raise self.failed(Failure.NO_DATA, f"{name}: {why}.")
        if "value" not in reply:
            raise self.failed(Failure.NO_DATA, f"{name}: what came back is no answer.")
        if handed is None:  # else a handed function may have changed arrays, and none counts
            self._write_back(name, args, kwargs, reply.get("changed", ()))
        return reply["value"]

    def ask(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        probe: bool = False,
        handed: Handed | None = None,
    ) -> dict[str, Any]:
        """Call a function and return the runner's reply as it came; arguments as for ``call``."""
        if not probe:
            self._require_built(name)
        call = {"name": name, "args": list(args), "kwargs": kwargs, "probe": probe}
        with self._lock:  # threads of a judge take turns: there is one pipe
            if self._process is None:
                self._start(name)
            return self._exchange(call, name, handed)

    def failed(self, kind: Failure, message: str) -> LearnerError:
        """Note a failure and return the error to raise."""
        self.failure = kind
        return LearnerError(message)

    def _require_built(self, name: str) -> None:
        if name in self._unbuildable:
            raise self.failed(Failure.UNBUILDABLE, f"the cell of {name} was not built.")

    def _start(self, name: str) -> None:
        self._process = self._launch(self._folder.path)
        settings = {
            "module": str(self._module),
            "probe": str(self._probe) if self._probe else None,
            "allowed": modules_of(self._allowed),
            "masked": installed_modules(),
        }
        hello = self._exchange(settings, name)
        if "functions" not in hello:
            self.stop()
            why = sentence_about_error(hello)
            raise self.failed(Failure.UNLOADABLE, f"your code cannot be loaded: {why}")
        self._functions = names_in(hello.get("functions"))
        self._written = names_in(hello.get("written"))

    def _exchange(self, message: Any, name: str, handed: Handed | None = None) -> dict[str, Any]:
        """Send a frame and wait for the answer; the process is killed when its time is up.

        Time that handed functions take is theirs: they have a limit of their own.
        """
        process = self._process
        if process is None:
            raise self.failed(Failure.ENDED, f"{name} could not be called: its process has ended.")
        allowed = min(self._left, self._wall_left)
        if allowed <= 0:
            raise self.failed(Failure.LATE, f"{name} was called too often for its speed.")
        start = time.monotonic()
        seconds = min(self._seconds, allowed) + (handed.seconds_left if handed else 0.0)
        deadline = Deadline(seconds, functools.partial(kill, process), process.pid)
        try:
            with deadline:
                reply = self._conversation(process, message, deadline, handed)
        except HandedLimitError as limit:
            self.stop()
            raise self.failed(limit.kind, f"{name} {limit}") from None
        except NoReplyError as failure:
            self._waited += deadline.waited
            with contextlib.suppress(subprocess.TimeoutExpired):  # it may end with its own status
                process.wait(0 if failure.damage else _SECONDS_TO_END)
            self.stop()
            raise self._gone(name, process, failure, deadline) from None
        except FrameError as error:  # an argument that a judge made of an answer
            self.stop()
            raise self.failed(Failure.NO_DATA, f"{name} cannot be given this: {error}.") from None
        finally:
            seconds = time.monotonic() - start - (handed.seconds_used if handed else 0.0)
            self._wall_left -= seconds
            self._left -= seconds - deadline.waited
        self._waited += deadline.waited
        if deadline.passed:  # just as the answer came: the process is gone
            self.stop()
        return reply

    def _conversation(
        self,
        process: subprocess.Popen[bytes],
        message: Any,
        deadline: Deadline,
        handed: Handed | None,
    ) -> dict[str, Any]:
        """Send a frame, answer the requests of the process, and return its reply."""
        limit = MAX_REPLY if handed is None else MAX_CALL
        self.n_bytes_sent += send(process, message, deadline)
        reply = receive(process, deadline, limit, MAX_PARTS)
        while handed is not None and "call" in reply:
            n_bytes = send(process, handed.answer(reply), deadline)
            self.n_bytes_sent += n_bytes
            handed.count(n_bytes)
            reply = receive(process, deadline, limit, MAX_PARTS)
        excess = excess_in(reply)
        if excess:
            raise NoReplyError(late=False, damage=excess)
        return reply

    def _gone(
        self,
        name: str,
        process: subprocess.Popen[bytes],
        failure: NoReplyError,
        deadline: Deadline,
    ) -> LearnerError:
        """Return the error that says why there is no answer."""
        if failure.late:
            waited = deadline.waited if self.was_kept_waiting else 0.0
            return self.failed(Failure.LATE, sentence_about_lateness(name, self._seconds, waited))
        if failure.damage:
            return self.failed(Failure.NO_DATA, sentence_about_no_answer(name, failure.damage))
        return self.failed(Failure.ENDED, sentence_about_end(name, process.returncode))

    def _write_back(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], changed: Any
    ) -> None:
        """Copy arrays that the call wrote to into the caller's own, where the op may do so."""
        arrays = arrays_in([list(args), kwargs])
        own = numbers_of_mutated(name, args, kwargs)
        try:
            for number, array in changed:
                if number not in own:
                    why = f"{name} changed an array that it was given, and only reads."
                    raise self.failed(Failure.CHANGED, why)
                if array.shape != arrays[number].shape or array.dtype != arrays[number].dtype:
                    raise ValueError("an array came back in another shape")
                np.copyto(arrays[number], array)
        except (TypeError, ValueError, IndexError, AttributeError) as error:
            raise self.failed(Failure.NO_DATA, f"{name}: {error}.") from None


def numbers_of_mutated(
    name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> frozenset[int]:
    """Return the numbers, as ``arrays_in`` counts, of the arrays that an op may change."""
    if name not in MUTATES:
        return frozenset()
    positional = list(inspect.signature(getattr(ComputeBackend, name)).parameters)[1:]
    names = [*positional[: len(args)], *[""] * (len(args) - len(positional)), *kwargs]
    numbers: list[int] = []
    n_arrays = 0
    for parameter, argument in zip(names, [*args, *kwargs.values()], strict=True):
        n_own = len(arrays_in(argument))
        if parameter in MUTATES[name]:
            numbers += range(n_arrays, n_arrays + n_own)
        n_arrays += n_own
    return frozenset(numbers)


def names_in(value: Any) -> frozenset[str]:
    """Return the names in a list of functions; whatever else was sent is left out."""
    names = value if isinstance(value, list) else []
    return frozenset(name for name in names if isinstance(name, str))
