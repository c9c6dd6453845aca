"""Trusted end of the pipes to a timed process: all has a limit, and waiting is a step apart."""

from __future__ import annotations

import os
import select
import subprocess
import time
from typing import Final

from recsys_backends.errors import RecsysError

_FOREVER: Final = 10**6


class LateError(RecsysError, OSError):
    """Error of an end that neither wrote nor read within the limit."""


class PipeEnd:
    """Unbuffered pipes to a process, as a stream for frames.

    Args:
        process: with pipes as its standard input and output.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("the process has no pipes")
        self._input, self._output = process.stdin.fileno(), process.stdout.fileno()
        os.set_blocking(self._input, False)  # a process that does not read must not keep us
        self._poll, self._poll_input = select.poll(), select.poll()
        self._poll.register(self._output, select.POLLIN)
        self._poll_input.register(self._input, select.POLLOUT)
        self._end = 0.0

    def set_limit(self, seconds: float) -> None:
        """Let all that is read and written from now on take that long together."""
        self._end = time.monotonic() + seconds

    def is_readable(self) -> bool:
        """Return whether something has come that was not read."""
        return bool(self._poll.poll(0))

    def wait(self) -> None:
        """Return once something has come, or the other end has closed; LateError at the limit."""
        self._wait_for(self._poll)

    def read(self, n_bytes: int) -> bytes:
        """Read up to that many bytes, once some have come; none where the other end has closed."""
        self.wait()
        return os.read(self._output, n_bytes)

    def read_now(self, n_bytes: int) -> bytes:
        """Read what has come; EOFError unless there are that many bytes."""
        content = os.read(self._output, n_bytes)
        if len(content) != n_bytes:
            raise EOFError("the other end has closed the pipe")
        return content

    def write(self, content: bytes) -> None:
        """Write all of it; LateError where the other end has not read it at the limit."""
        view = memoryview(content)
        while view:
            try:
                view = view[os.write(self._input, view) :]
            except BlockingIOError:
                self._wait_for(self._poll_input)

    def flush(self) -> None:
        """Do nothing: nothing is kept back."""

    def _wait_for(self, poll: select.poll) -> None:
        left = self._end - time.monotonic()
        if left <= 0 or not poll.poll(min(left, _FOREVER) * 1000):
            raise LateError("nothing came within the limit")
