"""A database in a file of the test's own; measurements that wait for nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tito.jail import machine_lock
from tito.leaderboard.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(str(tmp_path / "board.db")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _own_lock(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the machine's lock to others: no figure of these tests has to be exact."""
    monkeypatch.setattr(machine_lock, "FOLDERS", (tmp_path_factory.mktemp("lock"),))
