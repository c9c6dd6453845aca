"""Jailed code, and the same code outside of a jail."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tito.jail import timed_group
from tito.jail.jail import Jail
from tito.jail.limits import MIB, Limits
from tito.judging.remote import Remote

ATTEMPTS = Path(__file__).with_name("attempts.py")
SMALL = Limits(
    memory=512 * MIB, processes=24, work_bytes=4 * MIB, file_bytes=8 * MIB, wall_seconds=120
)
needs_bubblewrap = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="bubblewrap is not installed; CI has it"
)


@pytest.fixture(scope="module")
def jailed(request: pytest.FixtureRequest) -> Iterator[Remote]:
    """The test file's ATTEMPTS in a jail."""
    attempts: Path = getattr(request.module, "ATTEMPTS", ATTEMPTS)
    with Jail([attempts], limits=SMALL) as jail, Remote(attempts, launch=jail) as remote:
        yield remote


@pytest.fixture(scope="module")
def outside(request: pytest.FixtureRequest) -> Iterator[Remote]:
    """The same in a process like any other, to see that the jail is what stops them."""
    with Remote(getattr(request.module, "ATTEMPTS", ATTEMPTS)) as remote:
        yield remote


@pytest.fixture
def own_prefix(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A prefix of timed groups that tests beside this one do not sweep."""
    prefix = f"recsys-swept-{os.getpid()}"
    monkeypatch.setattr(timed_group, "PREFIX", prefix)
    yield prefix
    timed_group.sweep()
