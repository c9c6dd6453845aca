"""Process in which a notebook's cells run: it reads them from a pipe and answers with outputs.

Started in a jail as ``tito.jail.cell_runner``. The first frame is
``{"seconds": …, "characters": …}``, the limits of a cell; every further one is a cell's source.
Each answer is ``{"outputs": […], "error": name or "", "execution_count": n}``. The code that runs
can write answers of its own, so nothing in them may count for marks.
"""

from __future__ import annotations

import builtins
import os
import signal
import sys
from types import FrameType
from typing import Any, BinaryIO

from tito.jail.captured import Descriptors, Outputs, make_shell, no_input
from tito.wire.frames import read_frame, write_frame
from tito.wire.pipe import claim_standard_pipes


class CellRunner:
    """Runs cells in one namespace, as a kernel does."""

    def __init__(self, seconds: float, characters: int) -> None:
        self._seconds = seconds
        self._outputs = Outputs(characters)
        self._descriptors = Descriptors(characters)
        self._shell: Any = make_shell(self._outputs)
        builtins.input = no_input
        signal.signal(signal.SIGALRM, self._time_is_up)

    def run(self, source: str) -> dict[str, Any]:
        """Run a cell and collect what it shows."""
        signal.setitimer(signal.ITIMER_REAL, self._seconds)
        try:
            result = self._shell.run_cell(source, store_history=True)
            error = result.error_before_exec or result.error_in_exec
        except BaseException as escaped:  # the time was up between two parts of IPython
            error = escaped
            self._outputs.error(type(escaped).__name__, str(escaped), [])
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        self._outputs.text("stdout", self._descriptors.take())
        return {
            "outputs": self._outputs.restart(),
            "error": type(error).__name__ if error is not None else "",
            "execution_count": self._shell.execution_count - 1,
        }

    def _time_is_up(self, number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt(f"the cell had not ended after {self._seconds:g} s")


def serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Run cells until the other end closes."""
    settings = read_frame(incoming)
    runner = CellRunner(settings["seconds"], settings["characters"])
    write_frame(outgoing, {"ready": True})
    while True:
        try:
            source = read_frame(incoming)
        except EOFError:
            return
        write_frame(outgoing, runner.run(source))


if __name__ == "__main__":
    sys.argv = [""]
    sys.path.insert(0, "")  # as in a kernel; only now that all rights have been given up
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    serve(*claim_standard_pipes(silent=False))
