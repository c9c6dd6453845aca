"""A learner's module as seen by its judges: calls go through a pipe to another process.

``remote.bpr_update(…)`` looks and behaves like the function itself, down to arrays that it changes
in place; so a ``Remote`` is also a backend for the contract. ``remote.probe.name(…)`` calls a
function of the lesson's ``probe.py`` there.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol

import numpy as np

from recsys_backends.errors import ContractViolation
from recsys_backends.plan import UniformSampler
from tito.judging.frames import read_frame, write_frame
from tito.judging.values import FrameError, arrays_in

SECONDS_PER_CALL: Final = 20.0
MAX_REPLY: Final = 2**25
"""Bytes; a clause that quotes an array makes a hundred times as many of it."""
MAX_MESSAGE: Final = 2000
CHANGING: Final = {"bpr_update": 3, "als_half_step": 1}
"""Functions that write into arrays of their caller, by how many of the first arguments. No others
may: what a judge works the right answer out from must not come from whoever is judged."""


class LearnerError(ContractViolation):
    """The learner's function raised, hung, ended the process or returned what is no data."""


class Failure(StrEnum):
    """In what way a call brought no answer: what can be said of it without quoting anything."""

    MISSING = "missing"
    UNLOADABLE = "unloadable"
    UNWRITTEN = "unwritten"
    RAISED = "raised"
    LATE = "late"
    ENDED = "ended"
    NO_DATA = "no data"
    CHANGED = "changed"


class Launcher(Protocol):
    """How a runner is started: in a plain process here, in a jail when marks depend on it."""

    def __call__(self, folder: Path) -> subprocess.Popen[bytes]:
        """Start ``tito.judging.runner`` in this folder, with pipes as its input and output."""


