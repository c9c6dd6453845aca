"""Functions that are timed in the tests: honest ones, and one for each way to cheat the clock."""

import ctypes
import hashlib
import mmap
import os
import sys
import threading
import time

import numpy as np

RUNNER = sys.modules["__main__"]
_n_calls = 0
_BLOCK = bytes(2**20)


# Honest


def add(target, other, *, factor=1.0):
    """Update the first array, and answer with what was added."""
    added = factor * other
    target += added
    return {"added": added, "sum": float(target.sum())}


def visits(plan):
    return type(plan).__name__, int(plan.users.sum())


def write_to(array):
    array[0] = 1.0


def count():
    global _n_calls
    _n_calls += 1
    return _n_calls


def digest(n_mib):
    """Work without the interpreter's lock."""
    found = hashlib.sha256()
    for _ in range(n_mib):
        found.update(_BLOCK)
    return found.hexdigest()


def variables():
    return sorted(name for name in os.environ if name.startswith(("OMP_", "GOMP_", "KMP_")))


def processors():
    return len(os.sched_getaffinity(0))


# Failing


def fail():
    raise ValueError("no")


def hang():
    time.sleep(60)


def end():
    os._exit(3)


def answer_an_object():
    return object()


def claim(length, emptied=False):
    """Claim an answer of that length, in a file that may have been cut short."""

    def write_nothing(answer, room):
        if emptied:
            os.truncate("/timed/shared", 0)
        return length

    RUNNER._write_answer = write_nothing


# Cheating


def choose_processor():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    return True


def with_a_hidden_thread(n_mib):
    """Twice the work, half of it on another processor."""
    helper = threading.Thread(target=digest, args=(n_mib,))
    helper.start()
    found = digest(n_mib)
    helper.join()
    return found


def stop_the_clocks():
    """Make every clock of this process stand still: Python's, and the C library's."""
    for name in dir(time):
        if name.endswith(("counter", "counter_ns", "time", "time_ns", "monotonic")):
            setattr(time, name, lambda *_: 0)
    libc = ctypes.CDLL(None)
    libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for name in ("clock_gettime", "gettimeofday", "time"):
        place = ctypes.cast(getattr(libc, name), ctypes.c_void_p).value
        page = place & ~(mmap.PAGESIZE - 1)
        if libc.mprotect(page, 2 * mmap.PAGESIZE, 7) == 0:
            ctypes.memmove(place, b"\x31\xc0\xc3", 3)  # xor eax, eax; ret


def digest_by_a_stopped_clock(n_mib):
    stop_the_clocks()
    start = time.perf_counter()
    digest(n_mib)
    return time.perf_counter() - start


def work_between_calls(n_mib):
    """From the next call on, work before each *go*."""
    ordinary = RUNNER.Region.map

    def slow(region, size, n_touched):
        digest(n_mib)
        ordinary(region, size, n_touched)

    RUNNER.Region.map = slow
    return digest(n_mib)


def work_on_after_the_answer(array):
    """Answer at once; a thread goes on to write what the answer should have been."""
    threading.Thread(target=_write_for_ever, args=(array,), daemon=True).start()
    return array


def _write_for_ever(array):
    time.sleep(0.2)
    while True:
        array += 1.0


def look_before_go(array):
    """Note what lies in the mapped inputs when the next call is prepared; answer with notes."""
    ordinary = RUNNER.Region.array

    def noted(region, *place):
        made = ordinary(region, *place)
        _notes.append(made.copy())
        return made

    if not _notes:
        RUNNER.Region.array = noted
        _notes.append(np.zeros(0))
    return _notes[-1]


_notes = []


def answer_before_being_asked():
    """From the next call on, send *done* together with *ready*."""
    RUNNER.READY = b"r" + bytes(8)
    return True


def answer_twice():
    """From now on, send *done* with something behind it."""
    RUNNER.LENGTH = _Longer()
    return True


class _Longer:
    size = 8

    def pack(self, length):
        return length.to_bytes(8, "little") + b"r"

    def unpack(self, content):
        return (int.from_bytes(content, "little"),)


def never_read_again():
    """Hang instead of reading the next layout."""
    RUNNER.read_frame = lambda stream: time.sleep(60)
    return True


def leave_children(n):
    """Start processes that use all the processor time there is."""
    for _ in range(n):
        if os.fork() == 0:
            while True:
                pass
    return True
