"""Factorizing: ids as they are given, to distinct ids and a number for each event.

Text is numbered before it becomes an array: an array of text is as wide as its longest element, so
one long id in millions of events would otherwise cost gigabytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_edu.errors import DataError, InvalidParameterError
from recsys_edu.quoting import shown

IdArray = NDArray[Any]
"""1-D array of int64 or of fixed-width str: the two forms that a vocabulary has."""

KIND_NAMES: Final = {"i": "integers", "U": "strings"}

_CHUNK: Final = 1 << 18
"""Elements of an array that are Python objects at a time."""

_MOST_BYTES: Final = 4 << 30
"""Bytes of a vocabulary of texts."""


class Factorized(NamedTuple):
    """Ids as numbers: ``vocabulary[codes]`` are the ids again."""

    vocabulary: IdArray
    """The distinct ids, ascending."""
    codes: NDArray[Any]
    """int32 or int64, one for each id given: its position in the vocabulary."""


class Numbering(dict[Any, int]):
    """A dictionary that gives each new key the next number: 0, 1, 2, …"""

    def __missing__(self, key: Any) -> int:
        self[key] = number = len(self)
        return number

    def numbers(self, keys: Iterable[Any], count: int) -> NDArray[np.int32]:
        """Return the number of each of ``count`` keys, int32."""
        return np.fromiter(map(self.__getitem__, keys), dtype=np.int32, count=count)


def factorize(ids: ArrayLike, what: str = "ids") -> Factorized:
    """Number the distinct ids in ascending order.

    Raises:
        DataError, InvalidParameterError: ids that ``as_ids`` refuses.
    """
    ids = given_ids(ids)
    if is_text(ids):
        return ascending(*numbered_texts(ids), what)
    return factorize_integers(as_ids(ids, what))


def ascending(distinct: list[Any], codes: NDArray[Any], what: str = "ids") -> Factorized:
    """Number distinct ids anew, in ascending order, before they become an array."""
    order = sorted(range(len(distinct)), key=distinct.__getitem__)
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return Factorized(as_ids([distinct[place] for place in order], what), rank[codes])


def factorize_integers(ids: NDArray[Any]) -> Factorized:
    """Number distinct integers in ascending order: by a table where they are dense, else sorted."""
    if not ids.size:
        return Factorized(ids.astype(np.int64), np.empty(0, dtype=np.int32))
    low, high = int(ids.min()), int(ids.max())
    if high - low > 4 * ids.size + 1000:
        return _factorize_sparse(ids)
    places = ids - low if low else ids
    seen = np.zeros(high - low + 1, dtype=np.bool_)
    seen[places] = True
    vocabulary = np.flatnonzero(seen)
    number = np.empty(len(seen), dtype=np.int32)
    number[vocabulary] = np.arange(len(vocabulary), dtype=np.int32)
    return Factorized(vocabulary.astype(np.int64, copy=False) + low, number[places])


def _factorize_sparse(ids: NDArray[Any]) -> Factorized:
    in_order = np.sort(ids)
    first = np.ones(len(in_order), dtype=np.bool_)
    np.not_equal(in_order[1:], in_order[:-1], out=first[1:])
    vocabulary = in_order[first]
    codes = np.searchsorted(vocabulary, ids).astype(np.int32, copy=False)
    return Factorized(vocabulary.astype(np.int64, copy=False), codes)


def numbered_texts(ids: Any) -> tuple[list[str], NDArray[np.int32]]:
    """Return texts without repeats, and the number of each that is given."""
    numbering = Numbering()
    codes = [numbering.numbers(part, len(part)) for part in chunks(ids)]
    return list(numbering), np.concatenate(codes)


def chunks(values: Any) -> Iterable[list[Any]]:
    """Yield the elements of an array or a sequence as lists of Python objects, some at a time."""
    if isinstance(values, np.ndarray):
        for start in range(0, len(values), _CHUNK):
            yield values[start : start + _CHUNK].tolist()
        return
    rest = iter(values)
    while part := list(islice(rest, _CHUNK)):
        yield part


def given_ids(ids: ArrayLike) -> Any:
    """Return an array or a sequence as it is, and anything else, such as a Series, as an array."""
    return ids if isinstance(ids, np.ndarray | Sequence) else np.asarray(ids)


def is_text(ids: Any) -> bool:
    """Return true for one dimension of strings and nothing else, at least one of them."""
    if isinstance(ids, np.ndarray):
        if ids.ndim != 1 or not ids.size or ids.dtype.kind not in "UTO":
            return False
        return ids.dtype.kind != "O" or set(map(type, ids)) == {str}
    return isinstance(ids, Sequence) and not isinstance(ids, str) and set(map(type, ids)) == {str}


def as_ids(values: ArrayLike, what: str = "ids") -> IdArray:
    """Return ids in one of the two forms that they are kept in: int64 or str.

    Args:
        values: one-dimensional: a list, an array, or anything NumPy turns into one.
        what: their name in an error message.

    Raises:
        DataError: they are neither all integers nor all strings. Floats are refused rather than
            rounded: they are usually integers with a missing value among them.
        InvalidParameterError: they are not one-dimensional.
    """
    given = values if isinstance(values, np.ndarray) else _array_of(values, what)
    if given.ndim != 1:
        raise InvalidParameterError(
            f"{what} must be one-dimensional, such as a list; got {given.ndim} dimensions."
        )
    if given.size == 0 and given.dtype.kind != "U":
        return np.empty(0, dtype=np.int64)
    if given.dtype.kind == "O":
        given = _from_objects(given, what)
    if given.dtype.kind == "T":
        given = given.astype(np.str_)
    if given.dtype.kind == "u" and int(given.max()) > np.iinfo(np.int64).max:
        raise DataError(f"{what} hold integers beyond 2**63 - 1; use strings instead.")
    if given.dtype.kind in "iu":
        return given.astype(np.int64, copy=False)
    if given.dtype.kind == "U":
        return given
    raise DataError(f"{what} must be integers or strings; got {given.dtype}.")


def _array_of(values: ArrayLike, what: str) -> NDArray[Any]:
    """Return an array of a sequence, of objects where NumPy would turn numbers into strings."""
    if isinstance(values, Sequence) and not isinstance(values, str):
        kinds = set(map(type, values))
        if len(kinds) > 1 or str in kinds:
            boxed = np.empty(len(values), dtype=object)
            boxed[:] = values
            return boxed
    try:
        return np.asarray(values)
    except (ValueError, OverflowError) as error:
        raise DataError(f"{what} must be integers or strings ({error}).") from None


def _from_objects(values: NDArray[Any], what: str) -> IdArray:
    """Return ids of an object array, whose elements must all be strings or all be integers."""
    listed = values.tolist()
    strings = isinstance(listed[0], str)
    for position, value in enumerate(listed):
        fits = isinstance(value, str if strings else int | np.integer)
        if not fits or isinstance(value, bool):
            raise DataError(
                f"{what} must be all integers or all strings; number {position + 1} is "
                f"{shown(value)}."
            )
    if not strings:
        try:
            return np.array(listed, dtype=np.int64)
        except OverflowError:
            raise DataError(f"{what} hold integers beyond 64 bits; use strings instead.") from None
    return _array_of_texts(listed, what)


def _array_of_texts(texts: list[str], what: str) -> IdArray:
    """Return texts as an array, each as wide as the longest."""
    if any(text.endswith("\0") for text in texts):  # NumPy would cut it off
        raise DataError(f"{what} hold a string that ends in a NUL character.")
    longest = max(texts, key=len)
    if 4 * len(longest) * len(texts) > _MOST_BYTES:
        raise DataError(
            f"{what} would take {4e-9 * len(longest) * len(texts):,.0f} GB, as each takes as much "
            f"as the longest of them, {shown(longest)}, with {len(longest):,} characters; shorten "
            "it, or number them."
        )
    return np.array(texts, dtype=np.str_)
