"""Filter of system calls: it refuses those that no lesson needs and that reach beyond a namespace.

Namespaces do not cover everything in the kernel. Keyrings, virtual sockets (AF_VSOCK, by which a
virtual machine talks to its host), io_uring, BPF and performance counters are shared by all; new
user namespaces open much of the kernel to whoever makes one. Two jails also see the same files of
the libraries: locks, watches, times and the page cache of those would carry messages between them.
A call of the list fails with EPERM.

The filter is a program for the kernel's classic BPF machine (linux/filter.h): instructions of 8
bytes (code, steps to jump when true, when false, a number) over ``struct seccomp_data``.
"""

from __future__ import annotations

import errno
import platform
import struct
from typing import Final

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _FIRST, _SECOND, _THIRD = (
    0,
    4,
    16,
    24,
    32,
)  # offsets into seccomp_data (little-endian)
_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_ERROR: Final = 0x00050000
_NEW_NAMESPACES: Final = 0x7E020080  # CLONE_NEW{TIME,NS,CGROUP,UTS,IPC,USER,PID,NET}
_SOCKET_FAMILIES: Final = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6
_TERMINAL_INPUT: Final = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: type into the caller's terminal
_FILE_COMMANDS: Final = (0, 1, 2, 3, 4, 1030, 1032, 1033, 1034)
"""Commands of fcntl that concern a descriptor: F_DUPFD to F_SETFL, F_DUPFD_CLOEXEC, F_GETPIPE_SZ,
and seals. The others (locks, leases, watches, hints) concern the file, which jails share, or, as
F_SETPIPE_SZ, an allowance of the user."""
_EVICTIONS: Final = (20, 21)
"""MADV_COLD and MADV_PAGEOUT, which take pages of shared files out of memory."""

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
    # the state of files that jails share: locks, watches, times, what is in memory
    "flock": (73, 32), "inotify_init": (253, None), "inotify_init1": (294, 26),
    "inotify_add_watch": (254, 27), "fanotify_mark": (301, 263), "utimensat": (280, 88),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "mincore": (27, 232),
    "cachestat": (451, 451), "fadvise64": (221, 223), "readahead": (187, 213),
    "preadv2": (327, 286), "name_to_handle_at": (303, 264),
    # amounts of the whole machine or of a user: who takes all of them leaves none
    "io_setup": (206, 0), "io_submit": (209, 2), "io_destroy": (207, 1),
    "io_getevents": (208, 4), "io_cancel": (210, 3), "io_pgetevents": (333, 292),
    "memfd_secret": (447, 447), "vmsplice": (278, 75), "msgget": (68, 186), "semget": (64, 190),
    "shmget": (29, 194), "mq_open": (240, 180), "sync": (162, 81), "syncfs": (306, 267),
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
_SOCKETPAIR, _FCNTL, _MADVISE = (53, 199), (72, 25), (28, 233)


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
    steps += _steps_on_arguments(column)
    return b"".join([*steps, _step(_RETURN, _ALLOW)])


def _steps_on_arguments(column: int) -> list[bytes]:
    """Return the steps for calls of which only some values of an argument are allowed."""
    steps: list[bytes] = []
    for call, offset, allowed, error in (
        (_SOCKET, _FIRST, _SOCKET_FAMILIES, errno.EAFNOSUPPORT),
        (_SOCKETPAIR, _FIRST, _SOCKET_FAMILIES[:1], errno.EAFNOSUPPORT),
        (_FCNTL, _SECOND, _FILE_COMMANDS, errno.EPERM),
    ):
        known = [_step(_EQUAL, value, left, 0) for left, value in _counting(allowed)]
        steps += _on_argument(call[column], offset, [*known, _fail(error)])
    for call, offset, refused in (
        (_IOCTL, _SECOND, _TERMINAL_INPUT),
        (_MADVISE, _THIRD, _EVICTIONS),
    ):
        checks = [
            step for value in refused for step in (_step(_EQUAL, value, 0, 1), _fail(errno.EPERM))
        ]
        steps += _on_argument(call[column], offset, checks)
    return steps


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
