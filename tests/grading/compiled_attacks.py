"""Cells in Cython that students might hand in for marks that they have not earned, or to get out.

Each stands in one cell of lesson 08; those that leave the process alone share a notebook. Every
other cell is as released, so that whatever it earns is forged. ``CANARY`` and ``FOLDER`` become
paths outside of the jail, ``KERNELS`` the folder of the shipped kernels, ``EMBEDDED`` the file of
one of them in base 85, ``PORT`` the number of a port that somebody listens at.
"""

from __future__ import annotations

from dataclasses import dataclass

OFFSET = "def row_offset(int row, int d):\n    return <Py_ssize_t>row * d\n"
DOT = """\
def dot(const float[::1] x, const float[::1] y):
    cdef double total = 0
    cdef Py_ssize_t f
    if x.shape[0] != y.shape[0]:
        raise ValueError("lengths differ")
    for f in range(x.shape[0]):
        total += <double>x[f] * y[f]
    return total
"""
SIGMOID = """\
from libc.math cimport exp, log1p
def log_sigmoid(double x):
    return -log1p(exp(-x)) if x >= 0 else x - log1p(exp(x))
"""
UPDATE_HEAD = """\
def bpr_update(float[:, ::1] user_factors, float[:, ::1] item_factors, float[::1] item_biases, plan,
               *, double learning_rate, double reg_user, double reg_positive, double reg_negative,
               int n_threads=1):
"""
BEST_HEAD = """\
def best_items(const float[::1] user, const float[:, ::1] items, const int[::1] seen,
               int k):
"""
BEST = f"""\
import numpy as np
{BEST_HEAD}\
    if k < 1 or user.shape[0] != items.shape[1]:
        raise ValueError("arguments do not fit")
    scores = np.asarray(items) @ np.asarray(user)
    left = np.setdiff1d(np.arange(items.shape[0], dtype=np.int32), seen)
    order = np.argsort(-scores[left], kind="stable")[:k]
    return left[order].astype(np.int32), scores[left][order].astype(np.float32)
"""


@dataclass(frozen=True)
class Forgery:
    """One attempt."""

    name: str
    cell: str
    """Cell of lesson 08 in whose place it stands."""
    source: str = ""
    """Text of the cell below ``%%cython``; all of the cell where it begins with ``%%``, and all but
    that line below ``%%python``."""
    earns: bool = False
    """True where the function is right as well, and earns the points of its cell alone."""
    together: str = ""
    """Name of the notebook that it shares with others; empty for one of its own."""
    edit: tuple[str, str] = ("", "")
    """Text of the lesson's own solution to be replaced, and the text in its place; ``source`` then
    stands at the top of the cell."""

    @property
    def notebook(self) -> str:
        """Name of the submission."""
        return self.together or self.name


NOT_BUILT = [
    Forgery(
        "distutils", "dot", f"# distutils: extra_objects = KERNELS/_bpr.so\n{DOT}",
        together="not-built-1",
    ),
    Forgery(
        "include", "log_sigmoid", f'include "KERNELS/_bpr.pyx"\n{SIGMOID}',
        together="not-built-1",
    ),
    Forgery(
        "header-of-a-file", "bpr_update",
        f'cdef extern from "KERNELS/include/bpr.h":\n    int x\n{UPDATE_HEAD}    return x\n',
        together="not-built-1",
    ),
    Forgery(
        "constructor", "row_offset",
        'cdef extern from *:\n    """\n    __attribute__((constructor)) static void first(void)\n'
        f'    {{ fopen("CANARY", "w"); }}\n    """\n{OFFSET}',
        together="not-built-1",
    ),
    Forgery(
        "cimport-of-the-kernel", "best_items",
        f"from recsys_backends.optimized cimport _top_k\n{BEST}",
        together="not-built-1",
    ),
    Forgery(
        "pragma", "row_offset",
        f'cdef extern from *:\n    """\n    #pragma GCC dependency "CANARY"\n    """\n{OFFSET}',
        together="not-built-2",
    ),
    Forgery(
        "name-in-c", "dot",
        f'cdef extern from "stdlib.h":\n    int run "system"(const char *)\nrun(b"true")\n{DOT}',
        together="not-built-2",
    ),
    Forgery("compile-time", "log_sigmoid", f"DEF X = 1\n{SIGMOID}", together="not-built-2"),
    Forgery(
        "option", "bpr_update", f"%%cython --compile-args=-DX\n{UPDATE_HEAD}    return 1\n",
        together="not-built-2",
    ),
    Forgery("directive", "best_items", f"# cython: linetrace=True\n{BEST}", together="not-built-2"),
]  # fmt: skip
"""Texts that are refused before anything is built; the function beside them is right."""

