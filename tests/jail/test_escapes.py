"""Ways out of the jail: each fails, and each works outside of it where trying that does no harm."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from tests.jail.conftest import ATTEMPTS, SMALL, needs_bubblewrap
from tito.jail.jail import Jail
from tito.jail.limits import MIB, Limits
from tito.judging.remote import LearnerError, Remote

ROOT = Path(__file__).resolve().parents[2]
AS_ROOT = os.geteuid() == 0
pytestmark = needs_bubblewrap


def fails(remote: Remote, name: str, *arguments: Any) -> str:
    """Make an attempt, which must come to nothing; why it did."""
    with pytest.raises(LearnerError) as caught:
        getattr(remote, name)(*arguments)
    return str(caught.value)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as an instructor has it."""
    folder = tmp_path_factory.mktemp("course")
    (folder / "gradebook.db").write_bytes(b"marks")
    (folder / "submitted" / "ada").mkdir(parents=True)
    (folder / "submitted" / "ada" / "bpr.ipynb").write_bytes(b"her work")
    return folder


FILES = [
    "{course}/gradebook.db",
    "{course}/submitted/ada/bpr.ipynb",
    f"{ROOT}/modules/05_bpr/hidden.py",
    f"{ROOT}/modules/05_bpr/05_bpr.py",
    f"{ROOT}/backends/recsys_backends/naive/bpr.py",
    f"{ROOT}/tito/judging/clauses.py",
    "/etc/hostname",
    "/proc/self/cwd/../../../../../../etc/group",
]


@pytest.mark.parametrize("path", FILES)
def test_files_of_the_machine_are_not_there(
    path: str, course: Path, jailed: Remote, outside: Remote
) -> None:
    path = path.format(course=course)
    assert outside.read_file(path)
    for attempt in ("read_file", "read_through_a_link", "open_for_writing"):
        assert "raised" in fails(jailed, attempt, path)


def test_the_gradebook_cannot_be_written(course: Path, jailed: Remote, outside: Remote) -> None:
    fails(jailed, "write_file", str(course / "gradebook.db"), b"all passed")
    assert (course / "gradebook.db").read_bytes() == b"marks"
    copy = course / "copy.db"
    assert outside.write_file(str(copy), b"all passed") == 10


@pytest.mark.parametrize("path", ["/sys", "/sys/fs/cgroup", "/home", "/boot", "/run", "/usr/share"])
def test_folders_of_the_machine_are_not_there(path: str, jailed: Remote, outside: Remote) -> None:
    if Path(path).exists():
        outside.list_folder(path)
    assert "FileNotFoundError" in fails(jailed, "list_folder", path)


def test_only_the_judges_part_of_this_software_is_there(jailed: Remote) -> None:
    packages = {name.partition("-")[0] for name in jailed.list_folder("/jail/packages")}
    assert packages == {"numpy", "numpy.libs"}
    assert jailed.list_folder("/jail/code") == ["recsys_backends", "recsys_edu", "tito"]
    backends = set(jailed.list_folder("/jail/code/recsys_backends")) - {"__pycache__"}
    assert backends == {
        "__init__.py", "__init__.pyi", "errors.py", "lazy.py", "plan.py", "protocol.py",
        "random.py", "registry.py", "whole_numbers.py",
    }  # fmt: skip
    assert set(jailed.list_folder("/jail/code/tito")) - {"__pycache__"} == {
        "__init__.py", "jail", "wire",
    }  # fmt: skip
    wire = set(jailed.list_folder("/jail/code/tito/wire")) - {"__pycache__"}
    assert wire == {
        "__init__.py", "frames.py", "masking.py", "pipe.py", "proxies.py", "runner.py",
        "tensors.py", "values.py", "waiting.py",
    }  # fmt: skip


def test_shipped_answers_cannot_be_imported_by_removing_the_mask(
    jailed: Remote, outside: Remote
) -> None:
    assert outside.import_answers() == "recsys_backends.naive.bpr"
    assert "No module named 'recsys_backends.naive'" in fails(jailed, "import_answers")


