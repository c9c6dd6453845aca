"""Each construct that a lesson's cell may not have is refused; what lessons need is not."""

from __future__ import annotations

import pytest

from recsys_edu.artefacts.pyx_lines import PyxTextError, read_lines
from recsys_edu.artefacts.pyx_rules import CIMPORTS, DIRECTIVES, HEADERS, refusals

REFUSED = {
    "# distutils: extra_compile_args = -ffast-math": "would change how the cell is built",
    "#distutils:language=c++": "would change how the cell is built",
    "# cython: boundscheck=False, c_string_type=str": "directive c_string_type cannot be set",
    "# cython : profile = True": "directive profile cannot be set",
    "# -*- coding: utf-7 -*-": "a cell is UTF-8",
    "# vim: set fileencoding=latin-1": "a cell is UTF-8",
    'include "other.pxi"': "'include' puts another file",
    "x = 1\ninclude 'other.pxi'": "'include' puts another file",
    'include \\\n "other.pxi"': "'include' puts another file",
    "DEF N = 3": "'DEF' runs while the cell is compiled",
    "IF 1:\n    x = 1": "'IF' runs while the cell is compiled",
    'cdef extern from *:\n    """\n    int x;\n    """\n    int x': "C code of your own",
    'cdef extern from "math.h":\n    """int x;"""\n    double sin(double)': "C code of your own",
    'cdef extern from "math.h":\n    double sin "cos"(double)': "C code of your own",
    'cdef extern from "math.h": double sin "cos"(double)': "C code of your own",
    'cdef extern from "/etc/passwd":\n    int x': "a standard header only",
    'cdef extern from "math.h\\n#include":\n    int x': "a standard header only",
    'cdef:\n    extern from "evil.h":\n        int x': "a standard header only",
    "cdef extern int x": "a standard header only",
    'cdef \\\n  extern from "evil.h":\n    int x': "a standard header only",
    'cdef double x "evil()"': "a name in C",
    'cdef double f "evil"(double x):\n    return x': "a name in C",
    'cdef double x"evil"': "a name in C",
    'cdef double rb "evil"': "a name in C",
    'cdef double match "evil"': "a name in C",
    'ctypedef struct S "evil":\n    int x': "a name in C",
    'cdef enum E:\n    A "evil"': "a name in C",
    'cdef double xyz"evil"': "a name in C",
    "cimport scipy.linalg": "scipy.linalg cannot be cimported",
    "from libc cimport math; cimport other": "other cannot be cimported",
    "from .near cimport x": ".near cannot be cimported",
    "from near cimport (\n    x,\n)": "near cannot be cimported",
    "cimport numpy as np, <b>": "this cannot be cimported",
    'include"other.pxi"': "'include' puts another file",
    "IF(1):\n    x = 1": "'IF' runs while the cell is compiled",
    "IF-1:\n    x = 1": "'IF' runs while the cell is compiled",
    'cdef double await "evil"': "a name in C",
    'cdef enum E:\n    match "evil"': "a name in C",
    'cdef enum E:\n    case "evil" = 3': "a name in C",
    'cdef enum E:\n    print "evil", x': "a name in C",
    "from . near cimport numpy": ".near cannot be cimported",
    "from near . sub cimport numpy": "near.sub cannot be cimported",
    "from near cimport(x)": "near cannot be cimported",
    "from cython.cimports.near import x": "'cython.cimports' has no place",
    "from cython import cimports": "'cython.cimports' has no place",
}
ALLOWED = [
    f"# cython: {', '.join(f'{name}=True' for name in DIRECTIVES)}",
    "# distutils are not a topic here; include nothing",
    'x = "include this"\ny = "cdef extern from *"',
    '"""\ninclude "x"\nDEF N = 3\n"""',
    'cdef str name = "text"\ncdef bytes b = b"x" if name else rb"y"',
    "from cython.parallel cimport prange\ncimport numpy as np, cython\nimport scipy",
    *(f"cimport {name}" for name in CIMPORTS),
    *(f'cdef extern from "{name}" nogil:\n    int x' for name in HEADERS),
    'cdef extern from "<math.h>":\n    double sin(double)',
    'print("x")\nraise ValueError("y") from None\nassert x, "z"\nmatch "a":\n    case "b": pass',
    "from mine cimport helper",
]


@pytest.mark.parametrize("source", REFUSED)
def test_it_is_refused_with_a_sentence(source: str) -> None:
    found = refusals(read_lines(source), ["mine"])
    assert any(REFUSED[source] in refusal.message for refusal in found), found
    assert all(refusal.message.endswith(".") for refusal in found)


@pytest.mark.parametrize("source", ALLOWED)
def test_it_is_allowed(source: str) -> None:
    assert refusals(read_lines(source), ["mine"]) == []


def test_lines_are_told() -> None:
    found = refusals(read_lines("# a cell\n\nx = '''\n'''\nDEF N = 1\n"))
    assert [refusal.line for refusal in found] == [5]


def test_no_text_of_a_cell_gets_into_a_message() -> None:
    """Messages stand on pages that graders read."""
    for source in ("cimport <script>", "# cython: <script>=1", 'cdef extern from "<script>": pass'):
        for refusal in refusals(read_lines(source)):
            assert "script" not in refusal.message


@pytest.mark.parametrize(
    "source",
    [
        "\uff24EF N = 3",
        "cdef \uff45xtern from *:\n    int x",
        "c\uff49mport near",
        'cdef double \u2118 "evil"',
        'cdef double x\u0302 "evil"',
        'cdef double x\u00b7 "evil"',
        "x = 1\u2028DEF N = 3",
    ],
)
def test_names_that_cython_reads_as_others_are_refused(source: str) -> None:
    with pytest.raises(PyxTextError, match="only ASCII"):
        read_lines(source)


@pytest.mark.parametrize("prefix", ["f", "rf", "t", "Tr"])
def test_a_comment_between_braces_does_not_move_the_end_of_a_string(prefix: str) -> None:
    """Cython goes on after the comment; without it the string would have ended before."""
    source = f"y = {prefix}'''{{x # }}\n + \"'''\" }}''' ; z = 1 #\"\n"
    with pytest.raises(PyxTextError, match="between braces"):
        read_lines(source)
