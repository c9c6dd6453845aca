"""The sources to build from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packaging.commands import copy_sources


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """What git tracks, in a folder of its own."""
    return copy_sources(tmp_path / "source")
