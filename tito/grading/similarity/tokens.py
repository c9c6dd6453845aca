"""Tokens of answers, without what a copier changes first: names, comments, spaces, letter case.

Python's own tokenizer is not asked, since nothing of a stranger's is parsed on this side.
"""

from __future__ import annotations

import builtins
import keyword
import re
from typing import Final, NamedTuple

MAX_CHARACTERS: Final = 30_000
"""Number of characters of one cell that are compared."""
_KEPT: Final = frozenset((*keyword.kwlist, *keyword.softkwlist, *dir(builtins)))
# The lengths of texts are bounded, since one that does not end costs its length at each quote.
_TOKEN: Final = re.compile(
    r"(?P<comment>\#[^\n]*)"
    r"|(?P<text>[rbfuRBFU]{0,2}(?:\"\"\"(?:[^\\]|\\.){0,4000}?\"\"\"|'''(?:[^\\]|\\.){0,4000}?'''"
    r"|\"(?:[^\"\\\n]|\\.){0,2000}\"|'(?:[^'\\\n]|\\.){0,2000}'))"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<number>\d[\w.]*)"
    r"|(?P<sign>\*\*=|//=|>>=|<<=|->|:=|\*\*|//|[-+*/%@&|^<>=!]=|[^\s\w])"
    r"|(?P<line>\n)",
    re.DOTALL,
)
_WORD: Final = re.compile(r"\w+")


class Token(NamedTuple):
    """A token, and the line on which it begins, counted from 1."""

    text: str
    line: int


def code_tokens(source: str) -> list[Token]:
    """Return the tokens of Python code.

    Names become one and the same, but for keywords, built-in names and attributes; texts become
    one and the same; comments and docstrings are left out.
    """
    found: list[Token] = []
    line, starts_line = 1, True
    for match in _TOKEN.finditer(source[:MAX_CHARACTERS]):
        kind, text = match.lastgroup, match.group()
        if kind == "line":
            starts_line = True
        elif kind == "text" and starts_line:
            pass  # a docstring, or a text that nothing is done with
        elif kind != "comment":
            starts_line = False
            after_dot = bool(found) and found[-1].text == "."
            if kind == "name" and text not in _KEPT and not after_dot:
                text = "name"
            found.append(Token("text" if kind == "text" else text, line))
        line += text.count("\n") if kind == "line" else match.group().count("\n")
    return found


def word_tokens(text: str) -> list[Token]:
    """Return the words of an answer in words, in lower case."""
    return [
        Token(word.casefold(), number)
        for number, line in enumerate(text[:MAX_CHARACTERS].split("\n"), start=1)
        for word in _WORD.findall(line)
    ]
