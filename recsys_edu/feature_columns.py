"""Columns of features: a label, a number or a set of labels for each row, any of them missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys_edu.csr import take_rows
from recsys_edu.errors import DataError
from recsys_edu.ids import IdArray, as_ids, factorize


@dataclass(frozen=True, slots=True)
class Categorical:
    """One label a row, such as an occupation."""

    labels: IdArray
    """The distinct labels, ascending: int64 or str."""
    codes: NDArray[np.int32]
    """int32, shape (n,): positions in ``labels``; −1 where it is missing."""

    @classmethod
    def of(cls, values: Sequence[Any], what: str) -> Categorical:
        """Return the column of labels, of which None is a missing one."""
        given = _listed(values)
        known = np.array([value is not None for value in given], dtype=np.bool_)
        labels, found = factorize(_labels([v for v in given if v is not None], what))
        codes = np.full(len(given), -1, dtype=np.int32)
        codes[known] = found
        return cls(labels, codes)

    def __post_init__(self) -> None:
        _lock(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Categorical, (self.labels, self.codes)

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: NDArray[np.int64]) -> Categorical:
        """Return some rows; −1 is a row in which it is missing."""
        return Categorical(self.labels, np.append(self.codes, np.int32(-1))[rows])


@dataclass(frozen=True, slots=True)
class Numeric:
    """One number a row, such as an age."""

    values: NDArray[np.float32]
    """float32, shape (n,), finite; 0 where it is missing."""
    known: NDArray[np.bool_]
    """bool, shape (n,): where it is not missing."""

    @classmethod
    def of(cls, values: Sequence[Any], what: str) -> Numeric:
        """Return the column of numbers, None for a missing one; refuse nan and infinities."""
        given = _listed(values)
        known = np.array([value is not None for value in given], dtype=np.bool_)
        numbers = np.zeros(len(given), dtype=np.float32)
        for row, value in enumerate(given):
            if value is None:
                continue
            if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
                raise DataError(f"{what} must be numbers; row {row + 1} is {value!r}.")
            if not abs(float(value)) <= float(np.finfo(np.float32).max):
                raise DataError(
                    f"{what} must be finite in float32; row {row + 1} is {value}: write None where "
                    "the number is not known."
                )
            numbers[row] = float(value)
        return cls(numbers, known)

    def __post_init__(self) -> None:
        _lock(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Numeric, (self.values, self.known)

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: NDArray[np.int64]) -> Numeric:
        """Return some rows; −1 is a row in which it is missing."""
        return Numeric(
            np.append(self.values, np.float32(0))[rows], np.append(self.known, False)[rows]
        )


@dataclass(frozen=True, slots=True)
class MultiHot:
    """Any number of labels a row, such as the genres of a film."""

    labels: IdArray
    """The distinct labels, ascending: int64 or str."""
    indptr: NDArray[np.int64]
    """int64, shape (n + 1,): where each row's labels start in ``codes``."""
    codes: NDArray[np.int32]
    """int32: positions in ``labels``, ascending in each row."""

    @classmethod
    def of(cls, values: Sequence[Any], what: str) -> MultiHot:
        """Return the column of collections of labels; None and an empty one are the same."""
        rows: list[list[Any]] = []
        for row, given in enumerate(_listed(values)):
            if isinstance(given, str | bytes) or not isinstance(given, Iterable | None):
                raise DataError(
                    f"{what} must be a collection of labels a row; row {row + 1} is {given!r}."
                )
            rows.append([] if given is None else list(given))
        flat = [label for listed in rows for label in listed]
        labels, codes = factorize(_labels(flat, what))
        owners = np.repeat(np.arange(len(rows)), [len(listed) for listed in rows])
        cells = np.unique(owners * max(len(labels), 1) + codes)
        owners, codes = np.divmod(cells, max(len(labels), 1))
        counts = np.bincount(owners, minlength=len(rows))
        return cls(labels, np.concatenate(([0], np.cumsum(counts))), codes.astype(np.int32))

    def __post_init__(self) -> None:
        _lock(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return MultiHot, (self.labels, self.indptr, self.codes)

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def take(self, rows: NDArray[np.int64]) -> MultiHot:
        """Return some rows; −1 is a row without labels."""
        with_empty = np.append(self.indptr, self.indptr[-1])
        rows = np.where(rows < 0, len(self), rows)
        return MultiHot(self.labels, *take_rows(with_empty, self.codes, rows))


Column = Categorical | Numeric | MultiHot


def _lock(column: Column) -> None:
    """Make the arrays of a column read-only."""
    for name in column.__slots__:
        getattr(column, name).flags.writeable = False


def _listed(values: Any) -> list[Any]:
    """Return the rows of a column as Python objects."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise DataError(f"a feature must be a sequence with a value for each row; got {values!r}.")
    return list(values.tolist() if isinstance(values, np.ndarray) else values)


def _labels(values: list[Any], what: str) -> IdArray:
    """Return labels in the form of ids: all integers or all strings, else DataError."""
    if any(isinstance(value, float) and value != value for value in values):
        raise DataError(f"{what} hold nan, which is not a label: write None where it is not known.")
    return as_ids(values, what)
