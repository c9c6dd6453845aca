"""Reading events from text files and data frames into parallel arrays."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys_edu.errors import DataError, InvalidParameterError
from recsys_edu.ids import IdArray, as_ids


class Events(NamedTuple):
    """Parallel arrays, one event a position."""

    users: IdArray
    items: IdArray
    values: NDArray[np.float64] | None = None
    timestamps: NDArray[np.int64] | None = None


class ColumnNames(NamedTuple):
    """Which column of a file holds what; None where it is not wanted."""

    user: str
    item: str
    value: str | None = None
    timestamp: str | None = None


class _Column(NamedTuple):
    """One column of a text file, and where each of its fields came from."""

    name: str
    fields: list[str]
    lines: list[int]
    path: Path

    def wrong(self, position: int, problem: str) -> DataError:
        field = self.fields[position]
        return DataError.at(
            self.path, self.lines[position], f"{field!r} in column {self.name!r} {problem}"
        )


def decode(path: Path, raw: bytes, encoding: str) -> str:
    """The text of a file's bytes; DataError with the line of the first byte that does not fit."""
    try:
        return raw.decode(encoding).removeprefix("\ufeff")
    except LookupError:
        raise InvalidParameterError(f"encoding {encoding!r} is not known to Python") from None
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else len(raw)
        raise DataError.at(
            path,
            raw.count(b"\n", 0, start) + 1,
            f"not {encoding} text; name the file's encoding, such as encoding='latin-1'",
        ) from None


def read_csv(
    path: str | PathLike[str],
    names: ColumnNames,
    *,
    delimiter: str,
    columns: Sequence[str] | None,
    encoding: str,
) -> Events:
    """Events of a text file with one event a line; see ``Interactions.from_csv``."""
    if len(delimiter) != 1 or delimiter in '\r\n"':
        raise InvalidParameterError(f"delimiter must be a single character; got {delimiter!r}")
    path = Path(path)
    text = decode(path, path.read_bytes(), encoding)
    header, records, lines = _records(path, text, delimiter, columns)
    if not records:
        raise DataError(f"{path} holds no interactions")

    def column(name: str) -> _Column:
        if header.count(name) != 1:
            known = ", ".join(map(repr, header))
            problem = "more than one column" if name in header else "no column"
            raise DataError(f"{path} has {problem} named {name!r}; its columns are {known}")
        place = header.index(name)
        return _Column(name, [record[place] for record in records], lines, path)

    return Events(
        _ids(column(names.user)),
        _ids(column(names.item)),
        None if names.value is None else _numbers(column(names.value), float, np.float64),
        None if names.timestamp is None else _numbers(column(names.timestamp), int, np.int64),
    )


def _records(
    path: Path, text: str, delimiter: str, columns: Sequence[str] | None
) -> tuple[list[str], list[list[str]], list[int]]:
    """Column names, records and the line that each record ends in; blank lines are left out."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True
    )
    header = None if columns is None else list(columns)
    records: list[list[str]] = []
    lines: list[int] = []
    try:
        for record in reader:
            if not record:
                continue
            if header is None:
                header = [name.strip() for name in record]
                continue
            if len(record) != len(header):
                raise DataError.at(
                    path,
                    reader.line_num,
                    f"{len(record)} field(s) between {delimiter!r} instead of {len(header)}",
                )
            records.append(record)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise DataError.at(path, reader.line_num, f"not readable as CSV: {error}") from None
    return header or [], records, lines


def _ids(column: _Column) -> IdArray:
    """Ids of a column: integers where all are written as integers, strings otherwise."""
    if "" in column.fields:
        raise column.wrong(column.fields.index(""), "is no id: it is empty")
    try:
        numbers = list(map(int, column.fields))
        if list(map(str, numbers)) == column.fields:
            return np.array(numbers, dtype=np.int64)
    except (ValueError, OverflowError):
        pass  # not integers of 64 bits, hence strings
    return as_ids(column.fields, f"ids of column {column.name!r}")


def _numbers(column: _Column, parse: Callable[[str], float], dtype: type[Any]) -> NDArray[Any]:
    """The fields of a column as finite numbers."""
    kind = "an integer" if parse is int else "a finite number"
    try:
        numbers = np.array(list(map(parse, column.fields)), dtype=dtype)
    except (ValueError, OverflowError):
        for position, field in enumerate(column.fields):
            if not _parses(field, parse, dtype):
                raise column.wrong(position, f"is not {kind}") from None
        raise
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if wrong.size:
        raise column.wrong(int(wrong[0]), f"is not {kind}")
    return numbers


def _parses(field: str, parse: Callable[[str], float], dtype: type[Any]) -> bool:
    try:
        np.array(parse(field), dtype=dtype)
    except (ValueError, OverflowError):
        return False
    return True


def read_frame(
    df: object, user: str, item: str, value: str | None, timestamp: str | None
) -> Events:
    """Events of a data frame with one event a row; see ``Interactions.from_frame``."""
    import narwhals as nw

    try:
        frame: nw.DataFrame[Any] = nw.from_native(df, eager_only=True)
    except TypeError:
        raise InvalidParameterError(
            "df must be a pandas, polars or pyarrow table in memory (collect a lazy one first); "
            f"got {type(df).__name__}"
        ) from None
    if not len(frame):
        raise DataError("the data frame holds no interactions: it has no rows")
    return Events(
        as_ids(_frame_column(frame, user), f"ids of column {user!r}"),
        as_ids(_frame_column(frame, item), f"ids of column {item!r}"),
        None if value is None else _frame_column(frame, value),
        None if timestamp is None else _frame_column(frame, timestamp),
    )


def _frame_column(frame: Any, name: str) -> NDArray[Any]:
    """One column as an array; times as microseconds, categories as strings."""
    import narwhals as nw

    if name not in frame.columns:
        known = ", ".join(map(repr, frame.columns))
        raise DataError(f"the data frame has no column named {name!r}; its columns are {known}")
    column = frame[name]
    missing = column.is_null().arg_true().to_list()
    if missing:
        raise DataError(
            f"column {name!r} has {len(missing)} missing value(s), the first in row {missing[0]} "
            "(counted from 0); drop or fill them"
        )
    if isinstance(column.dtype, nw.Categorical | nw.Enum):
        column = column.cast(nw.String)
    if isinstance(column.dtype, nw.Date):
        column = column.cast(nw.Datetime("us"))
    if isinstance(column.dtype, nw.Datetime):
        column = column.dt.timestamp("us")
    array: NDArray[Any] = column.to_numpy()
    return array
