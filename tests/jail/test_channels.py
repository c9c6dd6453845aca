"""Messages between jails: closed in a jail, and open outside of one, where the attempts work."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.jail.conftest import SMALL, needs_bubblewrap
from tito.jail import seccomp
from tito.jail.jail import Jail
from tito.judging.remote import LearnerError, Remote

ATTEMPTS = Path(__file__).with_name("channel_attempts.py")
ROOT = Path(__file__).resolve().parents[2]
AS_ROOT = os.geteuid() == 0
pytestmark = [
    needs_bubblewrap,
    pytest.mark.skipif(seccomp.program() is None, reason="no filter for this processor"),
]
BY_FILE = [
    "record_lock", "look_at_record_locks", "open_file_lock", "whole_file_lock", "lease",
    "folder_notice", "watch", "touch_null", "resident_pages", "evict_pages",
]  # fmt: skip
AMOUNTS = [
    "shared_segment", "semaphores", "message_queue", "large_pipe", "terminal", "processes_started",
]  # fmt: skip
COUNTERS = [
    "/proc/loadavg", "/proc/uptime", "/proc/vmstat", "/proc/sys/fs/file-nr",
    "/proc/sys/fs/inode-nr", "/proc/sys/kernel/pty/nr",
]  # fmt: skip


@pytest.mark.parametrize("channel", [*BY_FILE, *AMOUNTS])
def test_a_jail_has_no_such_channel(channel: str, jailed: Remote, outside: Remote) -> None:
    assert getattr(outside, channel)() is True
    with pytest.raises(LearnerError, match=r"Error|raised"):
        getattr(jailed, channel)()


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86-64")
def test_asynchronous_requests_are_not_to_be_had(jailed: Remote, outside: Remote) -> None:
    assert outside.asynchronous_requests() is True
    with pytest.raises(LearnerError, match="PermissionError"):
        jailed.asynchronous_requests()


@pytest.mark.parametrize("path", COUNTERS)
def test_counters_of_the_machine_are_covered(path: str, jailed: Remote, outside: Remote) -> None:
    assert outside.machine_counter(path) is True
    with pytest.raises(LearnerError, match=r"IndexError|FileNotFoundError"):
        jailed.machine_counter(path)


@pytest.mark.parametrize("name", ["mem", "maps", "environ", "fd", "root", "cwd"])
def test_the_first_process_is_out_of_reach(name: str, jailed: Remote, outside: Remote) -> None:
    assert outside.first_process(name) is True
    with pytest.raises(LearnerError, match="FileNotFoundError"):
        jailed.first_process(name)


def test_jails_have_no_sockets_in_common(jailed: Remote) -> None:
    name = f"between-{os.getpid()}".encode()
    with Jail([ATTEMPTS], limits=SMALL) as jail, Remote(ATTEMPTS, launch=jail) as other:
        assert other.listen(name) is True
        assert other.abstract_socket(name) is True
        with pytest.raises(LearnerError, match="ConnectionRefusedError"):
            jailed.abstract_socket(name)


AS_A_USER = """
import os, sys
from pathlib import Path
from tito.jail.availability import require_jail
from tito.jail.jail import Jail
from tito.judging.remote import LearnerError, Remote
assert os.geteuid() != 0
print(require_jail())
module = Path(sys.argv[1])
with Jail([module]) as jail, Remote(module, launch=jail) as remote:
    for call, *arguments in [[name] for name in sys.argv[2].split()] + [["first_process", "mem"]]:
        try:
            getattr(remote, call)(*arguments)
        except LearnerError:
            continue
        print("open:", call)
    try:
        remote.nothing_of_that_name()
    except AttributeError:
        print("done")
"""
FIND_BASE = "import pathlib, sys; pathlib.Path(sys._base_executable).resolve(strict=True)"


def python_of_all_users() -> str | None:
    """Return a Python of this version that an ordinary user of the machine can start."""
    for program in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        command = [*_as_a_user(), program, "-c", FIND_BASE]
        seen = subprocess.run(command, capture_output=True, check=False)
        if seen.returncode == 0:
            return program
    return None


def _as_a_user() -> list[str]:
    if not AS_ROOT:
        return []
    return ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"]


def test_an_ordinary_user_has_the_same_walls(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Root's jails belong to another user; those of others belong to their own."""
    program = python_of_all_users()
    if program is None:
        pytest.skip("no ordinary user can start a Python of this version here")
    paths = [str(ROOT), str(ROOT / "backends"), sysconfig.get_path("purelib")]
    names = " ".join([*BY_FILE, *AMOUNTS])
    seen = subprocess.run(
        [*_as_a_user(), program, "-c", AS_A_USER, str(ATTEMPTS), names],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(paths), "TMPDIR": "/tmp"},
        cwd="/", capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "lets no one make namespaces" in seen.stderr or "PermissionError" in seen.stderr:
        pytest.skip(f"no jail for an ordinary user here: {seen.stderr.strip().splitlines()[-1]}")
    assert seen.returncode == 0, seen.stderr
    assert "system calls are filtered" in seen.stdout
    assert "open:" not in seen.stdout
    assert seen.stdout.splitlines()[-1] == "done"
