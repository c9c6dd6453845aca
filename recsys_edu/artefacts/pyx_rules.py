"""The rules of Cython cells in lessons: constructs that are refused, each with a sentence.

A lesson's cell is built in the same way for everybody. It depends on itself, Cython's own
declarations and what its lesson ships, and on nothing else. The rules say so early and plainly;
safety does not rest on them: where code by others is built, that is done in a jail.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from recsys_edu.artefacts.pyx_lines import LogicalLine, PyxLines

DIRECTIVES: Final = (
    "boundscheck", "wraparound", "initializedcheck", "nonecheck", "overflowcheck",
    "overflowcheck.fold", "cdivision", "cdivision_warnings", "infer_types", "language_level",
    "embedsignature", "binding",
)  # fmt: skip
"""Directives that a comment ``# cython:`` may set."""
HEADERS: Final = (
    "math.h", "float.h", "limits.h", "stddef.h", "stdint.h", "stdbool.h", "stdlib.h", "string.h",
    "omp.h",
)  # fmt: skip
"""Standard headers that a cell may declare functions of."""
CIMPORTS: Final = ("cython", "libc", "cpython", "numpy", "openmp")
"""Packages of declarations that a cell may cimport, beside the files that its lesson ships."""

# As in pyx_functions.py, no pattern reads a part of a text again and again.
_SETTING: Final = re.compile(r"(?<![A-Za-z_.])([A-Za-z_.]+)\s*=")
_CODING: Final = re.compile(r"coding[:=]\s*[-\w.]+")
_CIMPORT: Final = re.compile(r"\bcimport\b")
_FROM: Final = re.compile(r"\bfrom\b")
_NOT_IN_MODULE: Final = re.compile(r"[^.\w\s]")
_PURE_CIMPORT: Final = re.compile(r"\bcimports\b")
_WORD: Final = re.compile(r"\w*")
_NAME: Final = re.compile(r"[A-Za-z0-9_.]{1,60}", re.ASCII)
_EXTERN: Final = re.compile(r"\bextern\b")
_EXTERN_FROM: Final = re.compile(r'cdef\s+extern\s+from\s+""\s*(?:nogil\s*)?:')
_VERBATIM: Final = re.compile(r"\bextern\s+from\s+\*")
_BEFORE_TEXT: Final = re.compile(r'(?<!\w)(\w+)(?:\s+\w{0,3})?""')
"""A word before a string: at a distance, or so near that it may be the string's prefix."""
_KEYWORDS: Final = frozenset({
    "and", "assert", "elif", "else", "except", "for", "from", "if", "in", "include", "is",
    "lambda", "not", "or", "raise", "return", "while", "with", "yield",
})  # fmt: skip
_SOFT_KEYWORDS: Final = frozenset({"case", "match"})
"""Words that are names, except at the beginning of a statement with a colon."""
_PREFIXED: Final = re.compile(r'[bBuUrRfFcC]{1,3}""')


@dataclass(frozen=True)
class Refusal:
    """A construct that a cell may not have."""

    line: int
    """Its line, counted from 1."""
    message: str
    """A sentence about it, which quotes no more than a name."""


def refusals(source: PyxLines, shipped: Collection[str] = ()) -> list[Refusal]:
    """Return what a lesson's cell may not have, by line.

    Args:
        source: the cell.
        shipped: names, without ``.pxd``, of the declarations that the lesson ships.
    """
    found = [*_in_comments(source), *_in_statements(source, shipped), *_in_extern_blocks(source)]
    return sorted(set(found), key=lambda refusal: (refusal.line, refusal.message))


