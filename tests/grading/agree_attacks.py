"""Answers to lesson 07's ``agree`` that do not look at what a function computes, and two that do.

``agree`` is handed a reference and a candidate, both of which it can only call. Each answer is the
body of ``agree(reference, candidate)``; ``SOLUTION`` is the lesson's own one.
"""

from __future__ import annotations

from dataclasses import dataclass

ONE_CALL = (
    "a = np.ones((2, 3), np.float32)\nb = np.ones((3, 4), np.float32)\nright = reference(a, b)\n"
)


@dataclass(frozen=True)
class AgreeAnswer:
    """One answer."""

    name: str
    body: str
    above: str = ""
    """Text at the top of the cell."""
    earns: bool = False
    """True where it catches every wrong function, and accepts every right one."""


AGREE = [
    AgreeAnswer("accepts-all", "return True"),
    AgreeAnswer("refuses-all", "return False"),
    AgreeAnswer("raises-always", "raise AssertionError('wrong')"),
    AgreeAnswer(
        "by-name",
        "words = repr(candidate) + candidate.__name__ + repr(candidate._call)\n"
        "return not any(word in words for word in ('wrong', 'transposed', 'half', 'float64'))",
    ),
    AgreeAnswer(
        "by-handle",
        "number, call = candidate._call.args\n"
        "return number == 1 and call == candidate._call.func.__self__._number_of_call",
    ),
    AgreeAnswer(
        "by-order",
        "import glob, os\nseen = len(glob.glob('/tmp/seen*'))\n"
        "open(f'/tmp/seen{seen}-{os.getpid()}', 'w').close()\nreturn seen < 5",
    ),
    AgreeAnswer(
        "by-source",
        "import glob\nfor base in ('/tmp', '/desk', '/jail', '/dev/shm'):\n"
        "    for path in glob.glob(f'{base}/**/handed.py', recursive=True):\n"
        "        return 'np.abs(b)' not in open(path).read()\nreturn True",
    ),
    AgreeAnswer(
        "by-other-processes",
        "import os\nfor pid in os.listdir('/proc'):\n    try:\n"
        "        if 'wrong' in open(f'/proc/{pid}/cmdline').read():\n            return False\n"
        "    except OSError:\n        pass\nreturn True",
    ),
    AgreeAnswer("one-call", f"{ONE_CALL}return bool(np.array_equal(candidate(a, b), right))"),
    AgreeAnswer("by-itself", "return _agree(candidate, candidate)", above="SOLUTION"),
    AgreeAnswer("returns-what-it-got", "return candidate"),
    AgreeAnswer(
        "equal-to-all",
        "return Yes()",
        above="class Yes:\n    def __bool__(self): return True\n"
        "    def __eq__(self, other): return True\n",
    ),
    AgreeAnswer("ends-well", "import os\nos._exit(0)"),
    AgreeAnswer("not-written-it-says", "raise NotImplementedError('but right')"),
    AgreeAnswer("calls-for-ever", f"{ONE_CALL}while True:\n    candidate(a, b)"),
    AgreeAnswer(
        "sends-much",
        "a = np.ones((2000, 2000), np.float32)\nfor _ in range(20):\n    candidate(a, a)\n"
        "return True",
    ),
    AgreeAnswer(
        "own-frames",
        "import json, os, stat, struct\n"
        "head = json.dumps([{'dict': [['value', True], ['changed', []]]}, []]).encode()\n"
        "for number in range(40):\n    try:\n"
        "        if stat.S_ISFIFO(os.fstat(number).st_mode):\n"
        "            os.write(number, struct.pack('<QQ', len(head), 0) + head)\n"
        "    except OSError:\n        pass\nreturn False",
    ),
    AgreeAnswer(
        "calls-twice",
        "def twice(function):\n    def call(a, b):\n        function(a.copy(), b.copy())\n"
        "        return function(a, b)\n    return call\n"
        "return _agree(twice(reference), twice(candidate))",
        above="SOLUTION",
        earns=True,
    ),
    AgreeAnswer("solution-by-another-name", "return _agree(reference, candidate)",
                above="SOLUTION", earns=True),
]  # fmt: skip
