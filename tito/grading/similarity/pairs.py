"""Pairs of students whose answers share passages that few others have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from tito.grading.similarity.tokens import Token, code_tokens, word_tokens
from tito.grading.similarity.winnowing import fingerprints

CODE: Final = "code"
WORDS: Final = "words"
_SETTINGS: Final = {CODE: (12, 6), WORDS: (5, 4)}
"""Tokens in a passage and passages in a window, by kind of cell."""
_LEAST: Final = 3
"""Number of fingerprints in which two have to agree: fewer are a common idiom."""


@dataclass(frozen=True)
class Passage:
    """A cell with an answer."""

    cell: str
    kind: str
    """``CODE`` or ``WORDS``."""
    source: str


@dataclass(frozen=True)
class Pair:
    """Two students, and what their answers share."""

    students: tuple[str, str]
    share: float
    """Share of the shorter work that the other has too, weighted by rarity; between 0 and 1."""
    n_shared: int
    """Number of fingerprints in both."""
    cells: tuple[str, ...]
    """Cells of the first student with shared passages."""
    lines: tuple[frozenset[tuple[int, int]], frozenset[tuple[int, int]]]
    """Indices of passages, and lines in them, by student, at which shared tokens begin."""


class _Work:
    """Fingerprints of one student's answers: for each, places (passage, token) in them."""

    def __init__(self, passages: Sequence[Passage], ignored: frozenset[int]) -> None:
        self.tokens: list[list[Token]] = []
        self.places: dict[int, list[tuple[int, int]]] = {}
        self.passages = passages
        for number, passage in enumerate(passages):
            self.tokens.append(_tokens(passage))
            for key, starts in _fingerprints(passage).items():
                if key not in ignored:
                    self.places.setdefault(key, []).extend((number, at) for at in starts)

    def lines(self, keys: set[int]) -> frozenset[tuple[int, int]]:
        """Return passages and lines that shared fingerprints cover."""
        return frozenset(
            (number, token.line)
            for key in keys
            for number, at in self.places[key]
            for token in self.tokens[number][at : at + _length(self.passages[number])]
        )

    def cells(self, keys: set[int]) -> tuple[str, ...]:
        """Return the names of cells with shared fingerprints, in order."""
        numbers = sorted({number for key in keys for number, _ in self.places[key]})
        return tuple(dict.fromkeys(self.passages[number].cell for number in numbers))


def similar_pairs(
    works: Mapping[str, Sequence[Passage]], released: Sequence[Passage], *, least_share: float
) -> list[Pair]:
    """Return pairs of students, the most similar first.

    A passage that n students share counts 1 / (n - 1): what half the class writes, since the lesson
    asks for it, says nothing of any two.

    Args:
        works: answers by student.
        released: cells that everybody was given; what stands in them is left out.
        least_share: share from which a pair is listed.
    """
    ignored = frozenset(key for passage in released for key in _fingerprints(passage))
    found = {student: _Work(passages, ignored) for student, passages in works.items()}
    times = Counter(key for work in found.values() for key in work.places)
    weights = {key: 1.0 / max(n - 1, 1) for key, n in times.items()}
    totals = {who: sum(weights[key] for key in work.places) for who, work in found.items()}
    pairs = []
    for one, other in combinations(sorted(found), 2):
        shared = found[one].places.keys() & found[other].places.keys()
        shorter = min(totals[one], totals[other])
        share = sum(weights[key] for key in shared) / shorter if shorter else 0.0
        if len(shared) >= _LEAST and share >= least_share:
            both = (found[one].lines(shared), found[other].lines(shared))
            cells = found[one].cells(shared)
            pairs.append(Pair((one, other), share, len(shared), cells, both))
    return sorted(pairs, key=lambda pair: (-pair.share, -pair.n_shared, pair.students))


def _tokens(passage: Passage) -> list[Token]:
    return (code_tokens if passage.kind == CODE else word_tokens)(passage.source)


def _length(passage: Passage) -> int:
    return _SETTINGS[passage.kind][0]


def _fingerprints(passage: Passage) -> dict[int, list[int]]:
    length, window = _SETTINGS[passage.kind]
    texts = [token.text for token in _tokens(passage)]
    return fingerprints(texts, length=length, window=window)
