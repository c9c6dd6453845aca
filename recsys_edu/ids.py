"""Vocabularies: the ids that users and items have outside, and their row numbers inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_edu.errors import DataError, RecsysError
from recsys_edu.factorizing import (
    KIND_NAMES,
    IdArray,
    as_ids,
    factorize,
    given_ids,
    is_text,
    numbered_texts,
)
from recsys_edu.quoting import shown
from recsys_edu.read_only import restore

__all__ = ["IdArray", "IdIndex", "as_ids", "factorize", "numbered"]


class IdIndex:
    """A vocabulary that can be searched: ids to positions, by binary search."""

    __slots__ = ("_order", "_sorted", "ids")

    ids: IdArray
    """The id of each position, shape (n,), read-only."""

    def __init__(self, ids: ArrayLike, what: str = "ids") -> None:
        own = as_ids(ids, what)
        if own.base is not None or not isinstance(ids, Sequence):
            own = own.copy()
        order = np.argsort(own, kind="stable").astype(np.int64, copy=False)
        self._fill(own, order, own[order])
        repeated = np.flatnonzero(self._sorted[1:] == self._sorted[:-1])
        if repeated.size:
            raise DataError(
                f"{what} must be distinct; {shown(self._sorted[repeated[0]].item())} repeats."
            )

    def _fill(self, ids: IdArray, order: NDArray[np.int64], ascending: IdArray) -> None:
        self.ids, self._order, self._sorted = ids, order, ascending
        for array in (ids, order, ascending):
            array.flags.writeable = False

    def __setstate__(self, state: tuple[None, dict[str, Any]]) -> None:
        restore(self, state)

    @classmethod
    def of(cls, ids: ArrayLike | IdIndex, what: str) -> IdIndex:
        """Return a vocabulary of ids, or the one that is given."""
        return ids if isinstance(ids, IdIndex) else cls(ids, what)

    @classmethod
    def of_ascending(cls, ids: IdArray) -> IdIndex:
        """Return the vocabulary of distinct, ascending ids, which are neither checked nor copied.

        An array of long ids is large, so it is kept once.
        """
        made = cls.__new__(cls)
        made._fill(ids, np.arange(len(ids)), ids)
        return made

    def __len__(self) -> int:
        return len(self.ids)

    def same_as(self, other: IdIndex) -> bool:
        """Return true if both have the same ids in the same order."""
        return self is other or np.array_equal(self.ids, other.ids)

    def find(self, ids: ArrayLike, what: str = "ids") -> NDArray[np.int64]:
        """Return positions of the given ids, int64 of shape (n,); −1 for one that is not here."""
        given = given_ids(ids)
        if is_text(given):
            texts, codes = numbered_texts(given)
            return self._find_texts(texts)[codes]
        return self._find_sorted(as_ids(given, what))

    def _find_texts(self, texts: list[str]) -> NDArray[np.int64]:
        """Return positions of texts; those longer than any id here are not compared.

        An array that is as wide as a long one would take the memory of that width for all.
        """
        if self.ids.dtype.kind != "U":
            return np.full(len(texts), -1, dtype=np.int64)
        width = self.ids.dtype.itemsize // 4
        fits = [len(text) <= width and text[-1:] != "\0" for text in texts]
        found = np.full(len(texts), -1, dtype=np.int64)
        comparable = [text for text, fit in zip(texts, fits, strict=True) if fit]
        found[fits] = self._find_sorted(np.array(comparable, dtype=self.ids.dtype))
        return found

    def _find_sorted(self, wanted: IdArray) -> NDArray[np.int64]:
        if not wanted.size or not self.ids.size or wanted.dtype.kind != self.ids.dtype.kind:
            return np.full(len(wanted), -1, dtype=np.int64)
        places = np.searchsorted(self._sorted, wanted)
        places[places == len(self.ids)] = 0
        found = np.where(self._sorted[places] == wanted, self._order[places], -1)
        return found.astype(np.int64, copy=False)

    def positions(self, ids: ArrayLike, what: str, error: type[RecsysError]) -> NDArray[np.int64]:
        """Return what ``find`` returns; raise an error of that type about ids that are not here."""
        found = self.find(ids, what)
        if found.size and found.min() < 0:
            raise error(self.unknown(ids, found, what))
        return found

    def unknown(self, ids: ArrayLike, found: NDArray[np.int64], what: str) -> str:
        """Return the message about the ids that ``find`` did not find: the first, and how many."""
        lacking = np.asarray(ids, dtype=object)[found < 0]
        wanted = as_ids(lacking[:3].tolist())
        first = ", ".join(map(shown, wanted.tolist()))
        more = f", … ({len(lacking):,} in all)" if len(lacking) > 3 else ""
        message = f"unknown {what}: {first}{more}"
        if self.ids.size and wanted.dtype.kind != self.ids.dtype.kind:
            here, there = KIND_NAMES[self.ids.dtype.kind], KIND_NAMES[wanted.dtype.kind]
            message += f"; the ids of these interactions are {here}, and these are {there}"
        return f"{message}."


def numbered(
    events: ArrayLike, vocabulary: ArrayLike | IdIndex | None, what: str, error: type[RecsysError]
) -> tuple[IdIndex, NDArray[Any]]:
    """Return the vocabulary, that of the events where none is given, and each event's position."""
    if vocabulary is None:
        found = factorize(events, what)
        return IdIndex.of_ascending(found.vocabulary), found.codes
    index = IdIndex.of(vocabulary, what)
    return index, index.positions(events, what, error)
