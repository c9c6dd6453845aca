"""Code that students might hand in to get marks that they have not earned, or to get out.

``above`` stands at the top of a cell; ``body`` is that of the function that is judged, in the place
of a solution. ``CANARY`` and ``FOLDER`` become paths outside of the jail, ``PORT`` the number of a
port that somebody listens at.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    """One attempt."""

    name: str
    above: str = ""
    body: str = ""
    """Empty: the solution stays, and earns its points."""
    fools: bool = False
    """Whether a visible test is fooled where it runs in the same process."""

    @property
    def earns(self) -> bool:
        """Whether the solution is there as well."""
        return not self.body


EQUAL = """\
class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __getitem__(self, key): return self
    def __iter__(self): return iter([self] * 3)
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
    def __array__(self, *args, **kwargs):
        import numpy
        return numpy.zeros(3)
"""
FORGERIES = [
    Attack("equal-to-all", EQUAL, "return Equal()", fools=True),
    Attack("list-of-equals", EQUAL, "return [Equal(), {1: Equal()}]"),
    Attack(
        "transformer",
        "try:\n    get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])\n"
        "except NameError:\n    pass",
        "return 0",
        fools=True,
    ),
    Attack(
        "ast-transformer",
        "import ast\n"
        "class NoAsserts(ast.NodeTransformer):\n"
        "    def visit_Assert(self, node): return ast.Pass()\n"
        "    def visit_Raise(self, node): return ast.Pass()\n"
        "try:\n    get_ipython().ast_transformers.append(NoAsserts())\n"
        "except NameError:\n    pass",
        "return 0",
    ),
    Attack(
        "run-cell",
        "try:\n    shell = get_ipython()\n"
        "    type(shell).run_code = type(shell).run_cell_async = None\n"
        "except NameError:\n    pass",
        "return 0",
    ),
    Attack(
        "no-traceback",
        "try:\n    shell = get_ipython()\n    shell.showtraceback = lambda *a, **k: None\n"
        "    shell.run_code = lambda *a, **k: False\nexcept NameError:\n    pass",
        "return 0",
    ),
    Attack(
        "numpy-says-yes",
        "import numpy as np\n"
        "np.allclose = np.array_equal = np.isclose = lambda *a, **k: True\n"
        "np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None",
        "return np.zeros(3)",
    ),
    Attack(
        "no-assertion-error",
        "import builtins\nclass Fine(Warning): pass\n"
        "builtins.AssertionError = Fine\n"
        "import sys\nsys.excepthook = lambda *a: None",
        "return 1",
    ),
    Attack(
        "frames",
        "",
        "import sys\nframe = sys._getframe()\nseen = []\n"
        "while frame:\n"
        "    for name, value in list(frame.f_locals.items()):\n"
        "        if name in ('expected', 'wanted', 'answer', 'verdict', 'results'):\n"
        "            seen.append(value)\n"
        "        if name in ('passed', 'failed'):\n            frame.f_locals[name] = True\n"
        "    frame = frame.f_back\n"
        "return seen[-1] if seen else None",
    ),
    Attack(
        "gc",
        "",
        "import gc\n"
        "for thing in gc.get_objects():\n"
        "    if type(thing).__name__ in ('Verdict', 'CellMark', 'ClauseResult'):\n"
        "        object.__setattr__(thing, 'passed', True)\n"
        "    if isinstance(thing, dict) and 'expected' in thing:\n"
        "        return thing['expected']\n"
        "return None",
    ),
    Attack(
        "shipped-answer",
        "",
        "import sys\n"
        "sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != 'Mask']\n"
        "import recsys_backends.naive as key\n"
        "for name in dir(key):\n"
        "    if callable(getattr(key, name)) and sys._getframe().f_code.co_name == name:\n"
        "        return getattr(key, name)(*args, **kwargs)\n"
        "return None",
    ),
    Attack(
        "compiled-answer",
        "import importlib, sys\n"
        "for finder in list(sys.meta_path):\n"
        "    if hasattr(finder, '_allowed'):\n"
        "        finder._allowed = frozenset(('recsys_backends', 'recsys_edu', 'tito', 'torch'))\n"
        "found = None\n"
        "for wanted in ('recsys_backends.optimized', 'recsys_backends.torch',\n"
        "               'recsys_edu.models', 'recsys_backends.ops'):\n"
        "    try:\n        found = importlib.import_module(wanted)\n        break\n"
        "    except ImportError:\n        pass",
        "import sys\nname = sys._getframe().f_code.co_name\n"
        "if found is None or __name__ == '__main__': return None\n"
        "return getattr(found, name)(*args, **kwargs)",
    ),
    Attack(
        "answer-from-disk",
        "",
        "import glob, sys\n"
        "places = [p for base in (*sys.path, '/') for p in\n"
        "          glob.glob(f'{base}/**/naive/*.py', recursive=True)[:20] +\n"
        "          glob.glob(f'{base}/**/hidden.py', recursive=True)[:20] if base]\n"
        "space = {}\n"
        "for place in places:\n    exec(open(place).read(), space)\n"
        "return space[sys._getframe().f_code.co_name](*args, **kwargs)",
    ),
    Attack(
        "other-frames",
        "import json, os, struct, stat\n"
        "frames = [{'value': True, 'changed': []}, {'functions': ['x'], 'written': ['x']},\n"
        "          {'outputs': [], 'error': '', 'execution_count': 1}]\n"
        "def tell():\n"
        "    for number in range(3, 40):\n"
        "        try:\n"
        "            if not stat.S_ISFIFO(os.fstat(number).st_mode): continue\n"
        "            for frame in frames:\n"
        "                pairs = [[k, v] for k, v in frame.items()]\n"
        "                head = json.dumps([{'dict': pairs}, []]).encode()\n"
        "                os.write(number, struct.pack('<QQ', len(head), 0) + head)\n"
        "        except OSError:\n            continue\n",
        "tell()\nreturn 0",
    ),
    Attack(
        "later-frames",
        "import json, os, struct, stat, threading, time\n"
        "head = json.dumps([{'dict': [['value', True], ['changed', []]]}, []]).encode()\n"
        "def tell():\n"
        "    while True:\n"
        "        time.sleep(0.01)\n"
        "        for number in range(3, 20):\n"
        "            try:\n"
        "                if stat.S_ISFIFO(os.fstat(number).st_mode):\n"
        "                    os.write(number, struct.pack('<QQ', len(head), 0) + head)\n"
        "            except OSError:\n                continue\n",
        "if not any(t.name == 'tell' for t in threading.enumerate()):\n"
        "    threading.Thread(target=tell, name='tell', daemon=True).start()\n"
        "return 0",
    ),
    Attack(
        "patched-runner",
        "import sys, json\n"
        "runner = sys.modules.get('__main__')\n"
        "for module in list(sys.modules.values()):\n"
        "    for name in ('pack', 'write_frame', '_pack_array'):\n"
        "        if 'tito' in getattr(module, '__name__', '') and hasattr(module, name):\n"
        "            pass\n"
        "class AlwaysRight(float):\n"
        "    def __eq__(self, other): return True\n"
        "    def __le__(self, other): return True\n"
        "json.JSONEncoder.default = lambda self, value: 0",
        "return AlwaysRight('nan')",
    ),
    Attack(
        "pickle",
        "class Bomb:\n    def __reduce__(self):\n        return (open, ('CANARY', 'w'))",
        "import numpy as np, pickle\n"
        "return [np.array([Bomb()], dtype=object), pickle.dumps(Bomb()), Bomb()]",
    ),
    Attack("huge-answer", "", "return 'x' * (2 ** 29)"),
    Attack("huge-array", "import numpy as np", "return np.zeros(2 ** 28)"),
    Attack("many-answers", "", "return [0] * 5_000_000"),
    Attack("deep-answer", "", "out = []\nfor _ in range(10_000):\n    out = [out]\nreturn out"),
    Attack("nan-answer", "", "return float('nan')"),
    Attack("memoised", "seen = {}", "return seen.setdefault('first', 0.5)"),
    Attack(
        "question-changed",
        "import numpy as np",
        "for array in args:\n"
        "    if isinstance(array, np.ndarray) and array.flags.writeable:\n"
        "        array[...] = 0\n"
        "return np.zeros_like(args[0]) if args and isinstance(args[0], np.ndarray) else 0.0",
    ),
    Attack(
        "at-exit",
        "import atexit, os\natexit.register(lambda: os._exit(0))",
        "import sys\nsys.exit(0)",
    ),
    Attack(
        "signals",
        "import signal\n"
        "for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):\n"
        "    try:\n        signal.signal(number, signal.SIG_IGN)\n"
        "    except ValueError:\n        pass",
        "return 0",
    ),
    Attack("not-written-says-no-more", "", "raise NotImplementedError('it is right, promised')"),
    Attack(
        "raises-what-it-got",
        "",
        "raise type('Got' + repr(args)[:400], (Exception,), {})(repr((args, kwargs)))",
    ),
    Attack(
        "tells-what-it-got",
        "import base64, os, sys, warnings, logging\nkept = []\n",
        "text = repr((args, kwargs))\nkept.append(text)\n"
        "print(text); print(text, file=sys.stderr); warnings.warn(text); logging.error(text)\n"
        "for value in args:\n"
        "    data = value.tobytes() if hasattr(value, 'tobytes') else b''\n"
        "    os.write(1, data); os.write(2, base64.b64encode(data))\n"
        "for place in ('args.txt', '/tmp/args.txt', '/dev/shm/args.txt', 'FOLDER/args.txt'):\n"
        "    try:\n        open(place, 'a').write(text)\n    except OSError:\n        pass\n"
        "return text",
    ),
]
"""Of which none may earn the points of the cell that it stands in."""

READ = "try:\n    print(open('{}').read())\nexcept OSError as error:\n    print(repr(error))"
WRITE = "try:\n    open('{}', 'a').write('gotcha')\nexcept OSError:\n    pass"
ESCAPES = [
    Attack("reads-gradebook", READ.format("CANARY")),
    Attack("writes-gradebook", WRITE.format("CANARY")),
    Attack("writes-release", WRITE.format("FOLDER/release.ipynb")),
    Attack("reads-by-proc", READ.format("/proc/1/root/CANARY")),
    Attack(
        "launchers-environment",
        "import os\nfor pid in os.listdir('/proc'):\n"
        "    try:\n        print(open(f'/proc/{pid}/environ').read())\n"
        "    except OSError:\n        pass",
    ),
    Attack(
        "makes-link",
        "import os\ntry:\n    os.symlink('CANARY', 'link')\n    print(open('link').read())\n"
        "except OSError:\n    pass",
    ),
    Attack(
        "deletes",
        "import shutil\nshutil.rmtree('FOLDER', ignore_errors=True)",
    ),
    Attack(
        "network",
        "import socket\ntry:\n    socket.create_connection(('127.0.0.1', PORT), 1).send(b'x')\n"
        "except OSError:\n    pass",
    ),
    Attack(
        "signals-to-all",
        "import os, signal\nfor pid in (1, os.getppid()):\n"
        "    try:\n        os.kill(pid, signal.SIGUSR2 if pid == 1 else 0)\n"
        "    except OSError:\n        pass",
    ),
    Attack(
        "disk",
        "try:\n    with open('large', 'wb') as file:\n"
        "        for _ in range(2000): file.write(bytes(2 ** 20))\nexcept OSError:\n    pass",
    ),
    Attack(
        "forks",
        "import os, time\nfor _ in range(500):\n    try:\n"
        "        if os.fork() == 0:\n            time.sleep(60)\n            os._exit(0)\n"
        "    except OSError:\n        break",
    ),
    Attack(
        "devices",
        "import os\nfor path in ('/dev/mem', '/dev/sda', '/dev/kmsg', '/dev/tty'):\n"
        "    try:\n        os.write(os.open(path, os.O_RDWR), b'x')\n"
        "    except OSError:\n        pass",
    ),
    Attack("memory", "", "held = []\nwhile True:\n    held.append(bytearray(2 ** 26))"),
    Attack(
        "leaves-processes",
        "import os, time\n"
        "try:\n    if os.fork() == 0:\n        os.setsid()\n"
        "        for _ in range(30):\n            time.sleep(1)\n"
        "            try: open('CANARY', 'a').write('later')\n"
        "            except OSError: pass\n        os._exit(0)\n"
        "except OSError:\n    pass",
    ),
    Attack(
        "threads",
        "import threading, time\n"
        "for _ in range(20):\n"
        "    try:\n        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "    except RuntimeError:\n        break",
    ),
    Attack(
        "other-students",
        "import glob\nfor path in glob.glob('FOLDER/../grading/**/*', recursive=True):\n"
        "    try:\n        print(path, open(path, 'rb').read())\n"
        "    except OSError:\n        pass",
    ),
]
"""The solution is there as well, and earns its points; nothing outside has changed or was told."""

HARMLESS = [
    Attack("warns", "import warnings\nwarnings.warn('careful')"),
    Attack("stderr", "import sys\nprint('careful', file=sys.stderr)"),
    Attack("prints-much", "for _ in range(20_000):\n    print('x' * 1000)"),
    Attack("prints-surrogates", "print('\\ud800 \\x00 \\x1b[31m')"),
    Attack("prints-html", "print('</pre><script>alert(1)</script>')"),
    Attack("function-loops", "", "while True:\n    pass"),
    Attack("function-exits", "", "import os\nos._exit(0)"),
    Attack("function-leaves", "", "raise SystemExit"),
    Attack("function-interrupts", "", "raise KeyboardInterrupt"),
    Attack("function-recurses", "def deeper(): return deeper()", "return deeper()"),
    Attack(
        "function-crashes",
        "",
        "import ctypes\nctypes.string_at(0)",
    ),
    Attack("function-is-a-generator", "", "yield 1"),
    Attack("function-is-async", "", "async def f(): pass\nreturn f()"),
]
"""Accidents: marks are those of what is written."""

TOP_LEVEL = {
    "raises": "raise ValueError('oops')",
    "exits": "import os\nos._exit(0)",
    "leaves": "import sys\nsys.exit()",
    "interrupts": "raise KeyboardInterrupt",
    "loops": "while True:\n    pass",
    "recurses": "def f(): return f()\nf()",
    "imports-what-is-not-there": "import no_such_module",
    "uses-what-is-not-there": "no_such_name",
}
"""Loose lines that end the cell in which they stand, which so cannot be loaded as a whole."""
