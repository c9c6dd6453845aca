"""Time limits of calls beside neighbours that use all processors."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from tito.wire import pipe
from tito.wire.pipe import Deadline
from tito.wire.waiting import longest_wait, waits_below

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's account is Linux's")
SPIN = "import time\nend = time.process_time() + {seconds}\nwhile time.process_time() < end: pass"


@contextlib.contextmanager
def spinning(n: int, cpu: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start processes that spin on one processor."""
    code = f"import os; os.sched_setaffinity(0, [{cpu}]); print('ready', flush=True)\n"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code + SPIN.format(seconds=60)], stdout=subprocess.PIPE
        )
        for _ in range(n)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_waiting_is_counted_for_descendants_too() -> None:
    cpu = min(os.sched_getaffinity(0))
    with spinning(3, cpu) as processes:
        one = processes[0].pid
        before, before_all = waits_below(one), waits_below(os.getpid())
        time.sleep(1.5)
        assert longest_wait(before, waits_below(one)) > 0.3
        assert longest_wait(before_all, waits_below(os.getpid())) > 0.3
        assert set(before) < set(before_all)


def test_sleep_is_no_waiting() -> None:
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        time.sleep(0.5)
        before = waits_below(sleeper.pid)
        time.sleep(1.0)
        assert longest_wait(before, waits_below(sleeper.pid)) < 0.3
    finally:
        sleeper.kill()
        sleeper.wait()
    assert waits_below(sleeper.pid) == {}


def test_a_deadline_is_put_off_by_waiting_and_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    account = iter([{1: 5.0}, {1: 5.4}, {1: 5.4}])
    monkeypatch.setattr(pipe, "waits_below", lambda pid: next(account))
    monkeypatch.setattr(pipe, "_SECONDS_TO_FIRST_LOOK", 0.05)
    start, ends = time.monotonic(), []
    with Deadline(0.2, lambda: ends.append(time.monotonic()), 1) as deadline:
        while not ends and time.monotonic() - start < 20:
            time.sleep(0.01)
    assert deadline.passed
    assert deadline.waited == pytest.approx(0.4)
    assert ends[0] - start >= 0.6


def test_whoever_always_waits_is_ended_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    account = iter(range(0, 10**6, 1000))
    monkeypatch.setattr(pipe, "waits_below", lambda pid: {1: next(account)})
    monkeypatch.setattr(pipe, "_SECONDS_TO_FIRST_LOOK", 0.05)
    start, ends = time.monotonic(), []
    with Deadline(0.2, lambda: ends.append(time.monotonic()), 1) as deadline:
        while not ends and time.monotonic() - start < 20:
            time.sleep(0.01)
    assert deadline.waited == pytest.approx((pipe.PATIENCE - 1) * 0.2)
    assert ends[0] - start >= pipe.PATIENCE * 0.2 - 0.01


def test_a_deadline_without_a_process_is_not_put_off() -> None:
    ends: list[bool] = []
    with Deadline(0.1, lambda: ends.append(True)) as deadline:
        time.sleep(0.3)
    assert ends == [True]
    assert deadline.waited == 0.0


NAMED = """
import ctypes, time
ctypes.CDLL(None).prctl(15, {name!r}, 0, 0, 0)
print("ready", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("name", [b"\xff\xfe", b") R 1 1", b"a\nb) (", b" "])
def test_the_name_of_a_process_does_not_hide_a_time_limit(name: bytes) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", NAMED.format(name=name)], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        assert process.pid in waits_below(os.getpid())
        with Deadline(0.6, process.kill, os.getpid()) as deadline:
            process.wait(timeout=30)
        assert deadline.passed
    finally:
        process.kill()
        process.communicate()


def test_a_look_that_fails_puts_nothing_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the first one fails: what was waited before the block does not count."""
    looks: Iterator[dict[int, float] | None] = iter([None, {1: 5.0}])

    def look(pid: int) -> dict[int, float]:
        found = next(looks)
        if found is None:
            raise OSError("too many open files")
        return found

    monkeypatch.setattr(pipe, "waits_below", look)
    monkeypatch.setattr(pipe, "_SECONDS_TO_FIRST_LOOK", 0.05)
    ended = threading.Event()
    with Deadline(0.2, ended.set, 1) as deadline:
        assert ended.wait(30)
    assert deadline.passed
    assert deadline.waited == 0.0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_watch_that_fails_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that nobody watches would be none; the failure itself is printed."""

    def fail(pid: int) -> dict[int, float]:
        raise ValueError("an account in another form")

    monkeypatch.setattr(pipe, "waits_below", fail)
    ended = threading.Event()
    with Deadline(600.0, ended.set, os.getpid()) as deadline:
        assert ended.wait(30)
    assert deadline.passed
