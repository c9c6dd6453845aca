"""Both ends of the pipe between the trusted side and a process that it has started.

The process answers each frame by one frame. The trusted side waits for it until a deadline, at
which the process is ended.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, BinaryIO, Final

from recsys_backends.errors import RecsysError
from tito.wire.frames import MAX_PARTS, read_frame, write_frame
from tito.wire.values import FrameError
from tito.wire.waiting import longest_wait, waits_below

PATIENCE: Final = 4.0
"""Largest multiple of a limit after which a process that waits for processors is ended."""
_SECONDS_TO_FIRST_LOOK: Final = 0.5


def claim_standard_pipes(*, silent: bool) -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output under other numbers, for frames alone.

    Args:
        silent: discard what code prints from now on; otherwise only standard input is emptied,
            and standard output stays with whoever collects it.
    """
    incoming, outgoing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    if silent:
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        sys.stdout = sys.stderr = io.TextIOWrapper(
            io.FileIO(nothing, "w"), "utf-8", "backslashreplace", write_through=True
        )
    return os.fdopen(incoming, "rb"), os.fdopen(outgoing, "wb")


class NoReplyError(RecsysError):
    """A process gave no reply.

    Attributes:
        late: the deadline had passed.
        damage: description of a reply that is no frame; empty where the process has ended.
    """

    def __init__(self, *, late: bool, damage: str = "") -> None:
        super().__init__(damage or "the process has ended")
        self.late = late
        self.damage = damage


class Deadline:
    """Block during which a call of ``end`` is due after some seconds.

    Time that the process has waited for a processor is added to its limit, up to ``PATIENCE``
    times the limit in all: what its neighbours do is not its fault.

    Args:
        seconds: the limit.
        end: ends the process.
        pid: the process, whose waiting is added; none is where this is None.

    Attributes:
        passed: ``end`` has been called.
        waited: seconds of waiting that were seen, by which the limit is put off.
    """

    def __init__(self, seconds: float, end: Callable[[], None], pid: int | None = None) -> None:
        self.passed = False
        self.waited = 0.0
        self._seconds = seconds
        self._end = end
        self._pid = pid
        self._before: dict[int, float] | None = None
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._wait, daemon=True)

    def _wait(self) -> None:
        try:
            self._wait_until_due()
        finally:  # also where the watch itself fails: a limit that nobody watches is none
            if not self._done.is_set():
                self.passed = True
                self._end()

    def _wait_until_due(self) -> None:
        """Return when the block has ended or its limit has passed."""
        start = time.monotonic()
        # Most calls end within the first wait, and cost no look.
        if self._done.wait(min(_SECONDS_TO_FIRST_LOOK, self._seconds)):
            return
        self._look()
        while (left := start + self._seconds + self.waited - time.monotonic()) > 0:
            if self._done.wait(left):
                return
            self._look()

    def _look(self) -> None:
        """Put the limit off by what the process has waited since the first look."""
        if self._pid is None:
            return
        try:
            account = waits_below(self._pid)
        except OSError:  # a look that fails puts nothing off
            return
        if self._before is None:
            self._before = account
        waited = longest_wait(self._before, account)
        self.waited = min(max(waited, self.waited), (PATIENCE - 1) * self._seconds)

    def __enter__(self) -> Deadline:
        self._watch.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._done.set()
        self._watch.join()  # so that ``passed`` is final


def exchange(
    process: subprocess.Popen[bytes], message: Any, deadline: Deadline, limit: int
) -> dict[str, Any]:
    """Send a frame and return the reply; see ``send`` and ``receive``."""
    send(process, message, deadline)
    return receive(process, deadline, limit)


def send(process: subprocess.Popen[bytes], message: Any, deadline: Deadline) -> int:
    """Send a frame and return the number of bytes sent.

    Args:
        process: started with pipes as its standard input and output.
        message: plain data.
        deadline: entered by the caller; it ends the process.

    Raises:
        NoReplyError: the process has ended.
        FrameError: the message cannot be sent.
    """
    assert process.stdin is not None
    try:
        return write_frame(process.stdin, message)
    except OSError:
        raise NoReplyError(late=deadline.passed) from None


def receive(
    process: subprocess.Popen[bytes], deadline: Deadline, limit: int, parts: int = MAX_PARTS
) -> dict[str, Any]:
    """Return the next frame of a process.

    Args:
        process: started with pipes as its standard input and output.
        deadline: entered by the caller; it ends the process.
        limit: most bytes of the frame's arrays, and of its header.
        parts: most values in the header.

    Raises:
        NoReplyError: the process has ended, or its frame is damaged or holds no dictionary.
    """
    assert process.stdout is not None
    try:
        reply = read_frame(process.stdout, limit, parts=parts)
    except (OSError, EOFError):
        raise NoReplyError(late=deadline.passed) from None
    except FrameError as error:
        raise NoReplyError(late=deadline.passed, damage=str(error)) from None
    if not isinstance(reply, dict):
        raise NoReplyError(late=deadline.passed, damage="it is no answer")
    return reply
