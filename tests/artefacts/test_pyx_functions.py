"""Functions of Cython sources are read from the text as the compiler would read them."""

from __future__ import annotations

import time

import pytest

from recsys_edu.artefacts.pyx_functions import (
    functions_in,
    names_of_c_functions,
    public_functions_in,
)
from recsys_edu.artefacts.pyx_lines import PyxTextError, read_lines

SOURCE = '''\
# def commented(x): pass
"""
def quoted(x): pass
"""
import cython

cdef inline double _half(double x) noexcept nogil:
    return x / 2

cpdef double both(double x):
    return x

@cython.boundscheck(False)
def dot(const double[::1] x not None, object y: object = (1, 2), str name="a,(b",
        *, int n=3, **more) -> float:
    """Doc: raise NotImplementedError()"""
    def inner(z):
        raise NotImplementedError("for z")
    return f"{x[0]}" 'it''s'

def stub(double[:, :] a, /, *rest):
    if a is None:
        # raise in a comment does not count
        raise NotImplementedError()

async def one(): raise NotImplementedError
class Thing:
    def method(self): raise NotImplementedError()
def _private(x):
    return x
'''


def test_names_and_stubs() -> None:
    lines = read_lines(SOURCE)
    assert {name: f.is_stub for name, f in functions_in(lines).items()} == {
        "dot": False, "stub": True, "one": True, "_private": False,
    }  # fmt: skip
    assert set(public_functions_in(lines)) == {"dot", "stub", "one"}
    assert names_of_c_functions(lines) == {"_half", "both"}


def test_parameters_are_those_of_the_head() -> None:
    found = functions_in(read_lines(SOURCE))
    assert found["dot"].line == 14
    assert [(p.name, p.default) for p in found["dot"].parameters] == [
        ("x", None), ("y", "(1, 2)"), ("name", '""'), ("*", None), ("n", "3"), ("**more", None),
    ]  # fmt: skip
    assert [p.name for p in found["stub"].parameters] == ["a", "/", "*rest"]


@pytest.mark.parametrize(
    ("body", "stub"),
    [
        ("    raise NotImplementedError()", True),
        ("    raise NotImplementedError", True),
        ("    if x: raise NotImplementedError()", True),
        ("    x = 1; raise NotImplementedError()", True),
        ("    raise NotImplementedError('for x')", False),
        ("    raise NotImplementedError(x)", False),
        ("    y = 'raise NotImplementedError()'", False),
        ("    # raise NotImplementedError()\n    return 1", False),
        ("    return 1\n\nraise NotImplementedError()", False),
        ('    """\n    raise NotImplementedError()\n    """\n    return 1', False),
    ],
)
def test_a_stub_says_so_in_its_own_body(body: str, stub: bool) -> None:
    assert functions_in(read_lines(f"def f(x):\n{body}\n"))["f"].is_stub is stub


@pytest.mark.parametrize("name", ["class", "None", "import"])
def test_a_name_that_python_cannot_have_is_no_function(name: str) -> None:
    """It becomes part of a Python file beside other cells."""
    assert functions_in(read_lines(f"def {name}(x):\n    return x\n")) == {}


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("x = 1\ny = 'no end\n", 2),
        ('"""no end', 1),
        ("x = 1\x00", 1),
        ("\x0cx = 1", 1),
        ('x = f"{a[\'"\']}"', 1),
        ("x = f\"{a['b']}\"", 1),
        ("x = 1\ny = f'{x[\"}\"]'  # '", 2),
    ],
)
def test_a_text_that_could_be_read_in_two_ways_is_refused(source: str, line: int) -> None:
    with pytest.raises(PyxTextError) as caught:
        read_lines(source)
    assert caught.value.line == line


def test_f_strings_that_are_plain_are_read() -> None:
    found = read_lines("x = f\"'{{}}' {a[b]} {c:{d}}\" + rf'{e}'  # rest\ny = 2\n")
    assert [line.text for line in found.lines] == ['x = f"" + rf""', "y = 2"]
    assert [comment.text for comment in found.comments] == ["rest"]


@pytest.mark.parametrize(
    "source",
    [
        "(" * 200_000,
        "def f(" + "x" * 200_000,
        "def " * 50_000,
        "a b " * 50_000 + "(",
        "x" * 200_000 + " " * 200_000 + '""',
        "cdef " + "x " * 100_000,
        '"' * 200_001,
        "def f(x):\n" * 20_000,
        "def f(" + "x=(," * 50_000 + "):\n    raise NotImplementedError()",
        "\\\n" * 100_000,
    ],
    ids=lambda source: repr(source[:12]),
)
def test_no_text_takes_long(source: str) -> None:
    """Strangers' cells are read on the trusted side: twice the text is twice the time, not four."""
    start = time.process_time()
    try:
        lines = read_lines(source)
        functions_in(lines)
        names_of_c_functions(lines)
    except PyxTextError:
        pass
    assert time.process_time() - start < 20