def plain_process(folder: Path) -> subprocess.Popen[bytes]:
    """A runner in a process of its own, with nothing but that to hold it."""
    return subprocess.Popen(
        [sys.executable, "-m", "tito.judging.runner"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": absolute_python_path(), "PYTHONDONTWRITEBYTECODE": "1"},
        start_new_session=True,
    )


def absolute_python_path() -> str:
    """PYTHONPATH as it has to read in another folder."""
    parts = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return os.pathsep.join(str(Path(part).absolute()) for part in parts if part)


class _Probe:
    """``remote.probe``: the functions of the lesson's probe.py."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: self._remote._call(name, args, kwargs, probe=True)


class Remote:
    """The functions of one exported module, run in another process.

    Args:
        module: the exported file.
        probe: the lesson's probe.py, where it has one.
        allowed: what the code may import beside NumPy and the standard library.
        seconds: how long one call may take.
        launch: how the process is started.

    The process starts at the first call. When it dies or hangs, the call raises ``LearnerError``
    and the next call starts another. Use it as a context manager, so that none is left behind.
    """

    order: Final = "sequential"
    samplers: Final = (UniformSampler,)
    tiles: Final = False
    name: Final = "yours"

    def __init__(
        self,
        module: Path,
        *,
        probe: Path | None = None,
        allowed: Sequence[str] = (),
        seconds: float = SECONDS_PER_CALL,
        launch: Launcher = plain_process,
    ) -> None:
        self._settings = {
            "module": str(module),
            "probe": str(probe) if probe else None,
            "allowed": list(allowed),
        }
        self._seconds = seconds
        self._launch = launch
        self._process: subprocess.Popen[bytes] | None = None
        self._functions: frozenset[str] = frozenset()
        self._written: frozenset[str] = frozenset()
        self._folder = tempfile.TemporaryDirectory(prefix="recsys-judged-")
        self._left = float("inf")
        self.failure: Failure | None = None
        self.probe = _Probe(self)

    def load_module(self) -> None:
        """Start the process now; LearnerError where the module cannot be loaded."""
        if self._process is None:
            self._start("loading it")

    def start_clause(self, seconds: float) -> None:
        """Forget failures, and let all calls that come now take that long together."""
        self.failure, self._left = None, seconds

    def __enter__(self) -> Remote:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove its folder."""
        self._stop()
        self._folder.cleanup()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if self._process is None:
            self._start(name)
        if name not in self._functions:
            self.failure = Failure.MISSING
            raise AttributeError(f"your export has no function {name}")
        return lambda *args, **kwargs: self._call(name, args, kwargs)

    def require_written(self, name: str) -> None:
        """Raise LearnerError unless there is such a function, and more of it than a stub."""
        if not hasattr(self, name):
            raise self._failed(Failure.MISSING, f"your export has no function {name}.")
        if name not in self._written:
            raise self._failed(Failure.UNWRITTEN, f"{name} is not written yet.")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._functions]

    def _start(self, name: str) -> None:
        self._process = self._launch(Path(self._folder.name))
        hello = self._exchange(self._settings, name)
        if "functions" not in hello:
            self._stop()
            raise self._failed(Failure.UNLOADABLE, f"your code cannot be loaded: {_told(hello)}")
        self._functions = _names(hello.get("functions"))
        self._written = _names(hello.get("written"))

    def _call(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, probe: bool = False
    ) -> Any:
        if self._process is None:
            self._start(name)
        call = {"name": name, "args": list(args), "kwargs": kwargs, "probe": probe}
        reply = self._exchange(call, name)
        if "raised" in reply:
            kind = Failure.UNWRITTEN if reply.get("unwritten") is True else Failure.RAISED
            raise self._failed(kind, f"{name} {_told(reply)}")
        if "refused" in reply:
            why = str(reply["refused"])[:MAX_MESSAGE]
            raise self._failed(Failure.NO_DATA, f"{name}: {why}.")
        own = 0 if probe else CHANGING.get(name, 0)
        arrays = arrays_in([list(args), kwargs])
        self._write_back(arrays, len(arrays_in(list(args[:own]))), reply.get("changed", ()), name)
        return reply.get("value")

    def _exchange(self, message: Any, name: str) -> dict[str, Any]:
        """Send a frame and wait for the answer; the process is killed when its time is up."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise self._failed(Failure.ENDED, f"{name} could not be called: its process has ended.")
        if self._left <= 0:
            raise self._failed(Failure.LATE, f"{name} was called too often for its speed.")
        out_of_time = threading.Event()

        def give_up() -> None:
            out_of_time.set()
            _kill(process)

        timer = threading.Timer(min(self._seconds, self._left), give_up)
        timer.daemon = True
        start = time.monotonic()
        timer.start()
        try:
            write_frame(process.stdin, message)
            reply = read_frame(process.stdout, MAX_REPLY)
            if not isinstance(reply, dict):
                raise FrameError("it is no answer")
        except (OSError, EOFError, FrameError) as error:
            if isinstance(error, EOFError):  # it is about to end, with a status of its own
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(1.0)
            self._stop()
            raise self._gone(name, process, out_of_time.is_set(), error) from None
        finally:
            timer.cancel()
            self._left -= time.monotonic() - start
        timer.join()
        if out_of_time.is_set():  # just as the answer came: the process is gone
            self._stop()
        return reply

    def _gone(
        self, name: str, process: subprocess.Popen[bytes], late: bool, error: Exception
    ) -> LearnerError:
        """Why there is no answer."""
        if late:
            return self._failed(
                Failure.LATE,
                f"{name} had not answered after {self._seconds:g} s: is there a loop that does not "
                "end, or one over far too much?",
            )
        if isinstance(error, FrameError):
            return self._failed(Failure.NO_DATA, f"{name}: what came back is no answer: {error}.")
        status = process.returncode
        return self._failed(
            Failure.ENDED, f"{name} ended the process that it ran in (exit status {status})."
        )

    def _failed(self, kind: Failure, message: str) -> LearnerError:
        self.failure = kind
        return LearnerError(message)

    def _write_back(self, arrays: list[Any], n_own: int, changed: Any, name: str) -> None:
        """Bring what the call wrote into the caller's own arrays, of which it may the first."""
        try:
            for number, array in changed:
                if not 0 <= number < n_own:
                    why = f"{name} changed an array that it was given, and only reads."
                    raise self._failed(Failure.CHANGED, why)
                if array.shape != arrays[number].shape or array.dtype != arrays[number].dtype:
                    raise ValueError("an array came back in another shape")
                np.copyto(arrays[number], array)
        except (TypeError, ValueError, IndexError, AttributeError) as error:
            raise self._failed(Failure.NO_DATA, f"{name}: {error}.") from None

    def _stop(self) -> None:
        process, self._process = self._process, None
        self._functions = frozenset()
        if process is None:
            return
        _kill(process)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what is still to be written goes nowhere
                    pipe.close()
        process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and what it has started."""
    if hasattr(os, "killpg") and process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _names(value: Any) -> frozenset[str]:
    """Of functions; whatever else was sent is left out."""
    names = value if isinstance(value, list) else []
    return frozenset(name for name in names if isinstance(name, str))


def _told(reply: dict[str, Any]) -> str:
    """A learner's error as part of a sentence."""
    where = f" ({reply.get('place')})"[:200] if reply.get("place") else ""
    if reply.get("unwritten"):
        return f"is not written yet: it raises NotImplementedError{where}."
    message = f": {reply.get('message')}" if reply.get("message") else ""
    return f"raised {reply.get('raised')}{message}{where}."[:MAX_MESSAGE]