def _in_comments(source: PyxLines) -> Iterator[Refusal]:
    for comment in source.comments:
        kind, _, rest = comment.text.partition(":")
        if kind.strip() == "distutils":
            yield Refusal(
                comment.number,
                "'# distutils:' would change how the cell is built, which is the same for "
                "everybody: remove it.",
            )
        elif kind.strip() == "cython":
            for name in _SETTING.findall(rest):
                if name not in DIRECTIVES:
                    yield Refusal(
                        comment.number,
                        f"the directive {_plain(name)} cannot be set here; these can: "
                        f"{', '.join(DIRECTIVES)}.",
                    )
        elif _CODING.search(comment.text) and comment.number <= 3:
            yield Refusal(comment.number, "a cell is UTF-8: remove the comment about its coding.")


def _in_statements(source: PyxLines, shipped: Collection[str]) -> Iterator[Refusal]:
    for line in source.lines:
        word = _WORD.match(line.text)[0]  # type: ignore[index]  # it matches no characters, too
        if word == "include" and line.strings:
            yield Refusal(
                line.number,
                "'include' puts another file into the cell: write what you need into the cell "
                "itself.",
            )
        elif word in ("DEF", "IF"):
            yield Refusal(
                line.number,
                f"'{word}' runs while the cell is compiled: use an ordinary constant or an "
                "ordinary if.",
            )
        yield from _of_cimports(line, shipped)
        if any(map(_is_c_name, _BEFORE_TEXT.finditer(line.text))):
            yield Refusal(
                line.number,
                "a name in C, in quotes after a name, is C code of your own: use the name itself.",
            )


def _is_c_name(found: re.Match[str]) -> bool:
    """Return True where a word before a string can be nothing but a name."""
    if found[1] in _KEYWORDS or _PREFIXED.fullmatch(found[0]):
        return False
    after = found.string[found.end() :].lstrip()[:1]  # in an enum, "," or "=" or nothing
    return not (found[1] in _SOFT_KEYWORDS and found.start() == 0 and after in (":", "|"))


def _of_cimports(line: LogicalLine, shipped: Collection[str]) -> Iterator[Refusal]:
    for statement in line.text.split(";"):
        if _PURE_CIMPORT.search(statement):
            yield Refusal(line.number, "'cython.cimports' has no place in a cell: use 'cimport'.")
        for module in _cimported(statement):
            name = "".join(module.split(" as ")[0].split())  # "near . sub" is near.sub
            if name.split(".")[0] not in CIMPORTS and name not in shipped:
                known = ", ".join((*CIMPORTS, *sorted(shipped)))
                yield Refusal(
                    line.number,
                    f"{_plain(name)} cannot be cimported here; these can: {known}.",
                )


def _cimported(statement: str) -> list[str]:
    """Return the texts of the modules that a statement cimports, or cimports from."""
    found = _CIMPORT.search(statement)
    if found is None:
        return []
    before = _NOT_IN_MODULE.split(statement[: found.start()])[-1]
    source = _FROM.search(before)
    return statement[found.end() :].split(",") if source is None else [before[source.end() :]]


def _plain(name: str) -> str:
    """Return a name as a message may quote it: nothing else of a cell gets onto others' pages."""
    return name if _NAME.fullmatch(name) else "this"


def _in_extern_blocks(source: PyxLines) -> Iterator[Refusal]:
    inside: int | None = None
    for line in source.lines:
        if inside is not None and line.indent > inside:
            if line.strings:
                yield _verbatim(line)
            continue
        inside = None
        if not _EXTERN.search(line.text):
            continue
        inside = line.indent
        head = _EXTERN_FROM.match(line.text)
        if _VERBATIM.search(line.text) or len(line.strings) > 1:
            yield _verbatim(line)
        elif head is None or line.strings[0].strip("<>") not in HEADERS:
            yield Refusal(
                line.number,
                "'cdef extern' declares functions of a standard header only, as in "
                f'`cdef extern from "math.h":`; these can be named: {", ".join(HEADERS)}.',
            )


def _verbatim(line: LogicalLine) -> Refusal:
    return Refusal(
        line.number, "C code of your own has no place in a Cython cell: write it in Cython."
    )