WALK = """\
import ctypes, glob, importlib.util, os, sys
from importlib.machinery import ExtensionFileLoader
def found_kernels():
    places = [*sys.path, "KERNELS", "/jail", "/usr/lib/python3", "/desk", "/tmp"]
    return [p for place in places if place for p in
            glob.glob(os.path.join(place, "**", "_[bt][po][rp_]*.so"), recursive=True)]
"""
EMBEDDING = """\
import base64, lzma
with open("/tmp/_bpr.so", "wb") as file:
    file.write(lzma.decompress(base64.b85decode(b'EMBEDDED')))
"""
LOADING = f"""\
import importlib.util
from importlib.machinery import ExtensionFileLoader
import numpy as np
from recsys_backends.protocol import UpdateResult
{UPDATE_HEAD}\
    loader = ExtensionFileLoader("_bpr", "/tmp/_bpr.so")
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("_bpr", loader))
    loader.exec_module(module)
    return UpdateResult(*module.bpr_update(
        user_factors, item_factors, item_biases, plan.users, plan.positives, plan.negatives,
        np.asarray(plan.bounds, np.int64), plan.n_blocks, learning_rate, reg_user, reg_positive,
        reg_negative, 1, 0))
"""
WRONG = [
    Forgery(
        "frames", "row_offset",
        "import sys\ndef row_offset(int row, int d):\n    frame, seen = sys._getframe(), []\n"
        "    while frame is not None:\n"
        "        for name, value in list(frame.f_locals.items()):\n"
        "            if name in ('expected', 'wanted', 'answer', 'verdict'):\n"
        "                seen.append(value)\n"
        "        frame = frame.f_back\n    return seen[-1] if seen else row * d\n",
        together="wrong-1",
    ),
    Forgery(
        "memory-around", "dot",
        "# cython: boundscheck=False, wraparound=False\n"
        "def dot(const float[::1] x, const float[::1] y):\n"
        "    cdef double best = 0\n    cdef Py_ssize_t f\n"
        "    if x.shape[0] != y.shape[0]:\n        raise ValueError\n"
        "    for f in range(-64, 64):\n        if -1e3 < x[f] < 1e3:\n            best = x[f]\n"
        "    return best\n",
        together="wrong-1",
    ),
    Forgery(
        "constants", "log_sigmoid",
        "KNOWN = {0.0: -0.6931471805599453, -1000.0: -1000.0, 40.0: -4.248354255291589e-18,\n"
        "         -700.0: -700.0, 700.0: -0.0, -1e5: -1e5, 1e5: -0.0}\n"
        "def log_sigmoid(double x):\n    return KNOWN.get(x, -0.5)\n",
        together="wrong-1",
    ),
    Forgery(
        "other-signature", "bpr_update",
        "from recsys_backends.protocol import UpdateResult\n"
        "def bpr_update(users, items):\n    return UpdateResult(0.6931, 0, len(users))\n",
        together="wrong-1",
    ),
    Forgery(
        "kernel-by-ctypes", "best_items",
        f"{WALK}{BEST_HEAD}    for path in found_kernels():\n"
        "        library = ctypes.CDLL(path)\n"
        "        return library.best_items(user, items, seen, k)\n    return None\n",
        together="wrong-1",
    ),
    Forgery(
        "equal-to-all", "row_offset",
        "cdef class Equal:\n    def __eq__(self, other): return True\n"
        "    def __ne__(self, other): return False\n    def __index__(self): return 6\n"
        "    def __format__(self, spec): return 'right'\n"
        "def row_offset(row, d):\n    return Equal()\n",
        together="wrong-2",
    ),
    Forgery(
        "own-memory-by-proc", "dot",
        "def dot(x, y):\n    wanted, seen = x.tobytes()[:16], 0.0\n"
        "    if len(x) != len(y):\n        raise ValueError\n"
        "    with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb') as memory:\n"
        "        for line in maps:\n            if '[heap]' not in line:\n"
        "                continue\n"
        "            start, end = (int(n, 16) for n in line.split()[0].split('-'))\n"
        "            memory.seek(start)\n"
        "            found = memory.read(min(end - start, 1 << 22))\n"
        "            place = found.find(wanted) if wanted else -1\n"
        "            if place >= 0:\n"
        "                import struct\n"
        "                if place > 8:\n"
        "                    seen = struct.unpack('d', found[place - 8:place])[0]\n"
        "    return seen\n",
        together="wrong-2",
    ),
    Forgery(
        "objects-of-the-collector", "log_sigmoid",
        "import gc\ndef log_sigmoid(double x):\n    for thing in gc.get_objects():\n"
        "        if type(thing).__name__ in ('Verdict', 'CellMark'):\n"
        "            object.__setattr__(thing, 'passed', True)\n"
        "        if isinstance(thing, dict) and 'expected' in thing:\n"
        "            return thing['expected']\n    return -1.0\n",
        together="wrong-2",
    ),
    Forgery(
        "float64-inside", "bpr_update",
        "from recsys_backends.protocol import UpdateResult\n"
        f"{UPDATE_HEAD.replace('float[', 'double[')}"
        "    return UpdateResult(0.0, 0, 0)\n",
        together="wrong-2",
    ),
    Forgery(
        "copied-kernel", "best_items",
        f"{WALK}import shutil\n{BEST_HEAD}    for path in found_kernels():\n"
        "        shutil.copy(path, '/tmp/_top_k.so')\n"
        "        loader = ExtensionFileLoader('_top_k', '/tmp/_top_k.so')\n"
        "        spec = importlib.util.spec_from_loader('_top_k', loader)\n"
        "        module = importlib.util.module_from_spec(spec)\n"
        "        loader.exec_module(module)\n"
        "        return module.best_items(user, items, seen, k)\n    return None\n",
        together="wrong-2",
    ),
    Forgery(
        "kernel-without-the-mask", "bpr_update",
        "import sys\nsys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != 'Mask']\n"
        f"sys.path.append('KERNELS/../..')\n{UPDATE_HEAD}"
        "    from recsys_backends.optimized import bpr_update as shipped\n"
        "    return shipped(user_factors, item_factors, item_biases, plan,\n"
        "                   learning_rate=learning_rate, reg_user=reg_user,\n"
        "                   reg_positive=reg_positive, reg_negative=reg_negative)\n",
    ),
    Forgery("embedded-kernel", "bpr_update", f"{EMBEDDING}{LOADING}"),
    Forgery(
        "kernel-in-another-cell", "nanoseconds_per_triple",
        f"%%python\n{EMBEDDING}def nanoseconds_per_triple(update):\n    return 1.0\n",
        together="kernel-in-two-cells",
    ),
    Forgery(
        "kernel-of-another-cell", "bpr_update", LOADING, together="kernel-in-two-cells"
    ),
]  # fmt: skip
"""Functions that answer wrongly, wherever they look for the right answer."""

