"""Reading a stranger's cell takes time that grows with its length, and not with its square."""

from __future__ import annotations

import subprocess
import sys

import pytest

LONG = 200_000
"""Characters of the longest answer that grading reads. What takes a second here took minutes."""
SECONDS = 60
READ = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
from recsys_edu.artefacts.cell import CythonCellError, read_cell
from recsys_edu.artefacts.pyx_rules import refusals
cell = read_cell(eval(sys.argv[1]))
try:
    cell.functions, cell.written, cell.c_functions, refusals(cell.lines)
except CythonCellError:
    pass
print("read")
"""
HEAD = "'%%cython\\n'"
STUB = f"{HEAD} + 'def f(x):\\n raise NotImplementedError'"
CELLS = {
    "blanks behind a stub": f"{STUB} + ' ' * {LONG} + 'x'",
    "blanks behind a bracket": f"{STUB} + '( )' + ' ' * {LONG} + 'x'",
    "blanks in raise": f"{HEAD} + 'def f(x):\\n raise' + ' ' * {LONG} + 'x'",
    "semicolons": f"{HEAD} + 'def f(x):\\n x' + '; ' * {LONG // 2}",
    "qualifiers": f"{HEAD} + 'def f(x' + ' not None' * {LONG // 9} + ' x): pass'",
    "functions": f"{HEAD} + 'def f():\\n a\\n' * {LONG // 12}",
    "heads": f"{HEAD} + 'def f():\\n' * {LONG // 9} + ' a\\n'",
    "from": f"{HEAD} + 'from ' * {LONG // 5}",
    "from and no module": f"{HEAD} + 'from ' * {LONG // 5} + '( cimport x'",
    "cimport": f"{HEAD} + 'cimport a;' * {LONG // 10}",
    "a directive": f"{HEAD} + '# cython: ' + 'a.' * {LONG // 2}",
    "blanks in extern": f"{HEAD} + 'cdef extern from \"\"' + ' ' * {LONG} + 'x'",
    "one long word": f"{HEAD} + 'a' * {LONG}",
    "texts": f"{HEAD} + 'a \"\"' * {LONG // 4}",
    "C functions": f"{HEAD} + 'cdef ' + 'a ' * {LONG // 2}",
    "brackets": f"{HEAD} + 'def f(' + '(' * {LONG}",
}  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of processor time")
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_the_cost_of_reading_is_bounded(cell: str) -> None:
    seen = subprocess.run([sys.executable, "-c", READ, cell], capture_output=True, text=True)
    assert seen.stdout == "read\n", seen.stderr[-500:] or f"more than {SECONDS} s"
