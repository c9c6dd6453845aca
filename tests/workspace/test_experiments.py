"""Experiments of a lesson: left out by `tito test`, and run when asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workspace.conftest import Outcome
from tito.course.lessons import Lesson

EXPERIMENT = "from pathlib import Path\nPath('ran').touch()\n"


@pytest.mark.parametrize("command", ["test", "complete"])
def test_experiments_run_when_asked_for(
    solved: Path, tito: Callable[..., Outcome], toy: Lesson, command: str
) -> None:
    path = solved / "notebooks" / toy.notebook
    content = json.loads(path.read_text())
    cell = {"cell_type": "code", "outputs": [], "execution_count": None, "source": EXPERIMENT}
    content["cells"].append({**cell, "id": "try", "metadata": {"tags": ["experiment"]}})
    path.write_text(json.dumps(content))
    said = tito(command, 42)
    assert said.status == 0, said
    assert "1 experiment was not run: `tito test 42 --experiments` does." in said.out
    assert not (solved / "notebooks" / "ran").exists()
    said = tito(command, 42, "--experiments")
    assert said.status == 0
    assert "not run" not in said.out
    assert (solved / "notebooks" / "ran").exists()
