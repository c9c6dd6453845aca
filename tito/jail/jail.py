"""Jail for code that is not trusted: a runner in bubblewrap, with nothing within reach to steal.

    with Jail([module, probe]) as jail, Remote(module, probe=probe, launch=jail) as remote: …

A jail has processes, network, host name and shared memory of its own; it sees the interpreter, its
libraries and the modules that were allowed, read-only, and writes into memory that is gone with it.
docs/adr/0010-the-jail.md says what that promises, and what not.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final

from recsys_edu.errors import RecsysError
from tito.jail import bundle, mounts, packages, seccomp
from tito.jail.cgroups import ControlGroup, MemoryGroup, memory_group, processor_group
from tito.jail.limits import Limits
from tito.jail.plain_files import read_plain_file

# Joins the groups whose files stand before "--", then becomes the command after it.
_JOIN_AND_RUN: Final = (
    'while [ "$1" != -- ]; do echo 0 > "$1" || exit 1; shift; done; shift; exec "$@"'
)
_OWN_NAMESPACES: Final = (
    "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
    "--hostname", "jail", "--new-session", "--die-with-parent", "--clearenv",
)  # fmt: skip
_FIRST_UID: Final = 2**31
_LEARNER: Final = 1000


class JailUnavailableError(RecsysError, RuntimeError):
    """Lack of jails on this machine; the message says why, and what would help."""


class Jail:
    """Starter of runners in bubblewrap: give it to ``Remote`` as ``launch``.

    Args:
        files: files that the code may read, at their own paths; links are refused.
        allowed: distributions that it may import, with what they need, beside NumPy and the
            standard library; also single modules of this software.
        limits: how much it may use.
        module: what runs in there, a module of ``bundle``.
        library: recsys_edu and every installed package can be imported, answers included: for
            running notebooks as their authors saw them, never for marks.
        compilers: compilers and headers are there.
        data: a folder with datasets, read-only; RECSYS_EDU_DATA in there.
        contents: further files, by their absolute paths in there.

    Each call starts one jail, which ends with the thread that started it, at the latest. Use it as
    a context manager, so that no control group is left behind.

    Raises:
        JailUnavailableError: there is no bubblewrap. (``require_jail`` tries one out.)
        SubmissionError: a file is a link, or too large.
    """

    def __init__(
        self,
        files: Iterable[Path] = (),
        *,
        allowed: Iterable[str] = (),
        limits: Limits | None = None,
        module: str = "tito.wire.runner",
        library: bool = False,
        compilers: bool = False,
        data: Path | None = None,
        contents: Mapping[str, bytes] | None = None,
    ) -> None:
        self._program = bubblewrap()
        own = {str(path): read_plain_file(path) for path in files}
        self._contents = {**own, **(contents or {})}
        self._allowed = tuple(allowed)
        self._limits = limits or Limits()
        self._module = module
        self._library = library
        self._compilers = compilers
        self._data = data
        self._group: MemoryGroup | None = None
        self._processors: ControlGroup | None = None
        self._processors_held = False
        self._parts = bundle.bundle_of(self._modules())

    def __enter__(self) -> Jail:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the control groups, and whatever is left in them."""
        groups = (self._group, self._processors)
        self._group = self._processors = None
        self._processors_held = False
        for group in groups:
            if group is not None:
                group.close()

    @property
    def group_version(self) -> int | None:
        """Version of the control group that holds the memory; None where none does."""
        return self._group.version if self._group else None

    @property
    def holds_processors(self) -> bool:
        """A control group bounds the processor time of the whole jail."""
        return self._processors_held

    def times_full(self) -> int:
        """Return the number of processes that the kernel has ended for want of memory."""
        return self._group.times_full() if self._group else 0

    def __call__(self, folder: Path) -> Jailed:
        """Start a runner. It does not get the folder, but one of its own in memory."""
        return self.start()

    def start(self, stderr: int = subprocess.DEVNULL) -> Jailed:
        """Start the jail's module, with pipes as its input and output."""
        self._make_groups()
        uid = _FIRST_UID + random.SystemRandom().randrange(2**30) if os.geteuid() == 0 else None
        settings = {
            "rlimits": self._limits.as_rlimits(grouped=self._group is not None),
            "uid": uid,
        }
        with contextlib.ExitStack() as opened:
            view = self._view(opened, uid or _LEARNER)
            arguments = [*_namespaces(uid), *self._environment(), *view.arguments]
            descriptor = opened.enter_context(_as_descriptor(_joined(arguments)))
            # -P: what was handed in may lie in the working folder, and is not to be imported yet.
            python = [str(mounts.interpreter()), "-s", "-P", "-m", "tito.jail.inside"]
            command = [self._program, "--args", str(descriptor), "--", *python]
            command += [json.dumps(settings), self._module]
            entries = self._group_entries()
            if entries:
                joined = [str(entry) for entry in entries]
                command = ["/bin/sh", "-c", _JOIN_AND_RUN, "sh", *joined, "--", *command]
            return self._begin(command, _descriptors(arguments, descriptor), stderr)

    def _make_groups(self) -> None:
        """Make the control groups that the jail is to join."""
        if self._group is None:
            self._group = memory_group(self._limits.memory)
        if self._processors_held:
            return
        processors = max(self._limits.processors, self._limits.threads)
        self._processors_held = self._group is not None and self._group.hold_processors(processors)
        if not self._processors_held:
            self._processors = processor_group(processors)
            self._processors_held = self._processors is not None

    def _group_entries(self) -> list[Path]:
        """Files by which a process joins the control groups."""
        groups = (self._group, self._processors)
        return [group.entry for group in groups if group is not None]

    def _filter(self) -> bytes | None:
        """Return the filter of system calls."""
        return seccomp.program()

    def _own_mounts(self, view: mounts.Mounts) -> None:
        """Mount what a special kind of jail needs beside the rest."""

    def _begin(self, command: list[str], descriptors: list[int], stderr: int) -> Jailed:
        return Jailed(command, self._limits.wall_seconds, descriptors, stderr)

    def _modules(self) -> tuple[str, ...]:
        builds = self._module == "tito.jail.build_runner"
        parts = bundle.BUILDS if builds else bundle.CELLS if self._library else bundle.CALLS
        ours = () if self._library else bundle.ours_among(self._allowed)
        return tuple(sorted({*bundle.ENTRY, *parts, *ours}))

    def _view(self, opened: contextlib.ExitStack, uid: int) -> mounts.Mounts:
        """Return all mounts. A mount inside of another comes after it."""
        view = mounts.Mounts()
        mounts.system(view, compilers=self._compilers)
        mounts.rooms(view, self._limits, self._parts.nothing)
        view.read_only(self._parts.folder, mounts.CODE)
        if self._library:
            mounts.library(view)
        else:
            mounts.packages(view, packages.entries_for(["numpy", *self._allowed]))
        if self._data is not None:
            view.read_only(self._data.resolve(), mounts.DATA)
        for path, content in {"/etc/passwd": mounts.passwd(uid), **self._contents}.items():
            view.contents(opened.enter_context(_as_descriptor(content)), path)
        self._own_mounts(view)
        mounts.sealed(view)
        filtering = self._filter()
        if filtering is not None:
            descriptor = opened.enter_context(_as_descriptor(filtering))
            view.arguments += ["--seccomp", str(descriptor)]
        return view

    def _environment(self) -> list[str]:
        threads = str(self._limits.threads)
        variables = {
            "PATH": "/usr/bin:/bin",
            "HOME": mounts.WORK,
            "USER": "learner",
            "TMPDIR": "/tmp",
            "LANG": "C.UTF-8",
            "PYTHONPATH": mounts.python_path(),
            "PYTHONDONTWRITEBYTECODE": "1",
            "MPLCONFIGDIR": mounts.FONTS,
            "IPYTHONDIR": f"{mounts.WORK}/.ipython",
            "OMP_NUM_THREADS": threads,
            "OPENBLAS_NUM_THREADS": threads,
            "MKL_NUM_THREADS": threads,
            **({"RECSYS_EDU_DATA": mounts.DATA} if self._data else {}),
        }
        settings = [part for pair in variables.items() for part in ("--setenv", *pair)]
        return [*settings, "--chdir", mounts.WORK]


