"""Parts of cells that can be loaded alone: their definitions, without loose lines and commands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tito.grading.autograding import splitter
from tito.judging.failures import LearnerError
from tito.judging.session import Session

SPLITTER: Final = Path(splitter.__file__)
KINDS: Final = ("definition", "import", "value", "computed", "block", "loose")
"""Kinds of statements, from those that do nothing when they are loaded on."""
_IF_THERE: Final = 'with __import__("contextlib").suppress(ImportError): '


@dataclass(frozen=True)
class Statement:
    """A statement at the top of a cell, as the jail has described it: lines are in the cell."""

    first: int
    last: int
    kind: str
    binds: frozenset[str]
    """Names that it binds or changes; "*" for an import of everything."""
    reads: frozenset[str]
    """Global names that it reads."""


Splitter = Callable[[Sequence[str]], list[list[Statement]]]
"""Function from the sources of cells to the statements of each."""


def splitter_in(session: Session) -> Splitter:
    """Return a splitter that parses in the session's jail; of what cannot be read, nothing."""

    def split(sources: Sequence[str]) -> list[list[Statement]]:
        try:
            with session.open(SPLITTER) as remote:
                answer = remote.statements(list(sources))
            return [_cell(found, source) for found, source in zip(answer, sources, strict=True)]
        except (LearnerError, ValueError, TypeError, AttributeError):
            return [[] for _ in sources]

    return split


def _cell(found: Any, source: str) -> list[Statement]:
    """Read the answer about one cell; ValueError or TypeError where it is none."""
    n_lines = source.count("\n") + 1
    statements = []
    for first, last, kind, binds, reads in found:
        if kind not in KINDS or not (type(first) is type(last) is int):
            raise ValueError("the answer is of another form")
        if 1 <= first <= last <= n_lines:
            names = frozenset(map(str, binds)), frozenset(map(str, reads))
            statements.append(Statement(first, last, kind, *names))
    return statements


def with_statements(
    source: str,
    statements: Sequence[Statement],
    *,
    kinds: Collection[str] = KINDS,
    is_kept: Callable[[Statement], bool] = lambda statement: True,
) -> str:
    """Return a cell's source with some of its statements only; each line keeps its number.

    Args:
        source: the cell.
        statements: its statements.
        kinds: the kinds of statements that stay.
        is_kept: returns True for a statement that stays, if it is of one of these kinds.
    """
    kept: set[int] = set()
    gone: set[int] = set()
    for statement in statements:
        stays = statement.kind in kinds and is_kept(statement)
        (kept if stays else gone).update(range(statement.first, statement.last + 1))
    return "\n".join(
        line if number in kept - gone else ""
        for number, line in enumerate(source.split("\n"), start=1)
    )


def with_imports_if_there(source: str, statements: Sequence[Statement]) -> str:
    """Return a cell's source in which an import of what cannot be imported does nothing.

    Each line keeps its number.
    """
    kinds: dict[int, str] = {}
    for statement in statements:
        kinds.setdefault(statement.first, statement.kind)
    return "\n".join(
        f"{_IF_THERE}{line}" if line.strip() and kinds.get(number) == "import" else line
        for number, line in enumerate(source.split("\n"), start=1)
    )
