"""Ids: the names that users and items have outside, and the row numbers they get inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_edu.errors import DataError, InvalidParameterError, RecsysError
from recsys_edu.read_only import restore

IdArray = NDArray[Any]
"""1-D array of int64 or of fixed-width str: what every vocabulary of ids is brought to."""

_KIND_NAMES = {"i": "integers", "U": "strings"}


def as_ids(values: ArrayLike, what: str = "ids") -> IdArray:
    """Bring ids to one of the two forms that they are kept in: int64 or str.

    Args:
        values: one-dimensional: a list, an array, or anything NumPy turns into one.
        what: what to call them in an error message.

    Raises:
        DataError: they are neither all integers nor all strings. Floats are refused rather than
            rounded: they are usually integers with a missing value among them.
        InvalidParameterError: they are not one-dimensional.
    """
    given = values if isinstance(values, np.ndarray) else _array_of(values, what)
    if given.ndim != 1:
        raise InvalidParameterError(
            f"{what} must be one-dimensional, such as a list; got {given.ndim} dimensions"
        )
    if given.size == 0 and given.dtype.kind != "U":
        return np.empty(0, dtype=np.int64)
    if given.dtype.kind == "O":
        given = _from_objects(given, what)
    if given.dtype.kind == "T":
        given = given.astype(np.str_)
    if given.dtype.kind == "u" and int(given.max()) > np.iinfo(np.int64).max:
        raise DataError(f"{what} hold integers beyond 2**63 - 1; use strings instead")
    if given.dtype.kind in "iu":
        return given.astype(np.int64, copy=False)
    if given.dtype.kind == "U":
        return given
    raise DataError(f"{what} must be integers or strings; got {given.dtype}")


def _array_of(values: ArrayLike, what: str) -> NDArray[Any]:
    """An array of a sequence, keeping objects where NumPy would turn numbers into strings."""
    if isinstance(values, Sequence) and not isinstance(values, str):
        kinds = set(map(type, values))
        if len(kinds) > 1 or str in kinds:
            boxed = np.empty(len(values), dtype=object)
            boxed[:] = values
            return boxed
    try:
        return np.asarray(values)
    except (ValueError, OverflowError) as error:
        raise DataError(f"{what} must be integers or strings: {error}") from None


def _from_objects(values: NDArray[Any], what: str) -> IdArray:
    """Ids of an object array, whose elements must all be strings or all be integers."""
    listed = values.tolist()
    strings = isinstance(listed[0], str)
    for position, value in enumerate(listed):
        fits = isinstance(value, str if strings else int | np.integer)
        if not fits or isinstance(value, bool):
            raise DataError(
                f"{what} must be all integers or all strings; number {position + 1} is {value!r}"
            )
    if not strings:
        try:
            return np.array(listed, dtype=np.int64)
        except OverflowError:
            raise DataError(f"{what} hold integers beyond 64 bits; use strings instead") from None
    if any(value.endswith("\0") for value in listed):  # NumPy would cut it off
        raise DataError(f"{what} hold a string that ends in a NUL character")
    return np.array(listed, dtype=np.str_)


class Factorized(NamedTuple):
    """Ids as numbers: ``vocabulary[codes]`` are the ids again."""

    vocabulary: IdArray
    """The distinct ids, ascending."""
    codes: NDArray[np.int64]
    """int64, one for each id given: its position in the vocabulary."""


def factorize(ids: IdArray) -> Factorized:
    """Number the distinct ids in ascending order."""
    vocabulary, codes = np.unique(ids, return_inverse=True)
    return Factorized(vocabulary, codes.astype(np.int64, copy=False))


class IdIndex:
    """A vocabulary that can be searched: ids to positions, by binary search."""

    __slots__ = ("_order", "_sorted", "ids")

    def __init__(self, ids: ArrayLike, what: str = "ids") -> None:
        own = as_ids(ids, what).copy()
        own.flags.writeable = False
        self.ids: IdArray = own
        self._order: NDArray[np.int64] = np.argsort(own, kind="stable").astype(np.int64, copy=False)
        self._sorted = own[self._order]
        repeated = np.flatnonzero(self._sorted[1:] == self._sorted[:-1])
        if repeated.size:
            raise DataError(
                f"{what} must be distinct; {self._sorted[repeated[0]].item()!r} repeats"
            )

    def __setstate__(self, state: tuple[None, dict[str, Any]]) -> None:
        restore(self, state)

    @classmethod
    def of(cls, ids: ArrayLike | IdIndex, what: str) -> IdIndex:
        """A vocabulary of ids, or the one that is given."""
        return ids if isinstance(ids, IdIndex) else cls(ids, what)

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, ids: ArrayLike, what: str = "ids") -> NDArray[np.int64]:
        """Positions of the given ids, int64 of shape (n,); −1 for one that is not here."""
        wanted = as_ids(ids, what)
        if not wanted.size or not self.ids.size or wanted.dtype.kind != self.ids.dtype.kind:
            return np.full(wanted.shape, -1, dtype=np.int64)
        places = np.searchsorted(self._sorted, wanted)
        places[places == len(self.ids)] = 0
        return np.where(self._sorted[places] == wanted, self._order[places], -1)

    def positions(self, ids: ArrayLike, what: str, error: type[RecsysError]) -> NDArray[np.int64]:
        """As ``find``, but an error of that type about ids that are not here."""
        found = self.find(ids, what)
        if found.size and found.min() < 0:
            raise error(self.unknown(ids, found, what))
        return found

    def unknown(self, ids: ArrayLike, found: NDArray[np.int64], what: str) -> str:
        """The message about the ids that ``find`` did not find: the first few and their number."""
        wanted = as_ids(ids)
        missing = wanted[found < 0]
        shown = ", ".join(repr(value) for value in missing[:3].tolist())
        more = f", … ({len(missing):,} in all)" if len(missing) > 3 else ""
        message = f"unknown {what}: {shown}{more}"
        if self.ids.size and wanted.dtype.kind != self.ids.dtype.kind:
            here, there = _KIND_NAMES[self.ids.dtype.kind], _KIND_NAMES[wanted.dtype.kind]
            message += f"; the ids of these interactions are {here}, and these are {there}"
        return message


def numbered(
    events: ArrayLike, vocabulary: ArrayLike | IdIndex | None, what: str, error: type[RecsysError]
) -> tuple[IdIndex, NDArray[np.int64]]:
    """The vocabulary, made of the events where none is given; and each event's position in it."""
    if vocabulary is None:
        distinct, codes = factorize(as_ids(events, what))
        return IdIndex(distinct, what), codes
    index = IdIndex.of(vocabulary, what)
    return index, index.positions(events, what, error)