class Jailed(subprocess.Popen[bytes]):
    """Process outside that holds a jail; with it, all of the jail ends."""

    def __init__(
        self,
        command: list[str],
        seconds: float,
        descriptors: Iterable[int] = (),
        stderr: int = subprocess.DEVNULL,
        *,
        folder: str = "/",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=folder,
            # It can be read in a jail's /proc/1/environ.
            env={"PATH": "/usr/bin:/bin"} if environment is None else environment,
            start_new_session=True,
            pass_fds=tuple(descriptors),
        )
        self._clock = threading.Timer(seconds, self.end)
        self._clock.daemon = True
        self._clock.start()

    def end(self) -> None:
        """End the jail, if it has not ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end as for any process, and stop its wall clock."""
        status = super().wait(timeout)
        self._clock.cancel()
        return status


def bubblewrap() -> str:
    """Return the program's path; JailUnavailableError where it is missing."""
    found = shutil.which("bwrap", path=f"{os.environ.get('PATH', '')}:/usr/bin:/usr/local/bin")
    if found is None:
        raise JailUnavailableError(
            "code by others cannot be run safely here: bubblewrap is missing. On Debian and Ubuntu "
            "`apt install bubblewrap` gets it, on Fedora `dnf install bubblewrap`; it needs Linux."
        )
    return found


def _namespaces(uid: int | None) -> list[str]:
    """Return the options for namespaces and rights.

    A jail that root starts becomes a user whom nobody else is (in ``inside.py``). A user namespace
    would not do: in one that root makes, the jailed code is root to the kernel: it may write to
    /proc/sys/kernel/core_pattern, and has no limit on its processes.
    """
    if uid is None:
        rights = ["--unshare-user", "--uid", str(_LEARNER), "--gid", str(_LEARNER)]
        return [*rights, *_OWN_NAMESPACES, "--cap-drop", "ALL"]
    rights = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return [*_OWN_NAMESPACES, *rights]


@contextlib.contextmanager
def _as_descriptor(content: bytes) -> Iterator[int]:
    """Yield an open file in memory, for bubblewrap to read."""
    descriptor = os.memfd_create("jail")
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


def _joined(arguments: list[str]) -> bytes:
    return b"".join(os.fsencode(argument) + b"\0" for argument in arguments)


def _descriptors(arguments: list[str], own: int) -> list[int]:
    """Return the descriptors that bubblewrap reads."""
    pairs = itertools.pairwise(arguments)
    options = ("--seccomp", "--ro-bind-data")
    return [own, *(int(value) for option, value in pairs if option in options)]
