"""IPython without a front end: what a notebook would show is collected, up to a limit."""

from __future__ import annotations

import base64
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

KINDS: Final = ("text/plain", "image/png")
"""Forms of a value that are kept. HTML by students has no place on an instructor's screen."""
_COST: Final = 1024
"""Characters that each output counts for, beside its text: no more than cells.py lets through."""


class Outputs:
    """The outputs of one cell, as nbformat has them."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._limit = limit
        self.items: list[dict[str, Any]] = []

    def restart(self) -> list[dict[str, Any]]:
        """Return the outputs of the cell that has ended, and begin another."""
        found, self.items, self._left = self.items, [], self._limit
        return found

    def text(self, stream: str, text: str) -> None:
        """Add text that was written to standard output or standard error."""
        text = self._fitting(text)
        last = self.items[-1] if self.items else {}
        if not text:
            return
        if last.get("output_type") == "stream" and last.get("name") == stream:
            last["text"] += text
        else:
            self._left -= _COST
            self.items.append({"output_type": "stream", "name": stream, "text": text})

    def shown(self, kind: str, data: dict[str, Any], **more: Any) -> None:
        """Add a value or a picture."""
        kept = {}
        for name in KINDS:
            if name in data and self._left > 0:
                kept[name] = self._form(name, data[name])
        if kept:
            self._left -= _COST
            self.items.append({"output_type": kind, "data": kept, "metadata": {}, **more})

    def error(self, name: str, value: str, traceback: list[str]) -> None:
        """Add the error that ended the cell. It has a limit of its own, so it is always there."""
        lines = "\n".join(traceback)[: self._limit // 4].split("\n")
        self.items.append(
            {"output_type": "error", "ename": name, "evalue": value[:2000], "traceback": lines}
        )

    def _form(self, name: str, value: Any) -> str:
        if name == "text/plain":
            return self._fitting(str(value))
        text = base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
        if len(text) > self._left:  # half of a picture is none
            return ""
        self._left -= len(text)
        return text

    def _fitting(self, text: str) -> str:
        if self._left <= 0:
            return ""
        self._left -= len(text)
        if self._left > 0:
            return text
        return (
            text[: self._left or None] + f"\n[cut: a cell may write {self._limit:,} characters]\n"
        )


class CapturedStream(io.TextIOBase):
    """Standard output, or standard error, of cells."""

    def __init__(self, name: str, outputs: Outputs, descriptor: int) -> None:
        self._name = name
        self._outputs = outputs
        self._descriptor = descriptor

    def write(self, text: str) -> int:
        """Add to the outputs of the cell that is running."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._outputs.text(self._name, text)
        return len(text)

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor for processes that a cell starts."""
        return self._descriptor


class Descriptors:
    """Standard output of C code and child processes, kept until it is asked for."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        path = Path(tempfile.mkdtemp(), "outputs")
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        path.unlink()
        path.parent.rmdir()
        for number in (1, 2):
            os.dup2(self._file, number)

    def take(self) -> str:
        """Return the text that has been written since the last call."""
        found = os.pread(self._file, self._limit, 0)
        os.ftruncate(self._file, 0)
        return found.decode(errors="replace")


class _Hook(DisplayHook):
    """The value of a cell's last line."""

    shell: Any

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        count = self.shell.execution_count - 1
        self.shell.outputs.shown("execute_result", format_dict, execution_count=count)

    def finish_displayhook(self) -> None:
        self._is_active = False


class _Publisher(DisplayPublisher):
    """``display(…)``, and figures."""

    shell: Any

    def publish(self, data: Any, metadata: Any = None, source: Any = None, **more: Any) -> None:
        self.shell.outputs.shown("display_data", data)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.items.clear()


class Shell(InteractiveShell):
    """IPython whose outputs go to ``outputs``, which has to be set before the first cell."""

    outputs: Outputs
    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        try:
            value = str(evalue)
        except Exception:  # its own __str__ fails
            value = ""
        self.outputs.error(etype.__name__, value, list(stb))

    def enable_gui(self, gui: Any = None) -> None:
        """Do nothing: ``%matplotlib inline`` needs no event loop."""


def make_shell(outputs: Outputs) -> Shell:
    """Return the one shell of this process, with its streams in place of the standard ones."""
    settings = Config()
    settings.HistoryManager.enabled = False
    shell: Shell = Shell.instance(config=settings)
    shell.outputs = outputs
    formatter: Any = shell.display_formatter
    formatter.active_types = list(KINDS)
    sys.stdout, sys.stderr = (
        CapturedStream("stdout", outputs, 1),
        CapturedStream("stderr", outputs, 2),
    )
    return shell


def no_input(prompt: object = "") -> str:
    """Raise an error in the place of ``input``: there is nobody to ask."""
    raise StdinNotImplementedError("nobody can answer input() while this notebook is being run.")