def test_devices_are_the_harmless_ones(jailed: Remote) -> None:
    harmless = {
        "core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout",
        "tty", "urandom", "zero",
    }  # fmt: skip
    assert set(jailed.list_folder("/dev")) == harmless


def test_no_device_can_be_made(tmp_path: Path, jailed: Remote, outside: Remote) -> None:
    if AS_ROOT:
        assert outside.make_device(str(tmp_path / "disk"))
    assert "PermissionError" in fails(jailed, "make_device", "/desk/disk")


def test_what_is_mounted_cannot_be_changed(tmp_path: Path, jailed: Remote, outside: Remote) -> None:
    (tmp_path / "own").touch()
    assert outside.make_writable(str(tmp_path / "own"))
    for path in (str(ATTEMPTS), "/jail/code/tito/judging/runner.py", sys.base_prefix, "/", "/dev"):
        fails(jailed, "make_writable", path)
        fails(jailed, "write_file", f"{path}/x", b"")
        fails(jailed, "open_for_writing", path)
    assert "Read-only" in fails(jailed, "write_file", "/dev/x", b"") or not AS_ROOT


def test_nothing_can_be_remounted(jailed: Remote) -> None:
    fails(jailed, "remount")


@pytest.mark.parametrize(
    "path", ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/1/mem"]
)
def test_the_kernels_switches_are_out_of_reach(path: str, jailed: Remote, outside: Remote) -> None:
    if AS_ROOT and path.startswith("/proc/sys/"):
        assert outside.open_for_writing(path)
    fails(jailed, "open_for_writing", path)


def test_the_launchers_environment_is_not_there(
    jailed: Remote, outside: Remote, monkeypatch: pytest.MonkeyPatch, course: Path
) -> None:
    monkeypatch.setenv("COURSE_SECRET", "b7c2f19a")
    with Remote(ATTEMPTS) as plain:
        assert b"b7c2f19a" in plain.environments()
    with Jail([ATTEMPTS]) as jail, Remote(ATTEMPTS, launch=jail) as remote:
        found = remote.environments()
        assert b"RECSYS" not in found
        assert b"b7c2f19a" not in found
        assert b"bubblewrap" not in (said := remote.command_lines())
        assert str(Path(tempfile.gettempdir(), "recsys-held")).encode() not in said


