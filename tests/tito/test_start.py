"""`tito start`: the command that opens JupyterLab."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tito.commands import start


@pytest.mark.parametrize(("user", "is_root"), [(0, True), (1000, False)])
def test_root_may_start_jupyterlab(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    user: int,
    is_root: bool,
) -> None:
    called: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        called.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("os.geteuid", lambda: user)
    monkeypatch.setattr("subprocess.run", run)
    assert start._jupyterlab(Path("a lesson.ipynb")) == 0
    assert ("--allow-root" in called[0]) is is_root
    assert ("--allow-root" in capsys.readouterr().out) is is_root
    assert called[0][-1] == "a lesson.ipynb"
