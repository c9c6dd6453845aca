"""The parts of the jail, one by one: the filter, control groups, what is packed, what is said."""

from __future__ import annotations

import itertools
import re
import struct
import subprocess
from pathlib import Path

import pytest

from tests.jail.conftest import ATTEMPTS, needs_bubblewrap
from tito.jail import availability, bundle, cgroups, mounts, packages, seccomp
from tito.jail.jail import Jail, JailUnavailableError
from tito.jail.limits import MIB, Limits
from tito.judging.remote import Remote

HEADERS = {
    0: Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    1: Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.parametrize("column", HEADERS)
def test_the_numbers_of_calls_are_the_kernels(column: int) -> None:
    if not HEADERS[column].exists():
        pytest.skip(f"{HEADERS[column]} is not here")
    text = HEADERS[column].read_text()
    theirs = {
        name: int(number)
        for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)
    }
    own = {
        **seccomp.NUMBERS,
        **seccomp.TIMED_NUMBERS,
        "clone": seccomp._CLONE,
        "clone3": seccomp._CLONE3,
    }
    own.update(socket=seccomp._SOCKET, ioctl=seccomp._IOCTL, socketpair=seccomp._SOCKETPAIR)
    own.update(fcntl=seccomp._FCNTL, madvise=seccomp._MADVISE)
    known = {name: pair[column] for name, pair in own.items() if name in theirs}
    assert {name: theirs[name] for name in known} == known
    assert len(known) > 50


def run_filter(program: bytes, arch: int, number: int, *arguments: int) -> int:
    """The kernel's machine, as far as the filter uses it."""
    arguments += (0,) * (6 - len(arguments))
    data = struct.pack("<IIQ6Q", number, arch, 0, *arguments)
    place, loaded = 0, 0
    while True:
        code, if_true, if_false, value = struct.unpack_from("<HBBI", program, 8 * place)
        place += 1
        if code == 0x06:
            return int(value)
        if code == 0x20:
            loaded = struct.unpack_from("<I", data, value)[0]
        else:
            holds = {0x15: loaded == value, 0x35: loaded >= value, 0x45: loaded & value != 0}[code]
            place += if_true if holds else if_false


@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize("machine", seccomp.AUDIT_ARCH)
def test_the_filter_refuses_what_it_lists_and_nothing_else(machine: str, timed: bool) -> None:
    program, arch = seccomp.program(machine, timed=timed), seccomp.AUDIT_ARCH[machine]
    column = list(seccomp.AUDIT_ARCH).index(machine)
    assert program is not None
    names = {**seccomp.NUMBERS, **(seccomp.TIMED_NUMBERS if timed else {})}
    denied = {pair[column] for pair in names.values()}
    special = {
        pair[column]
        for pair in (
            seccomp._CLONE, seccomp._CLONE3, seccomp._SOCKET, seccomp._IOCTL,
            seccomp._SOCKETPAIR, seccomp._FCNTL, seccomp._MADVISE,
        )
    }  # fmt: skip
    for number in range(460):
        if number not in special:
            expected = 0x50001 if number in denied else 0x7FFF0000
            assert run_filter(program, arch, number) == expected, number
    clone, clone3 = seccomp._CLONE[column], seccomp._CLONE3[column]
    assert run_filter(program, arch, clone, 0x00100011) == 0x7FFF0000  # a fork
    assert run_filter(program, arch, clone, 0x003D0F00) == 0x7FFF0000  # a thread
    for flag in (0x80, 0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 2**30):
        assert run_filter(program, arch, clone, flag | 17) == 0x50001
    assert run_filter(program, arch, clone3) == 0x50000 | 38
    for family in range(50):
        allowed = family in (1, 2, 10)
        answer = run_filter(program, arch, seccomp._SOCKET[column], family)
        assert answer == (0x7FFF0000 if allowed else 0x50000 | 97)
        pair = run_filter(program, arch, seccomp._SOCKETPAIR[column], family)
        assert pair == (0x7FFF0000 if family == 1 else 0x50000 | 97)
    allowed_commands = {0, 1, 2, 3, 4, 1030, 1032, 1033, 1034}
    for command in range(1100):
        answer = run_filter(program, arch, seccomp._FCNTL[column], 5, command)
        assert answer == (0x7FFF0000 if command in allowed_commands else 0x50001), command
    for advice in range(30):
        answer = run_filter(program, arch, seccomp._MADVISE[column], 0, 0, advice)
        assert answer == (0x50001 if advice in (20, 21) else 0x7FFF0000), advice
    for request, answer in ((0x5412, 0x50001), (0x541C, 0x50001), (0x5401, 0x7FFF0000)):
        assert run_filter(program, arch, seccomp._IOCTL[column], 1, request) == answer
    assert run_filter(program, 0x40000003, 1) == 0x80000000  # i386 calls have other numbers
    if machine == "x86_64":
        assert run_filter(program, arch, 0x40000000 + 101) == 0x50000 | 38


