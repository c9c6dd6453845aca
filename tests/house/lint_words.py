"""Find docstrings that begin with neither a verb nor a noun.

Run by `make lint`. A docstring begins with an imperative verb ("Return …") or with a noun
("Memory limit of a jail, in bytes."); one that begins with a question word or a preposition leaves
its subject to be guessed.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("backends/recsys_backends", "recsys_edu", "tito")
QUESTION_WORDS: Final = (
    *("what", "whatever", "how", "whether", "who", "whoever", "whom", "whose"),
    *("why", "when", "whenever", "where", "wherever", "which"),
)
DANGLING_WORDS: Final = (
    *("as", "at", "because", "beside", "between", "by", "for", "from", "if", "in", "into"),
    *("of", "on", "since", "than", "that", "though", "to", "until", "while", "with", "without"),
    *("nobody", "nothing", "such", "these", "this", "those", "likewise"),
)
_FIRST_WORD: Final = re.compile(r"\W*(\w+)")
_FORBIDDEN: Final = frozenset((*QUESTION_WORDS, *DANGLING_WORDS))
_DOCUMENTED: Final = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Problem:
    """A docstring that begins with a forbidden word."""

    path: Path
    line: int
    """Line of the docstring, counted from 1."""
    text: str
    """First line of the docstring."""

    def __str__(self) -> str:
        return f'{self.path}:{self.line}: begin with a verb or a noun, not as in "{self.text[:60]}"'


def problems_in(source: str, path: Path) -> Iterator[Problem]:
    """Yield the problems of one module, of the strings below its attributes as well."""
    for constant in _docstrings(ast.parse(source)):
        text = str(constant.value).strip()
        first = _FIRST_WORD.match(text)
        if first and first[1].lower() in _FORBIDDEN:
            yield Problem(path, constant.lineno, text.splitlines()[0])


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if not isinstance(node, _DOCUMENTED):
            continue
        for number, statement in enumerate(node.body):
            follows = node.body[number - 1] if number else None
            documents = follows is None or isinstance(follows, (ast.Assign, ast.AnnAssign))
            if documents and isinstance(statement, ast.Expr):
                text = statement.value
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    yield text


def all_problems(root: Path = ROOT) -> list[Problem]:
    """Return the problems of the three packages, by file and line."""
    return [
        problem
        for package in PACKAGES
        for path in sorted((root / package).rglob("*.py"))
        for problem in problems_in(path.read_text(encoding="utf-8"), path.relative_to(root))
    ]


if __name__ == "__main__":
    found = all_problems()
    print(*found, sep="\n")
    sys.exit(bool(found))
