"""The honeypot: entries that win where a leaderboard believes what it is told.

Each stands behind the honest entry's source, so ``top_k`` is right until a cheat takes its place.
"""

from __future__ import annotations

import inspect
from typing import Final

from tests.judging.timed_entries import stop_the_clocks

_WRAP: Final = """
honest = top_k
def top_k(user_factors, item_factors, item_biases, seen_indptr, seen_indices, *, k, n_threads=1):
    args = (user_factors, item_factors, item_biases, seen_indptr, seen_indices)
"""
_ZEROS: Final = """
    n = len(user_factors)
    return TopK(np.zeros((n, k), np.int32), np.zeros((n, k), np.float32))
"""


def _cheat(body: str, before: str = "") -> str:
    return f"import gc, os, sys, threading, time\n{before}{_WRAP}{body}"


CAUGHT_BY_THE_CONTRACT: Final = {
    "empty list": _cheat("    return []"),
    "zeros": _cheat(_ZEROS),
    "constant scores": _cheat(
        "    found = honest(*args, k=k)\n"
        "    return TopK(found.items, np.where(found.items < 0, -np.inf, 1).astype(np.float32))"
    ),
    "not a number": _cheat(
        "    found = honest(*args, k=k)\n"
        "    return TopK(found.items, np.full_like(found.scores, np.nan))"
    ),
    "lower precision": _cheat(
        "    half = [a.astype(np.float16).astype(np.float32) for a in args[:2]]\n"
        "    return honest(*half, *args[2:], k=k)"
    ),
    "seen items": _cheat("    return honest(*args[:3], np.zeros_like(args[3]), args[4][:0], k=k)"),
    "right for ten calls": _cheat(
        f"    calls.append(1)\n    if len(calls) <= 10:\n        return honest(*args, k=k){_ZEROS}",
        before="calls = []",
    ),
    "shipped kernel by import": _cheat(
        "    from recsys_backends.optimized import top_k as shipped\n"
        "    return shipped(*args, k=k, n_threads=n_threads)"
    ),
    "shipped kernel on an exception": _cheat(
        "    try:\n        raise RuntimeError\n    except RuntimeError:\n"
        "        import recsys_backends.ops\n        return recsys_backends.ops.top_k(*args, k=k)"
    ),
    "shipped kernel from its file": _cheat(
        "    import ctypes, glob\n"
        "    found = [p for d in sys.path + ['/'] for p in glob.glob(d + '/**/_top_k*.so')]\n"
        "    ctypes.CDLL(found[0])\n    return honest(*args, k=k)"
    ),
    "answer key by gc": _cheat(
        "    for found in gc.get_objects():\n"
        "        if type(found).__name__ == 'TopK' and len(found.items) == len(user_factors):\n"
        "            return found" + _ZEROS
    ),
    "known seeds": _cheat(
        "    for seed in range(200):\n"
        "        drawn = np.random.default_rng(seed).normal(0, 0.1, user_factors.shape)\n"
        "        if np.allclose(drawn, user_factors):\n            return honest(*args, k=k)"
        + _ZEROS
    ),
    "zeroed inputs": _cheat(f"    for array in args[:2]:\n        array[:] = 0{_ZEROS}"),
    "shapes of the division only": _cheat(
        "    if user_factors.shape[1] == 16 and k == 10:\n        return honest(*args, k=k)"
        + _ZEROS
    ),
    "several calls in one": _cheat(
        "    waiting.append(args)\n    if len(waiting) < 3:\n"
        "        n = len(user_factors)\n"
        "        return TopK(np.zeros((n, k), np.int32), np.zeros((n, k), np.float32))\n"
        "    found = [honest(*each, k=k) for each in waiting]\n    waiting.clear()\n"
        "    return found[-1]",
        before="waiting = []",
    ),
    "first call only": _cheat(
        f"    if not calls:\n        calls.append(1)\n        return honest(*args, k=k){_ZEROS}",
        before="calls = []",
    ),
    "memory of other processes": _cheat(
        "    for name in os.listdir('/proc'):\n"
        "        if not name.isdigit() or int(name) == os.getpid():\n            continue\n"
        "        try:\n            memory = open(f'/proc/{name}/mem', 'rb')\n"
        "            for line in open(f'/proc/{name}/maps'):\n"
        "                memory.seek(int(line.split('-')[0], 16))\n"
        "                if memory.read(4096):\n                    return honest(*args, k=k)\n"
        "        except (OSError, ValueError):\n            pass" + _ZEROS
    ),
    "a seccomp filter of its own": _cheat(
        "    import ctypes\n"
        "    refuse_all = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0x00050001))\n"
        "    program = struct.pack('HxxxxxxP', 1, ctypes.addressof(refuse_all))\n"
        "    if ctypes.CDLL(None).prctl(22, 2, program, 0, 0) == 0:\n"
        "        return honest(*args, k=k)" + _ZEROS,
        before="import struct",
    ),
    "verdict by an exit": _cheat("    os._exit(0)"),
    "forged results on every descriptor": _cheat(
        "    for number in range(1, 256):\n        try:\n"
        '            os.write(number, b\'{"verified": true, "score": 0.001}\')\n'
        "        except OSError:\n            pass\n    return []"
    ),
    "seeds from the environment": _cheat(
        "    if any('SEED' in name or 'SECRET' in name for name in os.environ):\n"
        "        return honest(*args, k=k)" + _ZEROS
    ),
}
"""Sources by the name of the cheat; the contract's check ends them."""