def test_an_unknown_processor_has_no_filter() -> None:
    assert seccomp.program("riscv64") is None


def test_a_group_of_version_2_is_made_beside_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On folders that look like the kernel's; the real thing is in test_escapes."""
    own = tmp_path / "user.slice" / "run.scope"
    own.mkdir(parents=True)
    monkeypatch.setattr(cgroups, "_ROOT", tmp_path)
    (tmp_path / "cgroup.controllers").write_text("memory pids")
    assert cgroups.memory_group(MIB, "0::/user.slice/run.scope\n") is None
    assert list(tmp_path.rglob("recsys-jail*")) == []
    made = Path.mkdir

    def mkdir(path: Path, *more: int, **others: bool) -> None:
        made(path, *more, **others)
        if path.parent == own.parent:
            for name in ("cgroup.procs", "memory.max", "memory.swap.max"):
                (path / name).touch()

    monkeypatch.setattr(Path, "mkdir", mkdir)
    group = cgroups.memory_group(MIB, "0::/user.slice/run.scope\n")
    assert group is not None
    assert group.version == 2
    assert group.entry.parent.parent == own.parent
    assert (group.entry.parent / "memory.max").read_text() == str(MIB)
    assert (group.entry.parent / "memory.swap.max").read_text() == "0"


def test_groups_left_by_processes_that_were_killed_are_removed(tmp_path: Path) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    for owner in (dead.pid, 1):
        (tmp_path / f"recsys-jail-{owner}-0").mkdir()
    cgroups._sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["recsys-jail-1-0"]


def test_a_package_brings_what_it_depends_on_and_no_more() -> None:
    names = {path.name.partition("-")[0] for path in packages.entries_for(["scipy"])}
    assert {"scipy", "numpy"} <= names
    assert not names & {"pip", "torch", "recsys_edu", "pytest"}
    assert packages.entries_for(["json", "no_such_module"]) == []


def test_a_distribution_is_allowed_by_its_own_name_with_what_it_needs() -> None:
    """Its name is not that of its modules: python-dateutil brings dateutil."""
    found = set(packages.modules_of(["python-dateutil"]))
    assert "dateutil" in found
    assert found & {"six", "tzdata"}
    assert packages.modules_of(["Python_DateUtil"]) == sorted(
        {"Python_DateUtil", *packages.modules_of(["python-dateutil"])} - {"python-dateutil"}
    )
    assert packages.modules_of(["recsys_backends.ops", "no-such-thing"]) == [
        "no-such-thing", "recsys_backends.ops",
    ]  # fmt: skip
    assert not packages.entries_for(["recsys_edu", "recsys_backends.ops"])
    installed = packages.installed_modules()
    assert {"numpy", "scipy", "pytest", "recsys_edu", "tito"} <= set(installed)
    assert not [name for name in installed if not name.isidentifier()]


def test_torch_brings_what_it_imports() -> None:
    pytest.importorskip("torch", reason="the extra 'torch' is not installed")
    assert {"torch", "torchgen", "functorch", "typing_extensions", "sympy", "mpmath"} <= set(
        packages.modules_of(["torch"])
    )


@needs_bubblewrap
def test_missing_is_told_from_masked_in_a_jail_too(tmp_path: Path) -> None:
    module = tmp_path / "uses.py"
    module.write_text(
        "def load(name):\n    import importlib\n    try:\n"
        "        importlib.import_module(name)\n"
        "    except ImportError as error:\n        return type(error).__name__, str(error)\n"
    )
    with Jail([module]) as jail, Remote(module, launch=jail) as remote:
        assert remote.load("no_such_package") == (
            "ModuleNotFoundError", "No module named 'no_such_package'",
        )  # fmt: skip
        for name in ("scipy", "scipy.sparse", "pytest", "recsys_edu.metrics", "tito.judging"):
            kind, said = remote.load(name)
            assert kind == "ImportError"
            assert "cannot be imported while your code is judged" in said


