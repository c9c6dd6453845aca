"""Cython source as logical lines: without comments, with strings set apart, without running it.

This is no parser. It reads every text in time proportional to its length, so that it may be used on
what strangers wrote. A text that Cython could read in another way than this does is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from recsys_backends.errors import RecsysError

TAB: Final = 8
_TOKEN: Final = re.compile(
    r"""
    (?P<comment>\#[^\n]*)
  | (?P<prefix>[A-Za-z]{0,3})(?P<quote>\"\"\"|\'\'\'|"|')
  | (?P<joined>\\\n)
  | (?P<newline>\n)
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<plain>\w+|[^\S\n]+|.)
    """,
    re.VERBOSE,
)
_END_OF_STRING: Final = {
    quote: re.compile(rf"(?:[^\\]|\\.)*?{quote}", re.DOTALL) for quote in ('"""', "'''")
} | {
    '"': re.compile(r'(?:[^"\\\n]|\\.)*"', re.DOTALL),
    "'": re.compile(r"(?:[^'\\\n]|\\.)*'", re.DOTALL),
}
_PART_OF_F_STRING: Final = re.compile(r"\{\{|\}\}|[{}\"'#]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class LogicalLine:
    """One statement's head, or all of a simple statement, over as many lines as it takes."""

    number: int
    """The first line, counted from 1."""
    indent: int
    text: str
    """Its code: comments are gone, a string is ``""`` with its prefix."""
    strings: tuple[str, ...]
    """The contents of its strings, in order."""


@dataclass(frozen=True)
class Comment:
    """A comment with its line, counted from 1."""

    number: int
    text: str
    """Everything after ``#``, without blanks around it."""


@dataclass(frozen=True)
class PyxLines:
    """A source in lines."""

    lines: tuple[LogicalLine, ...]
    comments: tuple[Comment, ...]


class PyxTextError(RecsysError, ValueError):
    """A text that cannot be read as Cython without doubt.

    Attributes:
        line: the line with the problem, counted from 1.
    """

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def normalised(source: str) -> str:
    """Return a source with line ends of one kind, which Python and Cython count alike."""
    return source.replace("\r\n", "\n").replace("\r", "\n")


def read_lines(source: str) -> PyxLines:
    """Cut a source, as ``normalised`` returns it, into logical lines.

    Raises:
        PyxTextError: it has control characters, a character beyond ASCII outside of strings and
            comments, a string that does not end, or an f-string whose end is in doubt.
    """
    found = _CONTROL.search(source)
    if found:
        line = source.count("\n", 0, found.start()) + 1
        raise PyxTextError(line, "it holds a control character, which nobody can see")
    return _Reader(source).read()


class _Reader:
    """The state of cutting one source."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lines: list[LogicalLine] = []
        self._comments: list[Comment] = []
        self._number = 1
        self._depth = 0
        self._restart()

    def read(self) -> PyxLines:
        place = 0
        while place < len(self._source):
            match = _TOKEN.match(self._source, place)
            assert match is not None  # some alternative matches every character
            place = match.end()
            if match["quote"]:
                place = self._string(match["prefix"], match["quote"], place)
            else:
                self._token(match)
        self._finish()
        return PyxLines(tuple(self._lines), tuple(self._comments))

    def _restart(self) -> None:
        self._parts: list[str] = []
        self._strings: list[str] = []
        self._first = 0
        self._indent = 0

    def _token(self, match: re.Match[str]) -> None:
        kind, text = match.lastgroup, match[0]
        if kind == "comment":
            self._comments.append(Comment(self._number, text[1:].strip()))
        elif kind == "newline":
            self._number += 1
            if self._depth == 0:
                self._finish()
            else:
                self._parts.append(" ")
        elif kind == "joined":
            self._number += 1
            self._parts.append(" ")
        else:
            if kind == "open":
                self._depth += 1
            elif kind == "close":
                self._depth = max(0, self._depth - 1)
            if not text.isascii():  # Cython reads "ｉnclude" as include
                raise PyxTextError(
                    self._number,
                    "only ASCII characters can be used outside of strings and comments",
                )
            self._add(text)

    def _add(self, text: str) -> None:
        if not self._first:
            if text.isspace():
                self._indent += len(text.expandtabs(TAB))
                return
            self._first = self._number
        self._parts.append(text)

    def _string(self, prefix: str, quote: str, start: int) -> int:
        """Take a string whose opening quote ends at ``start``; return where it ends."""
        self._add(f'{prefix}""')
        found = _END_OF_STRING[quote].match(self._source, start)
        if found is None:
            raise PyxTextError(self._number, "a string has no end")
        content = found[0][: -len(quote)]
        if set(prefix.lower()) & {"f", "t"} and _is_doubtful(content):
            raise PyxTextError(
                self._number, "an f-string has a quote or # between braces: use a variable instead"
            )
        self._strings.append(content)
        self._number += content.count("\n")
        return found.end()

    def _finish(self) -> None:
        if self._first:
            text = "".join(self._parts).strip()
            self._lines.append(LogicalLine(self._first, self._indent, text, tuple(self._strings)))
        self._restart()


def _is_doubtful(content: str) -> bool:
    """Return True where an f-string, read up to its first quote, may not end there.

    Between braces a quote of any kind can begin a string of its own, and ``#`` a comment.
    """
    depth = 0
    for part in _PART_OF_F_STRING.findall(content):
        if part in "\"'#":
            if depth:
                return True
        elif part in ("{{", "}}") and not depth:
            continue
        else:
            depth += part.count("{") - part.count("}")
    return depth != 0
