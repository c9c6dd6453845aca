"""Sessions of timed calls, in jails that this machine can freeze."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tito.jail.timed import TimedJail
from tito.jail.timed_group import NoTimedGroupError, timed_group
from tito.judging.clock import TimedSession

ENTRIES = Path(__file__).with_name("timed_entries.py")


@pytest.fixture(scope="session")
def freezer() -> None:
    """Skip where no jail can be frozen: CI runs as root, with control groups."""
    try:
        timed_group(1).close()
    except NoTimedGroupError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def session(freezer: None) -> Iterator[TimedSession]:
    """The entries of ``timed_entries.py``, in a timed jail."""
    with TimedSession(ENTRIES, TimedJail, seconds=60) as opened:
        yield opened


@pytest.fixture
def spoilt_session(freezer: None) -> Iterator[TimedSession]:
    """The same, for calls after which it is of no use."""
    with TimedSession(ENTRIES, TimedJail, seconds=60) as opened:
        yield opened
