"""Helpers in added cells, found in a time that grows no faster than their number."""

from __future__ import annotations

from collections.abc import Sequence

from tito.course.notebook import EXPORT, Cell
from tito.grading.autograding import splitter
from tito.grading.autograding.added import AddedCell
from tito.grading.autograding.helpers import find_helpers
from tito.grading.autograding.statements import Statement

LONGEST = 20_000
"""Statements of the longest chain. Reading all of them once for each takes minutes."""


def split(sources: Sequence[str]) -> list[list[Statement]]:
    return [
        [
            Statement(first, last, kind, frozenset(binds), frozenset(reads))
            for first, last, kind, binds, reads in cell
        ]
        for cell in splitter.statements(list(sources))
    ]


class Counted(frozenset[str]):
    """Names that count how often they are looked at."""

    looked_at = 0

    def __iter__(self):  # type: ignore[no-untyped-def]
        Counted.looked_at += 1
        return super().__iter__()

    def __and__(self, other: object):  # type: ignore[no-untyped-def]
        Counted.looked_at += 1
        return super().__and__(other)  # type: ignore[operator]


def test_a_long_chain_of_names_is_followed_once() -> None:
    written = [Cell(1, "code", "def f(x):\n    return v0\n", frozenset({EXPORT}), {})]
    lines = [f"v{k} = v{k + 1}" for k in reversed(range(LONGEST))]
    chain = [
        Statement(at + 1, at + 1, "value", Counted({f"v{k}"}), frozenset({f"v{k + 1}"}))
        for at, k in enumerate(reversed(range(LONGEST)))
    ]
    (own,) = split([written[0].source])
    added = [AddedCell(2, 1, "code", "\n".join(lines))]
    Counted.looked_at = 0
    (helper,) = find_helpers(added, written, lambda sources: [own, chain])
    assert len(helper.names) == LONGEST
    assert Counted.looked_at < 10 * LONGEST


def test_only_what_is_needed_is_taken() -> None:
    written = [Cell(1, "code", "def f(x):\n    return a(x)\n", frozenset({EXPORT}), {})]
    source = "def a(x):\n    return b\nb = c, d = 1, 2\nunused = 3\nprint(e)\n"
    (helper,) = find_helpers([AddedCell(2, 1, "code", source)], written, split)
    assert helper.names == ("a", "b")
    assert "unused" not in helper.source