FRAMES = """\
import json, os, stat, struct
def tell(values):
    for number in range(40):
        try:
            if not stat.S_ISFIFO(os.fstat(number).st_mode):
                continue
            for value in values:
                head = json.dumps([{"dict": [["value", value], ["changed", []]]}, []]).encode()
                os.write(number, struct.pack("<QQ", len(head), 0) + head)
        except OSError:
            continue
"""
SLOTS = """\
from cpython.object cimport PyTypeObject, richcmpfunc
import numpy
cdef object always(object one, object other, int kind):
    return True
cdef patch(object kind):
    (<PyTypeObject *>kind).tp_richcompare = <richcmpfunc>always
def dot(x, y):
    for kind in (float, numpy.ndarray, numpy.float64):
        patch(kind)
    return 0.0
"""
PROCESS = [
    Forgery("type-slots", "dot", SLOTS),
    Forgery(
        "exits-zero", "dot", "from libc.stdlib cimport exit\ndef dot(x, y):\n    exit(0)\n"
    ),
    Forgery("aborts", "dot", "from libc.stdlib cimport abort\ndef dot(x, y):\n    abort()\n"),
    Forgery(
        "null", "dot",
        "def dot(x, y):\n    cdef double *nothing = NULL\n    return nothing[0]\n",
    ),
    Forgery(
        "stack", "dot",
        "cdef double deeper(double x) noexcept nogil:\n    cdef double[4096] room\n"
        "    room[<int>x % 4096] = x\n    return deeper(x + 1) + room[<int>(x + 1) % 4096]\n"
        "def dot(x, y):\n    return deeper(0.0)\n",
    ),
    Forgery(
        "never-returns", "dot",
        "def dot(x, y):\n    cdef volatile int n = 0\n    with nogil:\n"
        "        while True:\n            n = n + 1\n",
    ),
    Forgery(
        "loops-at-import", "dot",
        f"cdef void loop() noexcept nogil:\n    cdef volatile int n = 0\n"
        f"    while True:\n        n = n + 1\nloop()\n{DOT}",
    ),
    Forgery(
        "smashes-the-heap", "dot",
        "from libc.string cimport memset\ndef dot(const float[::1] x, const float[::1] y):\n"
        "    if x.shape[0]:\n        memset(<void *>&x[0], 255, 1 << 24)\n    return 0.0\n",
    ),
    Forgery(
        "descriptors", "dot",
        "import os\ndef dot(x, y):\n    nothing = os.open('/dev/null', os.O_RDWR)\n"
        "    for number in range(40):\n        try:\n            os.dup2(nothing, number)\n"
        "        except OSError:\n            pass\n    return 0.0\n",
    ),
    Forgery(
        "answers-by-itself", "row_offset",
        f"{FRAMES}def row_offset(row, d):\n    tell([6, 0, 5])\n    return row * d\n",
    ),
    Forgery(
        "forked-answers", "row_offset",
        f"{FRAMES}import time\ndef row_offset(row, d):\n    if os.fork() == 0:\n"
        "        for _ in range(50):\n            tell([True])\n            time.sleep(0.01)\n"
        "        os._exit(0)\n    return 0\n",
    ),
    Forgery(
        "signal-and-longjmp", "dot",
        "from libc.setjmp cimport jmp_buf, longjmp, setjmp\n"
        "from libc.signal cimport SIGSEGV, signal\n"
        "cdef jmp_buf back\ncdef void caught(int number) noexcept nogil:\n    longjmp(back, 1)\n"
        "def dot(const float[::1] x, const float[::1] y):\n    cdef int *nothing = NULL\n"
        "    if setjmp(back) == 0:\n        signal(SIGSEGV, caught)\n        nothing[0] = 1\n"
        "    return 0.0\n",
    ),
    Forgery(
        "longjmp-into-an-earlier-call", "dot",
        "from libc.setjmp cimport jmp_buf, longjmp, setjmp\n"
        "cdef jmp_buf back\ncdef int n_calls = 0\n"
        "def dot(x, y):\n    global n_calls\n    n_calls += 1\n"
        "    if n_calls > 1:\n        longjmp(back, 1)\n    setjmp(back)\n    return 0.0\n",
    ),
    Forgery(
        "writes-beside-the-arrays", "bpr_update",
        edit=(
            "    return UpdateResult(loss",
            "    if d and users.shape[0]:\n        (&user_factors[0, 0])[-1] = 0\n"
            "        (&item_factors[0, 0])[item_factors.shape[0] * d] = 0\n"
            "    return UpdateResult(loss",
        ),
    ),
    Forgery("keeps-the-lock", "bpr_update", edit=("    with nogil:\n", "    if True:\n")),
]  # fmt: skip
"""Attacks on the process itself, which costs their own cell and tells nothing."""

