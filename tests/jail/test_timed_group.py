"""Control groups of timed jails: what they hold, and that nothing of them is left."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tito.jail import timed_group
from tito.jail.timed_group import NoTimedGroupError, TimedGroup, numbers_in, sweep

SPIN = "while True: pass"
JUDGE = """
import subprocess, sys, time
from tito.jail import timed_group
timed_group.PREFIX = sys.argv[1]
group = timed_group.timed_group(1)
joins = "; ".join(f"echo 0 > {entry}" for entry in group.entries)
child = subprocess.Popen(["/bin/sh", "-c", f"{joins}; echo; exec sleep 100"], stdout=-1)
child.stdout.readline()
group.freeze()
print(group.folder, child.pid, flush=True)
time.sleep(100)
"""


def group_or_none(version: int) -> TimedGroup | None:
    """A group of one of the kernel's interfaces; the second has a freezer without a cpuset here."""
    try:
        if version == 1:
            made = timed_group.timed_group(1)
            return made if made.version == 1 else None
        tops = (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup"))
        top = next(top for top in tops if (top / "cgroup.controllers").exists())
        return timed_group._make(2, [top] * 3, 1)
    except (NoTimedGroupError, OSError, StopIteration):
        return None


@pytest.fixture(params=[1, 2])
def group(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimedGroup]:
    if request.param == 2:
        monkeypatch.setattr(timed_group, "_give_processors", lambda *_: None)
    made = group_or_none(request.param)
    if made is None:
        pytest.skip(f"no control groups of version {request.param} can be made here")
    yield made
    made.close()


@pytest.fixture
def usual_group() -> Iterator[TimedGroup]:
    """A group with all its parts, of the version that this machine has."""
    try:
        made = timed_group.timed_group(1)
    except NoTimedGroupError as error:
        pytest.skip(str(error))
    yield made
    made.close()


@contextlib.contextmanager
def started_in(group: TimedGroup, code: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group, which ends with the block even where the group fails to end it."""
    joins = "; ".join(f"echo 0 > {entry}" for entry in group.entries)
    command = ["/bin/sh", "-c", f'{joins}; echo; exec "$@"', "sh", sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()
            for switch, thawed in (("freezer.state", "THAWED"), ("cgroup.freeze", "0")):
                if (group.folder / switch).exists():
                    (group.folder / switch).write_text(thawed)


def judge_with(prefix: str) -> subprocess.Popen[bytes]:
    """A process that has frozen another, and says which."""
    return subprocess.Popen([sys.executable, "-c", JUDGE, prefix], stdout=subprocess.PIPE)


def wait_until_it_runs(group: TimedGroup) -> None:
    start = group.cpu_ns()
    end = time.monotonic() + 20
    while group.cpu_ns() < start + 10**7:
        assert time.monotonic() < end
        time.sleep(0.01)


def exists(pid: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def is_gone(pid: int) -> bool:
    end = time.monotonic() + 10
    while exists(pid) and time.monotonic() < end:
        time.sleep(0.01)
    return not exists(pid)


def test_a_frozen_process_uses_no_processor_time_until_it_is_thawed(group: TimedGroup) -> None:
    with started_in(group, SPIN):
        wait_until_it_runs(group)
        group.freeze()
        assert group.is_frozen()
        before = group.cpu_ns()
        time.sleep(0.1)
        assert group.cpu_ns() == before
        group.thaw()
        wait_until_it_runs(group)


def test_a_frozen_process_can_be_ended(group: TimedGroup) -> None:
    with started_in(group, SPIN) as process:
        group.freeze()
        os.kill(process.pid, signal.SIGKILL)
        if group.version == 1:  # the signal waits for it to be thawed
            time.sleep(0.1)
            assert process.poll() is None
        group.end()
        assert process.wait(10) == -signal.SIGKILL


def test_closing_ends_what_is_frozen_and_leaves_no_folder(group: TimedGroup) -> None:
    with started_in(group, SPIN) as process:
        group.freeze()
        group.close()
        assert process.wait(10) == -signal.SIGKILL
    assert not any(entry.parent.exists() for entry in group.entries)


def test_a_process_has_the_processors_of_its_group(usual_group: TimedGroup) -> None:
    with started_in(usual_group, SPIN) as process:
        assert len(os.sched_getaffinity(process.pid)) == 1
        os.sched_setaffinity(process.pid, range(os.cpu_count() or 1))  # which it cannot leave
        assert len(os.sched_getaffinity(process.pid)) == 1


def test_frozen_leftovers_of_a_killed_judge_are_swept_and_those_of_others_are_not(
    own_prefix: str, usual_group: TimedGroup
) -> None:
    with (
        started_in(usual_group, SPIN) as own,
        subprocess.Popen(
            [sys.executable, "-c", JUDGE, own_prefix], stdout=subprocess.PIPE
        ) as judge,
    ):
        usual_group.freeze()
        assert judge.stdout is not None
        folder, pid = judge.stdout.readline().decode().split()
        sweep()
        assert exists(int(pid))  # its judge is there
        judge.kill()
        judge.wait()
        time.sleep(0.1)
        assert exists(int(pid))  # frozen, and nobody is left to end it
        sweep()
        assert is_gone(int(pid))
        assert not Path(folder).exists()
        assert not Path(folder.replace("/freezer/", "/cpuset/")).exists()
        assert own.poll() is None
        assert usual_group.is_frozen()
        usual_group.end()


def test_the_next_group_that_is_made_sweeps(own_prefix: str, usual_group: TimedGroup) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", JUDGE, own_prefix], stdout=subprocess.PIPE
    ) as judge:
        assert judge.stdout is not None
        folder, pid = judge.stdout.readline().decode().split()
        judge.kill()
        judge.wait()
    timed_group.timed_group(1).close()
    assert is_gone(int(pid))
    assert not Path(folder).exists()


def test_where_no_group_can_be_made_a_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timed_group, "ROOT", tmp_path)
    with pytest.raises(NoTimedGroupError, match=r"the kernel offers none.*run it as root"):
        timed_group.timed_group(1)
    for name in ("freezer", "cpuset", "cpuacct"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cgroup.procs").touch()
    with pytest.raises(NoTimedGroupError, match="freezer"):  # its folders hold no files
        timed_group.timed_group(1)
    assert list(tmp_path.rglob("recsys-timed-*")) == []


def test_processes_that_do_not_freeze_are_ended(
    group: TimedGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timed_group, "SECONDS_TO_FREEZE", 0.1)
    monkeypatch.setattr(TimedGroup, "is_frozen", lambda self: False)
    with started_in(group, SPIN) as process:
        with pytest.raises(timed_group.NotFrozenError, match="could not be stopped"):
            group.freeze()
        assert process.wait(10) == -signal.SIGKILL


@pytest.mark.parametrize(
    ("text", "numbers"), [("0-2,5\n", [0, 1, 2, 5]), ("3", [3]), ("\n", []), ("0,2-3", [0, 2, 3])]
)
def test_lists_of_processors_are_read(text: str, numbers: list[int]) -> None:
    assert numbers_in(text) == numbers


def test_folders_that_others_remove_are_passed_over(tmp_path: Path) -> None:
    """Two judges sweep at once."""
    for n in range(20):
        (tmp_path / f"own-{n}" / "below").mkdir(parents=True)
    found = timed_group.folders_below(tmp_path, "below")
    next(found)
    shutil.rmtree(tmp_path)
    list(found)
