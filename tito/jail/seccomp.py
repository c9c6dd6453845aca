"""Filter of system calls: it refuses those that no lesson needs and that reach beyond a namespace.

Namespaces do not cover everything in the kernel. Keyrings, virtual sockets (AF_VSOCK, by which a
virtual machine talks to its host), io_uring, BPF and performance counters are shared by all; new
user namespaces open much of the kernel to whoever makes one. A call of the list fails with EPERM.

The filter is a program for the kernel's classic BPF machine (linux/filter.h): instructions of 8
bytes (code, steps to jump when true, when false, a number) over ``struct seccomp_data``.
"""

from __future__ import annotations

import errno
import platform
import struct
from typing import Final

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _FIRST, _SECOND = 0, 4, 16, 24  # offsets into seccomp_data (little-endian)
_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_ERROR: Final = 0x00050000
_NEW_NAMESPACES: Final = 0x7E020080  # CLONE_NEW{TIME,NS,CGROUP,UTS,IPC,USER,PID,NET}
_SOCKET_FAMILIES: Final = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6
_TERMINAL_INPUT: Final = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: type into the caller's terminal

AUDIT_ARCH: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# x86_64, aarch64 (which has the kernel's generic table)
NUMBERS: Final[dict[str, tuple[int, int | None]]] = {
    # into other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "kcmp": (312, 272), "pidfd_getfd": (438, 438),
    # what has no namespace
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "fanotify_init": (300, 262),
    "syslog": (103, 116), "lookup_dcookie": (212, 18), "move_pages": (279, 239),
    "migrate_pages": (256, 238), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    # namespaces and mounts
    "setns": (308, 268), "unshare": (272, 97), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "mount_setattr": (442, 442), "open_by_handle_at": (304, 265),
    # the machine
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "sethostname": (170, 161),
    "setdomainname": (171, 162), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "adjtimex": (159, 171), "clock_adjtime": (305, 266), "vhangup": (153, 58),
    "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None),
}  # fmt: skip
TIMED_NUMBERS: Final[dict[str, tuple[int, int | None]]] = {"sched_setaffinity": (203, 122)}
"""Calls that a timed jail refuses as well: its judge alone says where its threads run."""
_CLONE, _CLONE3, _SOCKET, _IOCTL = (56, 220), (435, 435), (41, 198), (16, 29)


def program(machine: str | None = None, *, timed: bool = False) -> bytes | None:
    """Return the filter for a processor; None where its calls are not known.

    Args:
        machine: name of the processor; this machine's where None.
        timed: refuse ``TIMED_NUMBERS`` too.
    """
    machine = machine or platform.machine()
    if machine not in AUDIT_ARCH:
        return None
    column = 0 if machine == "x86_64" else 1
    names = {**NUMBERS, **TIMED_NUMBERS} if timed else NUMBERS
    denied = [numbers[column] for numbers in names.values()]
    steps = [
        _step(_LOAD, _ARCH),
        _step(_EQUAL, AUDIT_ARCH[machine], 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":  # the x32 calls have numbers of their own
        steps += [_step(_AT_LEAST, 0x40000000, 0, 1), _fail(errno.ENOSYS)]
    for number in denied:
        if number is not None:
            steps += [_step(_EQUAL, number, 0, 1), _fail(errno.EPERM)]
    # Its flags are behind a pointer, which a filter cannot follow; libraries then use clone.
    steps += [_step(_EQUAL, _CLONE3[column], 0, 1), _fail(errno.ENOSYS)]
    steps += _on_argument(
        _CLONE[column], _FIRST, [_step(_ANY_BIT, _NEW_NAMESPACES, 0, 1), _fail(errno.EPERM)]
    )
    families = [_step(_EQUAL, family, left, 0) for left, family in _counting(_SOCKET_FAMILIES)]
    steps += _on_argument(_SOCKET[column], _FIRST, [*families, _fail(errno.EAFNOSUPPORT)])
    requests: list[bytes] = []
    for request in _TERMINAL_INPUT:
        requests += [_step(_EQUAL, request, 0, 1), _fail(errno.EPERM)]
    steps += _on_argument(_IOCTL[column], _SECOND, requests)
    return b"".join([*steps, _step(_RETURN, _ALLOW)])


def _step(code: int, number: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, number)


def _fail(error: int) -> bytes:
    return _step(_RETURN, _ERROR | error)


def _counting(values: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return each value with the number of steps behind it, the failure's included."""
    return [(len(values) - place, value) for place, value in enumerate(values)]


def _on_argument(number: int, offset: int, checks: list[bytes]) -> list[bytes]:
    """Return the steps for one call: load an argument, check it, and allow what no check ended."""
    block = [_step(_LOAD, offset), *checks, _step(_RETURN, _ALLOW)]
    return [_step(_EQUAL, number, 0, len(block)), *block]
