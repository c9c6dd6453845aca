"""Clock outside of the process that it times.

A session holds one module in one jail. ``call`` makes one call and says what it took: wall time
from *go* to *done* on this side's clock, processor time of the whole jail in that span, and
processor time outside of it. Between calls the jail is frozen. ``comparison`` makes figures of it.

The order is what makes the figure honest. The runner makes arrays over mapped memory whose contents
are still to come, and is frozen. Only then are they written. *Go* thaws it; at *done* it is frozen
again, and only then is the answer copied.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol

from recsys_edu.exported import files_of
from tito.jail.jail import Jailed
from tito.jail.packages import installed_modules, modules_of
from tito.jail.timed_group import TimedGroup
from tito.judging.connection import names_in
from tito.judging.failures import (
    MAX_MESSAGE,
    LearnerError,
    sentence_about_end,
    sentence_about_error,
    sentence_about_lateness,
    sentence_about_missing,
    sentence_about_no_answer,
)
from tito.judging.pipe_end import LateError, PipeEnd
from tito.judging.shared_files import ANSWER_BYTES, Call, Placement, SharedFiles, place
from tito.wire.frames import read_frame, write_frame
from tito.wire.timed_runner import LENGTH, READY
from tito.wire.values import FrameError

SECONDS_PER_CALL: Final = 60.0
SECONDS_TO_LOAD: Final = 60.0
_SECONDS_TO_END: Final = 1.0


@dataclass(frozen=True)
class Sample:
    """Measurements of one call, in nanoseconds."""

    wall: int
    """Time from *go* to *done*, with the cost of both."""
    cpu: int | None
    """Processor time of all processes in the jail meanwhile; None where nobody counts."""
    between: int | None
    """Processor time that they used after the call before, and before this one's *go*."""


@dataclass(frozen=True)
class Answer:
    """Value of a call, and its arguments as it left them."""

    value: Any
    args: list[Any]
    kwargs: dict[str, Any]


@contextlib.contextmanager
def _first_in_line() -> Iterator[None]:
    """Let this thread run before all others, where it may: it wakes when *done* comes."""
    try:
        policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except (AttributeError, OSError):  # another system, or an ordinary user: it may wait its turn
        yield
        return
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameters)


class Holder(Protocol):
    """Something that holds the process of a timed runner: ``TimedJail``, or no jail at all."""

    problems: tuple[str, ...]
    """Sentences on what keeps its measurements from being verified, once it has started."""

    @property
    def group(self) -> TimedGroup | None:
        """Control group; None where ``problems`` says why there is none."""

    @property
    def paths(self) -> tuple[str, str]:
        """Paths of the two files as the runner sees them."""

    def start(self) -> Jailed:
        """Start the runner, with pipes as its input and output."""

    def close(self) -> None:
        """End the process, and remove what it was held by."""


class Launcher(Protocol):
    """Maker of holders."""

    def __call__(
        self,
        files: Sequence[Path],
        *,
        given: Path,
        shared: Path,
        n_threads: int,
        allowed: Sequence[str],
    ) -> Holder:
        """Make a holder; arguments as for ``TimedJail``."""


