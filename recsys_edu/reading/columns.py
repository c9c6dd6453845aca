"""Columns under construction: what is read of a file, block by block, in compact arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recsys_edu.errors import DataError
from recsys_edu.factorizing import Factorized, Numbering, factorize_integers
from recsys_edu.reading import numbers
from recsys_edu.reading.fields import Fields
from recsys_edu.reading.id_texts import settle

About = Callable[[int, str, str], DataError]
"""Makes an error from the number of an event, its field, and what is wrong with it."""

_INT32: Final = np.iinfo(np.int32)
_FLOAT32_MOST: Final = float(np.finfo(np.float32).max)


class IdColumn:
    """Ids: integers as long as all are written as integers, and numbered texts from then on."""

    def __init__(self, about: About, *, integers: bool = True) -> None:
        self._about = about
        self._may_be_integers = integers
        self._parts: list[NDArray[Any]] = []
        self._texts: Numbering | None = None if integers else Numbering()

    def add_fields(self, fields: Fields, column: int) -> None:
        """Add a column of a block."""
        integers = fields.integers(column) if self._texts is None else None
        if integers is not None:
            self._parts.append(_narrow(integers))
            return
        found = fields.distinct(column)
        if found is None:
            self.add_texts(fields.texts(column))
            return
        self._add_keys(*found)

    def add_texts(self, texts: Sequence[str]) -> None:
        """Add ids as they are written."""
        self._add_keys([text.encode("utf-8", "surrogatepass") for text in texts])

    def _add_keys(self, keys: list[bytes], places: NDArray[np.int64] | None = None) -> None:
        """Add texts in UTF-8; ``places`` are those of the fields among them."""
        if self._texts is None:
            self._texts = Numbering()
            self._make_texts_of_integers(self._texts)
        numbers_of_keys = self._texts.numbers(keys, len(keys))
        self._parts.append(numbers_of_keys if places is None else numbers_of_keys[places])

    def _make_texts_of_integers(self, texts: Numbering) -> None:
        """Number what was read so far as texts; integers in the plain way are written one way."""
        if self._parts:
            known = factorize_integers(np.concatenate(self._parts))
            keys = [b"%d" % number for number in known.vocabulary.tolist()]
            texts.numbers(keys, len(keys))
            self._parts = [known.codes]

    def finished(self) -> Factorized:
        """Return the vocabulary and the codes.

        Raises:
            DataError: a text is no id.
        """
        parts = _joined(self._parts)
        if self._texts is None:
            return factorize_integers(parts)
        texts = [key.decode("utf-8", "surrogatepass") for key in self._texts]
        self._texts = None

        def refusal(number: int, problem: str) -> DataError:
            return self._about(int(np.argmax(parts == number)), texts[number], problem)

        return settle(texts, parts, refusal, integers=self._may_be_integers)


class ValueColumn:
    """Values: numbers that are finite in float32."""

    def __init__(self, about: About, decimal: str = ".") -> None:
        self._about, self._decimal = about, decimal
        self._parts: list[NDArray[np.float32]] = []
        self._n = 0

    def add_fields(self, fields: Fields, column: int) -> None:
        """Add a column of a block."""
        found: NDArray[Any] | None = fields.decimals(column, self._decimal)
        if found is None:
            found = fields.integers(column)
        if found is None:
            self.add_texts(fields.texts(column))
        else:
            self._append(found.astype(np.float32))

    def add_texts(self, texts: Sequence[str]) -> None:
        """Add values as they are written."""
        known: dict[str, float | None] = {
            text: numbers.number(text, self._decimal) for text in set(texts)
        }
        wrong = {text for text, value in known.items() if not _is_finite(value)}
        if wrong:
            place = next(n for n, text in enumerate(texts) if text in wrong)
            raise self._about(self._n + place, texts[place], self._problem(texts[place]))
        found = np.fromiter(map(known.__getitem__, texts), dtype=np.float64, count=len(texts))
        self._append(found.astype(np.float32))

    def _problem(self, text: str) -> str:
        """Return the fault of a text; a point where a comma is due may part thousands."""
        if self._decimal == "," or not _is_finite(numbers.number(text, ",")):
            return "is not a finite number."
        return (
            "is a number only with decimal=',', which from_csv takes where ',' does not part the "
            "fields."
        )

    def _append(self, found: NDArray[np.float32]) -> None:
        self._parts.append(found)
        self._n += len(found)

    def finished(self) -> NDArray[np.float32]:
        """Return the values, float32."""
        return _joined(self._parts)


class TimeColumn:
    """Times: integers in any unit; ISO dates and seconds with decimals become microseconds."""

    def __init__(self, about: About) -> None:
        self._about = about
        self._parts: list[NDArray[Any]] = []
        self._n = 0
        self._iso: bool | None = None

    def add_fields(self, fields: Fields, column: int) -> None:
        """Add a column of a block."""
        found = fields.integers(column)
        if found is None or self._iso:
            self.add_texts(fields.texts(column))
        else:
            self._iso = False
            self._append(found)

    def add_texts(self, texts: Sequence[str]) -> None:
        """Add times as they are written."""
        if self._iso is None:
            self._iso = numbers.microseconds(texts[0]) is not None
        read = numbers.microseconds if self._iso else _whole_or_decimal
        known: dict[str, int | float | None] = {text: read(text) for text in set(texts)}
        wrong = {text for text, value in known.items() if value is None}
        if wrong:
            place = next(n for n, text in enumerate(texts) if text in wrong)
            raise self._about(
                self._n + place,
                texts[place],
                "is not an ISO date like those before it."
                if self._iso
                else "is not a time: not an integer, seconds with decimals or an ISO date.",
            )
        decimals = any(isinstance(value, float) for value in known.values())
        kind = np.float64 if decimals else np.int64
        self._append(np.fromiter(map(known.__getitem__, texts), dtype=kind, count=len(texts)))

    def _append(self, found: NDArray[Any]) -> None:
        self._parts.append(found)
        self._n += len(found)

    def finished(self) -> NDArray[np.int64]:
        """Return the times, int64."""
        return whole_times(self._parts)


def whole_times(parts: list[NDArray[Any]]) -> NDArray[np.int64]:
    """Return times as integers, int64: microseconds, where some have decimals.

    Args:
        parts: int64, or float64 where there are seconds with a decimal point.
    """
    decimal = [part for part in parts if part.dtype.kind == "f"]
    if all(np.array_equal(part, np.floor(part)) for part in decimal):
        return _joined([part.astype(np.int64) for part in parts])
    return _joined([np.rint(part * 1_000_000).astype(np.int64) for part in parts])


def _is_finite(value: float | None) -> bool:
    return value is not None and abs(value) <= _FLOAT32_MOST


def _whole_or_decimal(text: str) -> int | float | None:
    """Return an integer, or seconds with decimals; None if the text is neither, or too large."""
    whole = numbers.integer(text)
    if whole is not None:
        return whole
    found = numbers.number(text)
    return found if found is not None and abs(found) < 2**53 else None


def _narrow(found: NDArray[np.int64]) -> NDArray[Any]:
    """Return integers in half the space, where they fit."""
    fits = found.min() >= _INT32.min and found.max() <= _INT32.max
    return found.astype(np.int32) if fits else found


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """Return the parts as one array; the list is emptied, so that its memory is free."""
    whole = np.concatenate(parts)
    parts.clear()
    return whole
