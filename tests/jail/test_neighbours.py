"""Jails beside each other: the many processes of one do not take the processors from another."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.jail.conftest import needs_bubblewrap
from tito.jail import cgroups
from tito.jail.jail import Jail
from tito.jail.limits import Limits
from tito.judging.failures import Failure, sentence_about_lateness
from tito.judging.remote import LearnerError, Remote, connection_of

pytestmark = [needs_bubblewrap, pytest.mark.slow]  # they keep all processors busy
CODE = """
import os
import time


def spin(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return True


def spin_in_children(n):
    for _ in range(n):
        if os.fork() == 0:
            spin(60)
            os._exit(0)
    return True


def sleep(seconds):
    time.sleep(seconds)
    return True


def used_in_children(n, seconds):
    children = []
    for _ in range(n):
        child = os.fork()
        if child == 0:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                pass
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    times = os.times()
    return times.children_user + times.children_system
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "work.py"
    path.write_text(CODE)
    return path


def test_an_honest_call_answers_beside_45_spinning_processes(module: Path) -> None:
    with (
        Jail([module]) as theirs,
        Remote(module, launch=theirs) as spinning,
        Jail([module]) as own,
        Remote(module, launch=own, seconds=4) as honest,
    ):
        assert honest.sleep(0) is True
        assert spinning.spin_in_children(45) is True
        assert honest.spin(1.0) is True


def test_a_jail_has_no_more_than_its_processors(module: Path) -> None:
    with (
        Jail([module], limits=Limits(processors=1.0)) as jail,
        Remote(module, launch=jail) as remote,
    ):
        start = time.monotonic()
        used = remote.used_in_children(3, 2.0)
        seconds = time.monotonic() - start
        if not jail.holds_processors:
            pytest.skip("no control group can be made here: nothing bounds a jail as a whole")
        # Without the bound, it is near two processors where the machine has them free.
        assert used < 1.3 * seconds


def test_the_group_is_gone_afterwards(module: Path) -> None:
    with Jail([module]) as jail, Remote(module, launch=jail) as remote:
        assert remote.sleep(0)
        entries = jail._group_entries()
        assert all(entry.read_text().split() for entry in entries)
    assert not any(entry.parent.exists() for entry in entries)


def test_a_late_call_says_if_it_was_kept_waiting(
    module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Remote(module, seconds=1) as remote:
        monkeypatch.setattr("tito.wire.pipe.waits_below", lambda pid: {1: 3.0})
        with pytest.raises(LearnerError, match=r"had not answered after 1 s: is there a loop"):
            remote.sleep(30)
        assert not connection_of(remote).was_kept_waiting
        account = iter(range(1000))
        monkeypatch.setattr("tito.wire.pipe.waits_below", lambda pid: {1: next(account)})
        with pytest.raises(LearnerError, match=r"the machine was busy"):
            remote.sleep(30)
        assert connection_of(remote).failure is Failure.LATE
        assert connection_of(remote).was_kept_waiting
        connection_of(remote).allow_seconds(20)
        assert not connection_of(remote).was_kept_waiting


def test_the_sentence_names_the_waiting() -> None:
    assert "3 s more in which it waited" in sentence_about_lateness("rank", 20, 3.0)


def test_a_group_of_version_1_gets_a_quota(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On folders that look like the kernel's."""
    monkeypatch.setattr(cgroups, "_ROOT", tmp_path)
    (tmp_path / "cpu" / "a").mkdir(parents=True)
    assert cgroups.processor_group(2.0, "4:cpu,cpuacct:/a\n0::/\n") is None
    assert list((tmp_path / "cpu" / "a").iterdir()) == []
    made = Path.mkdir

    def mkdir(path: Path, *more: int, **others: bool) -> None:
        made(path, *more, **others)
        for name in ("cpu.cfs_period_us", "cpu.cfs_quota_us"):
            (path / name).touch()

    monkeypatch.setattr(Path, "mkdir", mkdir)
    group = cgroups.processor_group(2.0, "4:cpu,cpuacct:/a\n0::/\n")
    assert group is not None
    assert (group.entry.parent / "cpu.cfs_quota_us").read_text() == "200000"
    assert str(os.getpid()) in group.entry.parent.name


def test_a_group_of_version_2_gets_a_maximum(tmp_path: Path) -> None:
    for name in ("cpu.max", "memory.max"):
        (tmp_path / name).touch()
    assert cgroups.MemoryGroup(tmp_path).hold_processors(1.5)
    assert (tmp_path / "cpu.max").read_text() == "150000 100000"