class TimedSession:
    """One module, in a process of its own, whose calls are timed. Use it as a context manager.

    Args:
        module: file with the functions; extension modules that it imports lie beside it.
        launch: makes what holds the process.
        n_threads: number of threads that they may use.
        allowed: distributions, and modules of this software, that the code may import beside NumPy
            and the standard library.
        seconds: limit of one call.

    Raises:
        LearnerError: the module cannot be loaded; a call raises, hangs, ends the process, or
            answers with what is no data.
        NotFrozenError: the process could not be frozen, and has been ended.
    """

    def __init__(
        self,
        module: Path,
        launch: Launcher,
        *,
        n_threads: int = 1,
        allowed: Sequence[str] = (),
        seconds: float = SECONDS_PER_CALL,
    ) -> None:
        self._seconds = seconds
        self._n_answered = 0
        self._cpu_before = 0
        with contextlib.ExitStack() as opened:
            self._files = opened.enter_context(contextlib.closing(SharedFiles()))
            files = {"given": self._files.given, "shared": self._files.shared}
            holder = launch(files_of(module), **files, n_threads=n_threads, allowed=allowed)
            self._holder = opened.enter_context(contextlib.closing(holder))
            self._process = holder.start()
            opened.callback(self._end)
            self._pipe = PipeEnd(self._process)
            self._load(module, allowed)
            self._opened = opened.pop_all()

    def __enter__(self) -> TimedSession:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def problems(self) -> tuple[str, ...]:
        """Sentences on what keeps the measurements from being verified."""
        return self._holder.problems

    @property
    def group(self) -> TimedGroup | None:
        """Control group of the process; None where ``problems`` says why there is none."""
        return self._holder.group

    def close(self) -> None:
        """End the process."""
        self._opened.close()

    def call(self, call: Call, function: str | None = None) -> tuple[Answer, Sample]:
        """Make one call; return its answer, and what it took.

        Args:
            call: function and arguments.
            function: name of another function to be called in its place.
        """
        placed = place(call)
        if function is not None:
            placed = dataclasses.replace(placed, function=function)
        if placed.function not in self._functions:
            raise LearnerError(sentence_about_missing(placed.function))
        try:
            self._prepare(placed)
            self._files.write(placed)
            before = self._cpu()
            wall, length = self._go(placed)
            after = self._cpu()
            answer = self._read(placed, length)
        except (FrameError, OSError, EOFError) as error:
            raise self._broken(placed.function, error) from None
        sample = Sample(wall, None, None)
        if before is not None and after is not None:
            sample = Sample(wall, after - before, before - self._cpu_before)
            self._cpu_before = after
        return answer, sample

    def _load(self, module: Path, allowed: Sequence[str]) -> None:
        given, shared = self._holder.paths
        settings = {
            "module": str(module),
            "allowed": modules_of(allowed),
            "masked": installed_modules(),
            "given": given,
            "shared": shared,
        }
        self._pipe.set_limit(SECONDS_TO_LOAD)
        try:
            write_frame(self._pipe, settings)
            hello = read_frame(self._pipe, ANSWER_BYTES)
            if not isinstance(hello, dict):
                raise FrameError("it is no greeting")
        except (FrameError, OSError, EOFError) as error:
            raise self._broken("loading it", error) from None
        if "functions" not in hello:
            raise LearnerError(f"your code cannot be loaded: {sentence_about_error(hello)}")
        self._functions = names_in(hello["functions"])
        self._freeze()
        self._files.unlink()
        self._cpu_before = self._cpu() or 0

    def _prepare(self, placed: Placement) -> None:
        """Let the runner make the arrays, whose contents are not there yet, and stop it."""
        layout = placed.layout(self._n_answered)
        self._files.make_room(layout)
        self._pipe.set_limit(self._seconds)
        self._thaw()
        write_frame(self._pipe, layout)
        ready = self._pipe.read(len(READY))
        self._freeze()
        if not ready:
            raise EOFError("the other end has closed the pipe")
        if ready != READY or self._pipe.is_readable():
            raise FrameError("it answers before it has been asked")

    def _go(self, placed: Placement) -> tuple[int, int]:
        """Time one call; return nanoseconds and the length of the answer."""
        go = LENGTH.pack(len(placed.tree))
        self._pipe.set_limit(self._seconds)
        with _first_in_line():
            start = time.perf_counter_ns()
            self._pipe.write(go)
            self._thaw()
            self._pipe.wait()
            wall = time.perf_counter_ns() - start
            # Still first in line: a judge that waits its turn here would let the entry run on.
            if (group := self._holder.group) is not None:
                group.start_freezing()
        self._freeze()  # last in line: what is to stop may need this processor
        done = self._pipe.read_now(LENGTH.size)
        if self._pipe.is_readable():
            raise FrameError("it is followed by something")
        return wall, LENGTH.unpack(done)[0]

    def _read(self, placed: Placement, length: int) -> Answer:
        name = placed.function
        reply = self._files.read_answer(placed, length)
        self._n_answered = length
        if not isinstance(reply, dict):
            raise FrameError("it is no answer")
        if "raised" in reply:
            raise LearnerError(f"{name} {sentence_about_error(reply)}")
        if "value" not in reply:
            raise FrameError(str(reply.get("refused"))[:MAX_MESSAGE])
        args, kwargs = self._files.read_arguments(placed)
        return Answer(reply["value"], args, kwargs)

    def _freeze(self) -> None:
        if (group := self._holder.group) is not None:
            group.freeze()

    def _thaw(self) -> None:
        if (group := self._holder.group) is not None:
            group.thaw()

    def _cpu(self) -> int | None:
        group = self._holder.group
        return None if group is None else group.cpu_ns()

    def _end(self) -> None:
        self._process.end()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.wait()

    def _broken(self, name: str, error: Exception) -> LearnerError:
        """Return what there is to say of a call without an answer."""
        late = isinstance(error, LateError)
        if not late and not isinstance(error, FrameError):
            self._thaw()
            with contextlib.suppress(subprocess.TimeoutExpired):  # it may end with its own status
                self._process.wait(_SECONDS_TO_END)
        self._process.end()
        if late:
            return LearnerError(sentence_about_lateness(name, self._seconds))
        if isinstance(error, FrameError):
            return LearnerError(sentence_about_no_answer(name, error))
        return LearnerError(sentence_about_end(name, self._process.wait()))
