"""Channels between two jails that see the same file, and amounts that all jails share.

Each function raises an error where the channel is closed, and returns True where it is open."""

import ctypes
import fcntl
import os
import socket
import struct
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
SHARED = os.__file__
"""A file of the standard library, which every jail has."""
F_NOTIFY, F_SET_RW_HINT, F_OFD_SETLK, F_SETPIPE_SZ = 1026, 1036, 37, 1031
READ_LOCK = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 0, 1, 0)


def syscall(number, *arguments):
    answer = LIBC.syscall(number, *arguments)
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer


def on_shared(action):
    with Path(SHARED).open("rb") as file:
        action(file.fileno())
    return True


def record_lock():
    return on_shared(lambda file: fcntl.lockf(file, fcntl.LOCK_SH))


def look_at_record_locks():
    return on_shared(lambda file: fcntl.fcntl(file, fcntl.F_GETLK, READ_LOCK))


def open_file_lock():
    return on_shared(lambda file: fcntl.fcntl(file, F_OFD_SETLK, READ_LOCK))


def whole_file_lock():
    return on_shared(lambda file: fcntl.flock(file, fcntl.LOCK_SH))


def lease():
    return on_shared(lambda file: fcntl.fcntl(file, fcntl.F_GETLEASE))


def folder_notice():
    folder = os.open(Path(SHARED).parent, os.O_RDONLY)
    try:
        fcntl.fcntl(folder, F_NOTIFY, 1)
    finally:
        os.close(folder)
    return True


def watch():
    LIBC.inotify_init1.restype = ctypes.c_int
    descriptor = LIBC.inotify_init1(0)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "inotify_init1")
    os.close(descriptor)
    return True


def touch_null():
    """Change the time of a device that all jails have; whoever may write to it may do that."""
    os.utime("/dev/null")
    return True


def resident_pages():
    """Learn if a page is in memory: it is read, or the kernel says that it would have to wait."""
    try:
        return on_shared(lambda file: os.preadv(file, [bytearray(1)], 0, os.RWF_NOWAIT))
    except BlockingIOError:
        return True


def evict_pages():
    return on_shared(lambda file: os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED))


def asynchronous_requests():
    context = ctypes.c_ulong(0)
    syscall(206, 1, ctypes.byref(context))
    syscall(207, context)
    return True


def shared_segment():
    LIBC.shmctl(LIBC.shmget(0, 0, 0), 0, 0)
    number = LIBC.shmget(0, 4096, 0o600)  # IPC_PRIVATE
    if number < 0:
        raise OSError(ctypes.get_errno(), "shmget")
    LIBC.shmctl(number, 0, None)  # IPC_RMID
    return True


def semaphores():
    number = LIBC.semget(0, 1, 0o600)
    if number < 0:
        raise OSError(ctypes.get_errno(), "semget")
    LIBC.semctl(number, 0, 0)
    return True


def message_queue():
    number = LIBC.msgget(0, 0o600)
    if number < 0:
        raise OSError(ctypes.get_errno(), "msgget")
    LIBC.msgctl(number, 0, None)
    return True


def large_pipe():
    ends = os.pipe()
    try:
        fcntl.fcntl(ends[0], F_SETPIPE_SZ, 2**17)
    finally:
        for end in ends:
            os.close(end)
    return True


def terminal():
    for descriptor in os.openpty():
        os.close(descriptor)
    return True


def processes_started():
    (line,) = [x for x in Path("/proc/stat").read_text().splitlines() if x.startswith("processes")]
    return int(line.split()[1]) > 0


def machine_counter(path):
    return bool(Path(path).read_text().split()[0])


def first_process(name):
    """Reach a file about the first process by each of its paths."""
    found = [
        path
        for path in (f"/proc/1/{name}", f"/proc/1/task/1/{name}", f"/proc/self/../1/{name}")
        if os.path.lexists(path)
    ]
    if not found:
        raise FileNotFoundError(name)
    return True


def abstract_socket(name):
    """Connect to a socket that another jail listens at, or listen at it."""
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(b"\0" + name)
    return True


def listen(name):
    globals()["listening"] = socket.socket(socket.AF_UNIX)
    listening.bind(b"\0" + name)  # noqa: F821
    listening.listen()  # noqa: F821
    return True
