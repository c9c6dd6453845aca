"""Output of commands that a notebook's cell runs: no codes for colours or the cursor."""

from __future__ import annotations

import os
import pty
import sys

import pytest

from tests.packaging.commands import ROOT


def printed(*arguments: str, **environment: str) -> str:
    """Text that tito writes to a terminal of its own, as ``!tito`` gives it one."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "backends")])
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "JPY_PARENT_PID")}
    kept.pop("MPLBACKEND", None)
    code = "from tito.main import main; main()"
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.clear()
        os.environ.update({**kept, "PYTHONPATH": path, "TERM": "xterm-256color", **environment})
        os.execv(sys.executable, [sys.executable, "-c", code, *arguments])
    text = b""
    while True:
        try:
            read = os.read(terminal, 65536)
        except OSError:  # Linux says so where the other end is closed
            break
        if not read:
            break
        text += read
    os.waitpid(pid, 0)
    os.close(terminal)
    return text.decode()


IN_A_KERNEL = [
    {"JPY_PARENT_PID": "1", "FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"},
    {"MPLBACKEND": "module://matplotlib_inline.backend_inline", "FORCE_COLOR": "1"},
    {"TERM": "dumb"},
]


@pytest.mark.parametrize("environment", IN_A_KERNEL)
@pytest.mark.parametrize("command", ["doctor", "backends"])
def test_no_codes_in_a_cell(command: str, environment: dict[str, str]) -> None:
    said = printed(command, **environment)
    assert "optimized" in said or "kernels" in said
    assert "\x1b" not in said


def test_a_terminal_has_colours_unless_told_otherwise() -> None:
    assert "\x1b[32m" in printed("doctor")
    assert "\x1b[3" not in printed("doctor", NO_COLOR="1")
