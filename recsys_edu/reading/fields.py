"""Fields of a block of lines, found and read by columns, without a Python object for each.

Eight characters are one 64-bit word, so that arithmetic on words reads eight digits at a time:
neighbors are added up as tens and ones, then as hundreds and ones, then as ten thousands and ones.

Whatever is not plain (a sign of plus, an exponent, blanks) is left to ``numbers``, field by field.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_PAD: Final = 40
"""Bytes before a block, so that words that end in its first fields begin inside the array."""

_NEWLINE, _MINUS, _ZERO = b"\n-0"
_ONES: Final = np.uint64(0x0101010101010101)
_HIGH_BITS: Final = np.uint64(0x8080808080808080)
_ZEROS: Final = np.uint64(0x3030303030303030)
_ABOVE_NINE: Final = np.uint64(0x7676767676767676)

_LAST: Final = np.array(
    [(2**64 - 1) >> 8 * (8 - n) << 8 * (8 - n) if n else 0 for n in range(9)], dtype=np.uint64
)
"""Masks of the last n characters of a word; the first character has the lowest bits."""
_FIRST: Final = np.array([(1 << 8 * n) - 1 for n in range(9)], dtype=np.uint64)
"""Masks of the first n characters of a word."""
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_TENS: Final = 10.0 ** np.arange(9)


class Fields:
    """A block of lines, each of the same number of fields, none of them quoted.

    Attributes:
        n_lines: number of lines.
    """

    def __init__(self, text: str, raw: bytes, delimiter: str, ends: NDArray[np.int64]) -> None:
        self.n_lines, self._n_fields = ends.shape
        self._text, self._raw, self._delimiter = text, raw, delimiter
        self._bytes = np.frombuffer(bytes(_PAD) + raw, dtype=np.uint8)
        self._ends = ends + _PAD
        n_words = len(self._bytes) - 7
        self._words: NDArray[np.uint64] = np.ndarray(
            (n_words,), dtype="<u8", buffer=self._bytes, strides=(1,)
        )
        self._split: list[str] | None = None

    @classmethod
    def of(cls, text: str, raw: bytes, delimiter: str, n_fields: int) -> Fields | None:
        """Return the fields of a block of whole lines; None if not all have so many."""
        characters = np.frombuffer(raw, dtype=np.uint8)
        marks = characters == _NEWLINE
        n_lines = np.count_nonzero(marks)
        marks |= characters == ord(delimiter)
        ends = np.flatnonzero(marks)
        if len(ends) % n_fields:
            return None
        by_line = ends.reshape(-1, n_fields)
        if n_lines != len(by_line) or np.any(characters[by_line[:, -1]] != _NEWLINE):
            return None
        return cls(text, raw, delimiter, by_line)

    def texts(self, column: int) -> list[str]:
        """Return the fields of a column as strings."""
        if self._split is None:
            self._split = self._text.replace("\n", self._delimiter).split(self._delimiter)
            self._split.pop()
        return self._split[column :: self._n_fields]

    def distinct(self, column: int) -> tuple[list[bytes], NDArray[np.int64]] | None:
        """Return a column in UTF-8 without most repeats, and each field's place among them.

        Fields are sorted by a mixture of their words, and equal neighbors are one text. None if
        fields are longer than 40 bytes.
        """
        starts, ends = self._bounds(column)
        lengths = ends - starts
        longest = int(lengths.max())
        if longest > _PAD:
            return None
        words = [
            self._words[ends - before - 8] & _LAST[np.clip(lengths - before, 0, 8)]
            for before in range(0, max(longest, 1), 8)
        ]
        mixture = words[0].copy()
        for more in words[1:]:
            mixture *= _ODD
            mixture ^= mixture >> np.uint64(32)
            mixture ^= more
        order = np.argsort(mixture)
        differs = np.zeros(self.n_lines, dtype=np.bool_)
        differs[0] = True
        for word in words:
            in_order = word[order]
            differs[1:] |= in_order[1:] != in_order[:-1]
        places = np.empty(self.n_lines, dtype=np.int64)
        places[order] = np.cumsum(differs) - 1
        chosen = order[differs]
        bounds = zip((starts[chosen] - _PAD).tolist(), (ends[chosen] - _PAD).tolist(), strict=True)
        return [self._raw[start:end] for start, end in bounds], places

    def _bounds(self, column: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where the fields of a column start and end."""
        ends = self._ends[:, column]
        if column:
            return self._ends[:, column - 1] + 1, ends
        starts = np.empty_like(ends)
        starts[0] = _PAD
        starts[1:] = self._ends[:-1, -1] + 1
        return starts, ends

    def integers(self, column: int) -> NDArray[np.int64] | None:
        """Return a column of integers, int64; None unless all are written in the plain way.

        The plain way is up to 18 digits, no zeros before them, and perhaps a minus.
        """
        starts, ends = self._bounds(column)
        firsts = self._bytes[starts]
        minus = firsts == _MINUS
        signed = bool(minus.any())
        if signed:
            starts = starts + minus
            firsts = self._bytes[starts]
        lengths = ends - starts
        if lengths.min() < 1 or lengths.max() > 18:
            return None
        if np.any((firsts == _ZERO) & ((lengths > 1) | minus)):
            return None
        found = self._digits(ends, lengths)
        if found is None:
            return None
        return np.where(minus, -found, found) if signed else found

    def _digits(
        self, ends: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> NDArray[np.int64] | None:
        """Return the numbers that the up to 18 digits before ``ends`` are; None if not digits."""
        found = _value(self._words[ends - 8], np.minimum(lengths, 8))
        for before in range(8, int(lengths.max()), 8):
            if found is None:
                break
            left = np.clip(lengths - before, 0, 8)
            more = _value(self._words[ends - before - 8], left)
            found = None if more is None else found + more * 10**before
        return found

    def decimals(self, column: int, point: str) -> NDArray[np.float64] | None:
        """Return a column of decimal numbers; None unless all are written in the plain way.

        The plain way is up to 8 characters, digits with or without a decimal point.
        """
        starts, ends = self._bounds(column)
        lengths = ends - starts
        if lengths.min() < 1 or lengths.max() > 8:
            return None
        words = self._words[ends - 8]
        # Bytes that are the point become 0. The lowest zero byte shows in its highest bit.
        distance = words ^ (_ONES * np.uint64(ord(point)))
        distance |= ~_LAST[lengths] & _ONES  # characters of other fields are no points
        zeros = (distance - _ONES) & ~distance & _HIGH_BITS
        before = np.bitwise_count((zeros & (~zeros + np.uint64(1))) - np.uint64(1)) >> 3
        pointed = zeros != 0
        before = np.where(pointed, before, 0)
        after = np.where(pointed, 7 - before.astype(np.int64), 0)
        # The digits before the point move up by one, over it.
        moved = (words & _FIRST[before]) << np.uint64(8)
        words = np.where(pointed, (words & _LAST[after]) | moved, words)
        n_digits = lengths - pointed
        whole = _value(words, n_digits)
        if whole is None or n_digits.min() < 1:
            return None
        # Both are exact in float64, so that their quotient is the nearest float64.
        return whole / _TENS[after]


def _value(words: NDArray[np.uint64], lengths: NDArray[Any]) -> NDArray[np.int64] | None:
    """Return the numbers that the last characters of words are; None if not all are digits."""
    digits = (words ^ _ZEROS) & _LAST[lengths]
    if np.any(((digits + _ABOVE_NINE) | digits) & _HIGH_BITS):
        return None
    for factor, shift, mask in (
        (10 << 8 | 1, 8, 0x00FF00FF00FF00FF),
        (100 << 16 | 1, 16, 0x0000FFFF0000FFFF),
        (10_000 << 32 | 1, 32, 0x00000000FFFFFFFF),
    ):
        digits *= np.uint64(factor)
        digits >>= np.uint64(shift)
        digits &= np.uint64(mask)
    found: NDArray[np.int64] = digits.view(np.int64)
    return found