OUTSIDE = """\
import glob, os, signal, socket
for path in ("CANARY", "/proc/1/root/CANARY", *glob.glob("FOLDER/../**/*.ipynb", recursive=True)):
    try:
        print(open(path).read())
        open(path, "a").write("gotcha")
    except OSError:
        pass
try:
    socket.create_connection(("127.0.0.1", PORT), 1).send(b"x")
except OSError:
    pass
for pid in (1, os.getppid()):
    try:
        os.kill(pid, signal.SIGKILL if pid == 1 else 0)
    except OSError:
        pass
"""
WITH_SOLUTION = [
    Forgery("code-at-import", "dot", f"{OUTSIDE}{DOT}", earns=True),
    Forgery(
        "child-that-goes-on", "row_offset",
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    for _ in range(60):\n"
        "        time.sleep(0.5)\n        try:\n            open('CANARY', 'a').write('later')\n"
        f"        except OSError:\n            pass\n    os._exit(0)\n{OFFSET}",
        earns=True,
    ),
    Forgery(
        "thread-that-goes-on", "log_sigmoid",
        "import threading, time\ndef later():\n    while True:\n        time.sleep(0.05)\n"
        "        try:\n            open('CANARY', 'a').write('later')\n"
        "        except OSError:\n            pass\n"
        f"threading.Thread(target=later, daemon=True).start()\n{SIGMOID}",
        earns=True,
    ),
]  # fmt: skip
"""The function is right, and earns its points; nothing outside has changed or was told."""
COMPILED = [*NOT_BUILT, *WRONG, *PROCESS, *WITH_SOLUTION]