WITHOUT_END: Final = {
    "work at import": _cheat("    return honest(*args, k=k)", before="while True:\n    pass\n"),
    "signals ignored": _cheat(
        "    import signal\n    for number in range(1, 65):\n        try:\n"
        "            signal.signal(number, signal.SIG_IGN)\n        except (OSError, ValueError):\n"
        "            pass\n    while True:\n        pass"
    ),
    "processes without end": _cheat(
        "    while True:\n        try:\n            os.fork()\n        except OSError:\n"
        "            pass"
    ),
}
"""Sources that never answer; the time limit ends them."""

CAUGHT_WHILE_TIMED: Final = {
    "first answer again": _cheat(
        "    if not kept:\n        kept.append(honest(*args, k=k))\n    return kept[0]",
        before="kept = []",
    ),
    "cache by id": _cheat(
        "    key = user_factors.ctypes.data, k\n    if key not in kept:\n"
        "        kept[key] = honest(*args, k=k)\n    return kept[key]",
        before="kept = {}",
    ),
    "cache by shape": _cheat(
        "    key = round(len(user_factors), -3), k\n    if key not in kept:\n"
        "        kept[key] = honest(*args, k=k)\n    return kept[key]",
        before="kept = {}",
    ),
    "work for small inputs only": _cheat(
        f"    if len(user_factors) < 250:\n        return honest(*args, k=k){_ZEROS}"
    ),
    "half of the users": _cheat(
        "    found = honest(*args, k=k)\n    found.items[len(found.items) // 2:] = 0\n"
        "    return found"
    ),
    "thread that ends later": _cheat(
        "    n = len(user_factors)\n"
        "    found = TopK(np.zeros((n, k), np.int32), np.zeros((n, k), np.float32))\n"
        "    def later():\n        time.sleep(0.3)\n        right = honest(*args, k=k)\n"
        "        found.items[:], found.scores[:] = right.items, right.scores\n"
        "    threading.Thread(target=later, daemon=True).start()\n    return found"
    ),
    "uninitialised memory": _cheat(
        "    n = len(user_factors)\n"
        "    return TopK(np.empty((n, k), np.int32), np.empty((n, k), np.float32))"
    ),
    "answer from the baseline's files": _cheat(
        "    import glob\n"
        "    for path in glob.glob('/timed/*') + glob.glob('/dev/shm/**', recursive=True):\n"
        "        try:\n            content = open(path, 'rb').read(10**6)\n"
        "        except OSError:\n            continue\n"
        "        if b'TopK' in content:\n            return honest(*args, k=k)" + _ZEROS
    ),
    "done before go": _cheat(
        "    sys.modules['__main__'].READY = b'r' + bytes(8)\n    return honest(*args, k=k)"
    ),
    "an answer's length forged": _cheat(
        "    sys.modules['__main__']._write_answer = lambda answer, room: 24\n"
        "    return honest(*args, k=k)"
    ),
}
"""Sources that pass for right on other data, or that attack the clock; timing ends them."""