def test_a_bundle_holds_the_modules_named_and_their_packages() -> None:
    packed = bundle.Bundle(["recsys_backends.ops", "recsys_edu.metrics"])
    folder = packed.folder
    files = {str(path.relative_to(folder)) for path in folder.rglob("*.py")}
    assert files == {
        "recsys_backends/__init__.py", "recsys_backends/ops.py",
        "recsys_edu/__init__.py", "recsys_edu/metrics/__init__.py",
    }  # fmt: skip
    inside = bundle.ours_among(["recsys_edu.metrics", "numpy"])
    assert "recsys_edu.metrics.ndcg" in inside
    assert "numpy" not in inside


@needs_bubblewrap
def test_what_a_lesson_allows_is_there(tmp_path: Path) -> None:
    module = tmp_path / "uses.py"
    module.write_text(
        "from recsys_backends import answers, checks, ops, sampler_checks\n"
        "import scipy.sparse\n"
        "def ask(): return scipy.sparse.eye(2).sum(), ops.__name__\n"
    )
    needed = ("errors", "registry", "whole_numbers")
    names = ("answers", "checks", "ops", "sampler_checks", *needed)
    allowed = ["scipy", *(f"recsys_backends.{name}" for name in names)]
    jail = Jail([module], allowed=allowed)
    with jail, Remote(module, allowed=allowed, launch=jail) as remote:
        assert remote.ask() == (2.0, "recsys_backends.ops")


@needs_bubblewrap
def test_a_jail_can_be_had_and_says_how_it_holds() -> None:
    said = str(availability.require_jail())
    assert said.startswith("memory is limited for each")
    assert said.endswith(".")


def test_without_bubblewrap_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tito.jail.jail.shutil.which", lambda name, path: None)
    with pytest.raises(JailUnavailableError, match="apt install bubblewrap"):
        Jail([ATTEMPTS])


@pytest.mark.parametrize(
    ("complaint", "said"),
    [
        ("bwrap: No permissions to create new namespace, likely because …", "outside of it"),
        ("bwrap: setting up uid map: Permission denied", "makes namespaces|make namespaces"),
        ("bwrap: Unknown option --size", "too old"),
        ("RuntimeError: can't start new thread", "5.14"),
        ("bwrap: Can't find source path /x", "Can't find source path"),
        ("", "it says nothing"),
    ],
)
def test_where_there_is_none_a_sentence_says_why(
    complaint: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "bwrap"
    program.write_text(f"#!/bin/sh\ncat >&2 <<'E'\n{complaint}\nE\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr("tito.jail.jail.bubblewrap", lambda: str(program))
    with pytest.raises(JailUnavailableError, match=said) as caught:
        availability.require_jail.__wrapped__()
    assert str(caught.value).startswith("code by others cannot be run safely here: ")


@pytest.mark.parametrize(
    "wrong",
    [
        {"capabilities": 1}, {"no_new_privileges": False}, {"interfaces": ["lo", "eth0"]},
        {"processes": 80}, {"filtered": "?"}, {"first_process_shown": True}, {"locks": "?"},
    ],
)  # fmt: skip
def test_a_jail_that_does_not_hold_is_none(wrong: dict[str, object]) -> None:
    good = {
        "capabilities": 0, "no_new_privileges": True, "interfaces": ["lo"], "processes": 2,
        "filtered": seccomp.program() is not None, "first_process_shown": False,
        "locks": seccomp.program() is None,
    }  # fmt: skip
    availability._check(good)
    with pytest.raises(JailUnavailableError, match=next(iter(wrong))):
        availability._check({**good, **wrong})


def test_memory_is_held_by_process_where_there_is_no_group() -> None:
    limits = Limits(memory=100)
    assert limits.as_rlimits(grouped=False)["AS"] == 100
    assert limits.as_rlimits(grouped=True)["AS"] > 100


def test_folders_above_a_mount_can_be_entered() -> None:
    view = mounts.Mounts()
    view.read_only("/root/.pyenv/versions/3.11")
    view.read_only("/root/.pyenv/bin")
    pairs = itertools.pairwise(view.arguments)
    made = [place for option, place in pairs if option == "--dir"]
    assert made == ["/root", "/root/.pyenv", "/root/.pyenv/versions"]
    assert view.arguments.count("0755") == 3
