"""The lock of the machine: measurements alone, other work side by side but not during one."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tito.jail.machine_lock import (
    MEASURED,
    WORKING,
    MachineLockError,
    disturbing,
    measuring,
)

Lock = Callable[..., contextlib.AbstractContextManager[None]]


class Holder:
    """A thread that takes the lock, and gives it back when it is told."""

    def __init__(self, lock: Lock, folder: Path) -> None:
        self.said: list[str] = []
        self.has_it = threading.Event()
        self._let_go = threading.Event()
        self._thread = threading.Thread(target=self._hold, args=(lock, folder))
        self._thread.start()

    def _hold(self, lock: Lock, folder: Path) -> None:
        with lock(self.said.append, folder):
            self.has_it.set()
            self._let_go.wait(20)

    def waits(self) -> bool:
        """Whether it has said that it waits, and does."""
        end = time.monotonic() + 10
        while not self.said and time.monotonic() < end:
            time.sleep(0.005)
        return bool(self.said) and not self.has_it.is_set()

    def let_go(self) -> None:
        self._let_go.set()
        self._thread.join()


@contextlib.contextmanager
def held(lock: Lock, folder: Path) -> Iterator[Holder]:
    holder = Holder(lock, folder)
    yield holder
    holder.let_go()


@pytest.mark.parametrize("second", [measuring, disturbing])
def test_a_measurement_keeps_all_else_waiting(second: Lock, tmp_path: Path) -> None:
    with held(measuring, tmp_path) as first:
        assert first.has_it.wait(10)
        with held(second, tmp_path) as later:
            assert later.waits()
            assert later.said == [MEASURED]
            first.let_go()
            assert later.has_it.wait(10)
    assert first.said == []


def test_other_work_goes_on_side_by_side(tmp_path: Path) -> None:
    with held(disturbing, tmp_path) as first, held(disturbing, tmp_path) as second:
        assert first.has_it.wait(10)
        assert second.has_it.wait(10)


def test_a_measurement_gets_its_turn_before_work_that_came_later(tmp_path: Path) -> None:
    with held(disturbing, tmp_path) as working:
        assert working.has_it.wait(10)
        with held(measuring, tmp_path) as waiting:
            assert waiting.waits()
            assert waiting.said == [WORKING]
            with held(disturbing, tmp_path) as later:
                assert later.waits()
                working.let_go()
                assert waiting.has_it.wait(10)
                assert not later.has_it.is_set()
                waiting.let_go()
                assert later.has_it.wait(10)


def test_the_lock_is_gone_with_the_process_that_held_it(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from tito.jail.machine_lock import measuring\n"
        "with measuring(folder=Path(sys.argv[1])): print(flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with held(measuring, tmp_path) as waiting:
            assert waiting.waits()
            process.kill()
            assert waiting.has_it.wait(10)


@pytest.mark.parametrize("outer", [measuring, disturbing])
@pytest.mark.parametrize("inner", [measuring, disturbing])
def test_a_thread_that_would_wait_for_itself_is_told(
    outer: Lock, inner: Lock, tmp_path: Path
) -> None:
    with outer(folder=tmp_path), pytest.raises(MachineLockError, match="wait for itself"):  # noqa: SIM117
        with inner(folder=tmp_path):
            pass
    with inner(folder=tmp_path):  # it has been given back
        pass


def test_a_lock_file_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recsys-gate.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MachineLockError, match=r"recsys-gate\.lock cannot be opened"):  # noqa: SIM117
        with measuring(folder=tmp_path):
            pass
    assert not (tmp_path / "elsewhere").exists()
