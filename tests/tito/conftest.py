"""Tiny data to race on, a folder to write to, and ``tito race`` in this process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from recsys_backends import get_backend, set_backend
from tests.tito.race_command import Outcome, Run
from tito.main import main


@pytest.fixture(autouse=True)
def _same_backend_afterwards() -> Iterator[None]:
    before = get_backend().name
    yield
    set_backend(before)


def write_tiny(folder: Path) -> None:
    """A dataset of 30 users and 40 items that comes already split."""
    rng = np.random.default_rng(0)
    parts: dict[str, list[str]] = {"train": [], "valid": [], "test": []}
    for user in range(30):
        items = [user, user + 1, *(rng.permutation(40)[:9])]
        items = list(dict.fromkeys(map(int, [*items, 31 + user % 9])))
        cuts = len(items) - 4, len(items) - 2
        parts["train"].append(f"{user} " + " ".join(map(str, items[: cuts[0]])))
        parts["valid"].append(f"{user} " + " ".join(map(str, items[cuts[0] : cuts[1]])))
        parts["test"].append(f"{user} " + " ".join(map(str, items[cuts[1] :])))
    (folder / "ml-1m-implicit").mkdir()
    for name, lines in parts.items():
        (folder / "ml-1m-implicit" / f"{name}.txt").write_text("\n".join(lines) + "\n")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    write_tiny(folder)
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """An empty folder to write to."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def race(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data: Path) -> Run:
    """Run ``tito race`` on the tiny data in this process."""
    monkeypatch.setenv("RECSYS_EDU_DATA", str(data))

    def call(*arguments: object) -> Outcome:
        argv = ["tito", "race", "--dataset", "ml-1m-implicit", *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", argv)
        status = 0
        try:
            main()
        except SystemExit as leaving:
            status = leaving.code if isinstance(leaving.code, int) else int(bool(leaving.code))
        return Outcome(status, *capsys.readouterr())

    return call
