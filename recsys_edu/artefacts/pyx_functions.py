"""The functions of a Cython source, read from its text: names, parameters, and which are stubs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from keyword import iskeyword
from typing import Final

from recsys_edu.artefacts.pyx_lines import LogicalLine, PyxLines

_DEF: Final = re.compile(r"(?:async\s+)?def\s+([A-Za-z_]\w*)\s*\(", re.ASCII)
_OTHER: Final = re.compile(
    r"(?:cp?def)\s+(?!class\b|struct\b|enum\b|union\b|extern\b|packed\b|cppclass\b)"
    r"[^=(]*?\b([A-Za-z_]\w*)\s*\(",
    re.ASCII,
)
# No two parts that match the same characters stand side by side, nor can a search begin inside of a
# run that it has read: either takes time that grows with the square of a stranger's text.
_STUB: Final = re.compile(r"(?:^|[:;])\s*raise\s+NotImplementedError\s*(?:\(\s*\)\s*)?(?:;|$)")
_NAME: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_QUALIFIERS: Final = re.compile(r"\b(?:not|or)\s+None$")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function."""

    name: str
    """Name, with stars where it takes the rest; ``*`` and ``/`` alone are the separators."""
    default: str | None
    """The text of its default, a string as ``""``; None where it has none."""


@dataclass(frozen=True)
class PyxFunction:
    """A function ``def`` at the top of a module."""

    name: str
    line: int
    parameters: tuple[Parameter, ...]
    is_stub: bool
    """True where its body says ``raise NotImplementedError()``."""


def functions_in(source: PyxLines) -> dict[str, PyxFunction]:
    """Return the functions ``def`` at the top of a module by name; the last of a name counts."""
    found: dict[str, PyxFunction] = {}
    lines = source.lines
    for number, line in enumerate(lines):
        match = _DEF.match(line.text) if line.indent == 0 else None
        if match is None or iskeyword(match[1]):
            continue
        inside, after = _to_closing(line.text, match.end())
        body = [after.partition(":")[2].strip(), *(below.text for below in _body(lines, number))]
        found[match[1]] = PyxFunction(
            match[1],
            line.number,
            tuple(_parameter(part) for part in _split(inside) if part.strip()),
            any(_STUB.search(text) for text in body),
        )
    return found


def names_of_c_functions(source: PyxLines) -> set[str]:
    """Return the names of functions ``cdef`` and ``cpdef`` at the top of a module."""
    matches = (_OTHER.match(line.text) for line in source.lines if line.indent == 0)
    return {match[1] for match in matches if match}


def public_functions_in(source: PyxLines) -> dict[str, PyxFunction]:
    """Return those of ``functions_in`` whose names do not begin with ``_``."""
    return {name: found for name, found in functions_in(source).items() if name[0] != "_"}


def _body(lines: tuple[LogicalLine, ...], head: int) -> Iterator[LogicalLine]:
    for number in range(head + 1, len(lines)):  # a slice would copy all that follows
        if lines[number].indent == 0:
            return
        yield lines[number]


def _to_closing(text: str, start: int) -> tuple[str, str]:
    """Return the text up to the end of a bracket that opens before ``start``, and the rest."""
    depth = 1
    for place in range(start, len(text)):
        depth += (text[place] in "([{") - (text[place] in ")]}")
        if depth == 0:
            return text[start:place], text[place + 1 :]
    return text[start:], ""


def _split(text: str, separator: str = ",", most: int = -1) -> list[str]:
    """Split at separators that are inside of no brackets."""
    parts: list[str] = []
    depth = start = 0
    for place, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == separator and depth == 0 and len(parts) != most:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _parameter(text: str) -> Parameter:
    declared, *default = _split(text, "=", most=1)
    declared = _split(declared, ":", most=1)[0].strip()
    declared = _QUALIFIERS.sub("", declared).strip()
    value = default[0].strip() if default else None
    if declared in ("*", "/"):
        return Parameter(declared, None)
    names = _NAME.findall(declared)
    stars = declared[: len(declared) - len(declared.lstrip("*"))]
    return Parameter(stars + (names[-1] if names else ""), value)
