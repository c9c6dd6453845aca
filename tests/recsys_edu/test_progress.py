"""Progress bars: only where somebody watches."""

from __future__ import annotations

import io
import subprocess
import sys
from types import ModuleType

import pytest

from recsys_edu.progress import epochs_with_progress


def shown(stream: object, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(sys, "stderr", stream)
    with epochs_with_progress("Title", 3, shown=True) as bar:
        bar.advance(loss="0.5")
    return "Title" in stream.getvalue() if isinstance(stream, io.StringIO) else False


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_and_in_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(Terminal(), monkeypatch)
    assert not shown(io.StringIO(), monkeypatch)
    assert not shown(None, monkeypatch)


def test_in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """The streams of a kernel, which say that they are no terminals."""
    kernel = ModuleType("ipykernel.iostream")

    class OutStream(io.StringIO):
        pass

    kernel.OutStream = OutStream  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ipykernel.iostream", kernel)
    assert shown(OutStream(), monkeypatch)
    assert not shown(io.StringIO(), monkeypatch)


def test_a_redirected_log_stays_empty() -> None:
    program = (
        "from recsys_edu import BPR\n"
        "from recsys_edu.datasets import make_synthetic\n"
        "BPR(4, 30).fit(make_synthetic(60, 40, 700, min_per_user=5))\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