_DIGEST: Final = """
import hashlib
BLOCK = bytes(2**20)
def digest(n_mib):
    found = hashlib.sha256()
    for _ in range(n_mib):
        found.update(BLOCK)
"""
CAUGHT_BY_THE_ACCOUNT: Final = {
    "hidden thread": _cheat(
        "    helper = threading.Thread(target=digest, args=(150,))\n    helper.start()\n"
        "    digest(150)\n    helper.join()\n    return honest(*args, k=k)",
        before=_DIGEST,
    ),
    "work before go": _cheat(
        "    if not kept:\n        region = sys.modules['__main__'].Region\n"
        "        ordinary = region.map\n        kept.append(ordinary)\n"
        "        def slow(self, size, n_touched):\n            digest(150)\n"
        "            ordinary(self, size, n_touched)\n        region.map = slow\n"
        "    return honest(*args, k=k)",
        before=f"{_DIGEST}kept = []\n",
    ),
    "processes that slow the baseline": _cheat(
        "    if not kept:\n        kept.append(1)\n        for _ in range(3):\n"
        "            if os.fork() == 0:\n                while True:\n                    pass\n"
        "    return honest(*args, k=k)",
        before="kept = []",
    ),
}
"""Sources that use more processor time than they may, or at another time; the account shows it."""

IDLE_IN_C: Final = """
#include <stdint.h>
void bpr_update(
    float *user_factors, float *item_factors, float *item_biases, int64_t d,
    const int32_t *users, const int32_t *positives, const int32_t *negatives, int64_t n_triples,
    double learning_rate, double reg_user, double reg_positive, double reg_negative,
    double *loss, int64_t *n_correct, int64_t *n_updated)
{
    *loss = 0.6931471805599453 * n_triples;
    *n_correct = n_triples / 2;
    *n_updated = n_triples;
}
"""
"""A step of nothing, which small learning rates could hide within a tolerance."""

_STOPPED: Final = "import ctypes, mmap\n" + inspect.getsource(stop_the_clocks)
SLOW_SECONDS: Final = 0.08
_SLEEP: Final = f"    sleep({SLOW_SECONDS})\n    return honest(*args, k=k)"

AT_THEIR_TRUE_WORTH: Final = {
    "stopped clocks": _cheat(
        "    stop_the_clocks()\n"
        f"    ctypes.CDLL(None).usleep({int(SLOW_SECONDS * 1e6)})\n"
        "    return honest(*args, k=k)",
        before=_STOPPED,
    ),
    "results file": _cheat(
        "    for name in ('results.json', '/tmp/results.json', '/dev/shm/results.json'):\n"
        f"        open(name, 'w').write('{{\"score\": 0.001}}')\n{_SLEEP}",
        before="from time import sleep",
    ),
    "slow first call": _cheat(
        f"    if not calls:\n        calls.append(1)\n        sleep(0.5)\n{_SLEEP}",
        before="from time import sleep\ncalls = []",
    ),
    "cache by content": _cheat(
        "    key = user_factors.tobytes()\n    if key in kept:\n        return kept[key]\n"
        f"    sleep({SLOW_SECONDS})\n    kept[key] = honest(*args, k=k)\n    return kept[key]",
        before="from time import sleep\nkept = {}",
    ),
    "endless output": _cheat(
        f"    print('x' * 10**6)\n    print('x' * 10**6, file=sys.stderr)\n{_SLEEP}",
        before="from time import sleep",
    ),
    "full disk": _cheat(
        "    try:\n        with open('/tmp/full', 'ab') as file:\n"
        "            for _ in range(64):\n                file.write(bytes(2**23))\n"
        f"    except OSError:\n        pass\n{_SLEEP}",
        before="from time import sleep",
    ),
}
"""Sources that gain nothing: each call of them takes at least ``SLOW_SECONDS``, and is seen to."""

CAUGHT_BY_THE_BUILD: Final = {
    "secrets by include": 'include "/etc/passwd"\n\ndef top_k():\n    return 1\n',
    "secrets by a header": (
        'cdef extern from "/etc/shadow":\n    pass\n\ndef top_k():\n    return 1\n'
    ),
    "build without end": (
        "cdef extern from *:\n"
        '    """\n    #include __FILE__\n    """\n    pass\n\ndef top_k():\n    return 1\n'
    ),
    "no Cython at all": "def top_k(:\n",
}
"""Sources in Cython that are refused while they are built."""
