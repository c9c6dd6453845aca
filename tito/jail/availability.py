"""Availability of jails on this machine, found out by starting one."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from dataclasses import dataclass

from tito.jail import seccomp
from tito.jail.jail import Jail, JailUnavailableError
from tito.jail.limits import Limits

_SECONDS = 30.0


@dataclass(frozen=True)
class JailReport:
    """Properties of the jails of this machine."""

    memory_group: int | None
    """Version of the control groups that limit memory; None where only rlimits do."""
    filtered: bool
    """System calls are filtered."""
    processors_held: bool = True
    """Processor time is bounded for each jail as a whole."""

    def __str__(self) -> str:
        memory = (
            f"memory is limited for each jail as a whole (control group v{self.memory_group})"
            if self.memory_group
            else "memory is limited for each process only, as no control group can be made here"
        )
        calls = "are filtered" if self.filtered else "are not filtered on this processor"
        time = (
            "processor time is bounded for each jail as a whole"
            if self.processors_held
            else "processor time is bounded for each process only, so one jail can slow down others"
        )
        return f"{memory}; {time}; system calls {calls}."


@functools.cache
def require_jail() -> JailReport:
    """Start a jail, check it from inside and return what holds it.

    Raises:
        JailUnavailableError: no jail can be had, or it does not hold; the message says why.
    """
    if sys.platform != "linux":
        raise JailUnavailableError(
            "code by others cannot be run safely here: jails are made of Linux's namespaces. Grade "
            "on a Linux machine, or in a virtual one."
        )
    with Jail(module="tito.jail.selfcheck", limits=Limits(wall_seconds=_SECONDS)) as jail:
        process = jail.start(stderr=subprocess.PIPE)
        said, stderr = process.communicate()
        process.wait()
        if process.returncode != 0 or not said:
            raise JailUnavailableError(_why_not(stderr.decode(errors="replace")))
        _check(json.loads(said))
        return JailReport(
            jail.group_version,
            filtered=seccomp.program() is not None,
            processors_held=jail.holds_processors,
        )


def _check(found: dict[str, object]) -> None:
    """Raise JailUnavailableError where a jail is not as it should be inside."""
    filtered = seccomp.program() is not None
    expected: dict[str, tuple[object, str]] = {
        "capabilities": (0, "the code keeps rights of an administrator"),
        "no_new_privileges": (True, "the code can gain rights by programs that have them"),
        "filtered": (filtered, "system calls are not filtered"),
        "locks": (not filtered, "files that jails share can be locked, and carry messages"),
        "first_process_shown": (False, "the memory of the jail's first process can be reached"),
        "interfaces": (["lo"], "there is a network"),
        "processes": (2, "processes of the machine can be seen"),
    }
    missing = [
        f"{sentence} ({name}: {found.get(name)})"
        for name, (value, sentence) in expected.items()
        if found.get(name) != value
    ]
    if missing:
        raise JailUnavailableError(
            f"code by others cannot be run safely here: in the jail, {'; '.join(missing)}."
        )


def _why_not(stderr: str) -> str:
    """Turn bubblewrap's error output into one sentence that helps."""
    start = "code by others cannot be run safely here: "
    last = (stderr.strip().splitlines() or ["it says nothing"])[-1]
    if "Unknown option" in stderr:
        return f"{start}bubblewrap is too old ({last}); 0.7 or newer is needed."
    if "namespace" in stderr or "Operation not permitted" in stderr or "uid map" in stderr:
        return (
            f"{start}this system lets no one make namespaces ({last}). Inside of a container or "
            "another sandbox, grade outside of it; else an administrator can allow them "
            "(sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces above 0, "
            "kernel.apparmor_restrict_unprivileged_userns=0)."
        )
    if "can't start new thread" in stderr:
        return (
            f"{start}your own processes count against the jail's limit, as they do before Linux "
            "5.14; use a newer one, or grade as root."
        )
    return f"{start}{last}"