def test_no_open_file_is_inherited(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    descriptor = os.open(secret, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    code = "import runpy, sys; print(runpy.run_path(sys.argv[1])['open_files']())"
    seen = subprocess.run(
        [sys.executable, "-c", code, str(ATTEMPTS)],
        close_fds=False, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert str(secret) in seen.stdout
    try:
        with Jail([ATTEMPTS]) as jail, Remote(ATTEMPTS, launch=jail) as remote:
            found = remote.open_files()
    finally:
        os.close(descriptor)
    assert all(name.startswith(("pipe:", "/dev/null", "/proc/")) for name in found)
    assert sum(name.startswith("pipe:") for name in found) == 2


def test_no_tcp(jailed: Remote, outside: Remote) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert outside.connect(port)
        fails(jailed, "connect", port)


def test_no_udp(jailed: Remote, outside: Remote) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(1)
        port = server.getsockname()[1]
        outside.send_datagram(port)
        assert server.recv(10) == b"hello"
        jailed.send_datagram(port)  # to a loopback of its own
        with pytest.raises(TimeoutError):
            server.recv(10)


def test_no_unix_sockets_of_others(tmp_path: Path, jailed: Remote, outside: Remote) -> None:
    name = f"recsys-{os.getpid()}".encode()
    with socket.socket(socket.AF_UNIX) as abstract, socket.socket(socket.AF_UNIX) as named:
        abstract.bind(b"\0" + name)
        named.bind(str(tmp_path / "s"))
        for server in (abstract, named):
            server.listen()
        assert outside.connect_abstract(name)
        assert outside.connect_path(str(tmp_path / "s"))
        fails(jailed, "connect_abstract", name)
        fails(jailed, "connect_path", str(tmp_path / "s"))


def test_no_virtual_sockets_and_no_names(jailed: Remote) -> None:
    fails(jailed, "virtual_socket")
    fails(jailed, "resolve")


def test_others_get_no_signals(jailed: Remote, outside: Remote) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        for pid in (bystander.pid, os.getpid(), os.getppid()):
            if pid > 3:
                assert outside.send_signal(pid, 0)
                assert "ProcessLookupError" in fails(jailed, "send_signal", pid, signal.SIGKILL)
        if AS_ROOT:
            assert "PermissionError" in fails(jailed, "send_signal", 1, signal.SIGKILL)
        assert "ProcessLookupError" in fails(jailed, "kill_everything")  # nobody that it may
        assert bystander.poll() is None
        assert jailed.nothing() == "nothing"
    finally:
        bystander.kill()
        bystander.communicate()


def test_a_fork_bomb_is_small(jailed: Remote, outside: Remote) -> None:
    assert outside.fork_many(40) == 40
    assert 0 < jailed.fork_many(200) < SMALL.processes
    assert jailed.nothing() == "nothing"


def test_zombies_count(jailed: Remote, outside: Remote) -> None:
    with Remote(ATTEMPTS) as plain:
        assert plain.leave_zombies(40) == 40
    with Jail([ATTEMPTS], limits=SMALL) as jail, Remote(ATTEMPTS, launch=jail) as remote:
        assert 0 < remote.leave_zombies(200) < SMALL.processes


def test_threads_count(jailed: Remote, outside: Remote) -> None:
    assert outside.start_many_threads(40) == 40
    assert 0 < jailed.start_many_threads(200) < SMALL.processes


def test_memory_has_an_end(outside: Remote) -> None:
    limits = Limits(memory=256 * MIB)
    assert outside.take_memory(300) == 300 * MIB
    with Jail([ATTEMPTS], limits=limits) as jail, Remote(ATTEMPTS, launch=jail) as remote:
        assert remote.take_memory(50) == 50 * MIB
        fails(remote, "take_memory", 300)
        assert remote.nothing() == "nothing"


def test_memory_of_all_processes_has_one_end(outside: Remote) -> None:
    assert outside.take_memory_in_children(4, 100) == 4
    with Jail([ATTEMPTS], limits=Limits(memory=256 * MIB)) as jail:
        remote = Remote(ATTEMPTS, launch=jail)
        with remote, contextlib.suppress(LearnerError):  # the kernel may choose the runner itself
            remote.take_memory_in_children(4, 100)
        if jail.group_version is None:
            pytest.skip("no control group can be made here: memory is limited by process only")
        assert jail.times_full() > 0


@pytest.mark.parametrize("folder", ["/desk", "/tmp", "/dev/shm"])
def test_disks_have_an_end(folder: str, tmp_path: Path, jailed: Remote, outside: Remote) -> None:
    assert outside.fill(str(tmp_path), 12) == 12 * MIB
    assert jailed.fill(folder, 3) == 3 * MIB
    assert "No space left" in fails(jailed, "fill", folder, 6)


def test_a_file_has_an_end() -> None:
    limits = Limits(work_bytes=32 * MIB, file_bytes=4 * MIB)
    with Jail([ATTEMPTS], limits=limits) as jail, Remote(ATTEMPTS, launch=jail) as remote:
        assert "File too large" in fails(remote, "fill", "/desk", 6)


@pytest.mark.parametrize("folder", ["/", "/etc", "/dev", "/jail", "/usr", "/proc", "/var/tmp"])
def test_there_is_no_other_disk(folder: str, jailed: Remote) -> None:
    fails(jailed, "fill", folder, 1)


def test_much_output_goes_nowhere(jailed: Remote) -> None:
    assert jailed.say_much(64)


def test_a_huge_answer_is_refused(jailed: Remote, outside: Remote) -> None:
    assert len(outside.answer_much(1)) == MIB
    assert "too large to send" in fails(jailed, "answer_much", 20)
    assert jailed.nothing() == "nothing"


def test_garbage_on_the_pipe_ends_nothing_but_the_call(jailed: Remote) -> None:
    assert "no answer" in fails(jailed, "write_to_every_descriptor", b"\xff" * 4096)
    assert jailed.nothing() == "nothing"


@pytest.mark.parametrize("sizes", [(2**63, 0), (0, 2**63), (2**24 + 1, 0), (2, 2**28 + 1)])
def test_a_frame_that_claims_to_be_huge_is_refused_at_once(
    sizes: tuple[int, int], jailed: Remote
) -> None:
    before = time.monotonic()
    assert "larger than a frame may be" in fails(jailed, "claim", *sizes)
    assert time.monotonic() - before < 15  # it sleeps for 30
    assert jailed.nothing() == "nothing"


def test_a_time_bomb_ends_with_its_call() -> None:
    with Jail([ATTEMPTS]) as jail, Remote(ATTEMPTS, launch=jail, seconds=2) as remote:
        assert remote.nothing() == "nothing"
        assert "had not answered" in fails(remote, "hang")
        assert remote.nothing() == "nothing"


def test_a_jail_has_a_wall_clock() -> None:
    limits = Limits(wall_seconds=2)
    with Jail([ATTEMPTS], limits=limits) as jail, Remote(ATTEMPTS, launch=jail) as remote:
        assert "ended the process" in fails(remote, "hang")


def test_nothing_outlives_the_jail() -> None:
    name = f"left-{os.getpid()}"
    with Remote(ATTEMPTS) as plain:
        plain.leave_behind(name)
    (survivor,) = _called(name)
    os.kill(survivor, signal.SIGKILL)
    with Jail([ATTEMPTS]) as jail, Remote(ATTEMPTS, launch=jail) as remote:
        remote.leave_behind(name + "j")
        assert _called(name + "j")
    assert not _called(name + "j", gone=True)


def test_a_jail_ends_when_its_grader_is_killed() -> None:
    name = f"orphan-{os.getpid()}"
    code = f"""if True:
        import pathlib, time
        from tito.jail.jail import Jail
        from tito.judging.remote import Remote
        module = pathlib.Path({str(ATTEMPTS)!r})
        with Jail([module]) as jail, Remote(module, launch=jail) as remote:
            remote.leave_behind({name!r})
            print("ready", flush=True)
            time.sleep(60)
    """
    path = os.pathsep.join(str(ROOT / part) for part in (".", "backends"))
    grader = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE
    )
    assert grader.stdout is not None
    assert grader.stdout.readline() == b"ready\n"
    assert _called(name)
    grader.kill()
    grader.communicate()
    assert not _called(name, gone=True)


def _called(name: str, *, gone: bool = False) -> list[int]:
    """The processes of that name; ends take a moment, so they are waited for."""
    for _ in range(200 if gone else 1):
        found = []
        for comm in Path("/proc").glob("[0-9]*/comm"):
            try:
                if comm.read_text().strip() == name:
                    found.append(int(comm.parent.name))
            except OSError:
                continue
        if not found:
            break
        time.sleep(0.02)
    return found


def test_nobody_becomes_root(jailed: Remote, outside: Remote) -> None:
    if AS_ROOT:
        assert outside.become_root() == 0
    fails(jailed, "become_root")


X86 = os.uname().machine == "x86_64"
CALLS = [
    "trace_me", "new_user_namespace", "new_user_namespace_by_clone", "add_key", "session_keyring",
    "ring", "count_events", "type_into_terminal",
]  # fmt: skip


@pytest.mark.skipif(not X86, reason="the attempts know the calls' numbers on x86-64")
@pytest.mark.parametrize("attempt", CALLS)
def test_calls_that_reach_beyond_namespaces_are_filtered(attempt: str, jailed: Remote) -> None:
    with Remote(ATTEMPTS) as plain:
        try:
            assert getattr(plain, attempt)()
        except LearnerError as error:
            if AS_ROOT and "Function not implemented" not in str(error):
                raise
    fails(jailed, attempt)
