"""Tables: data frames, and the Parquet and Arrow files that become one."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys_edu.errors import DataError, InvalidParameterError, MissingDependencyError
from recsys_edu.factorizing import Factorized, Numbering, as_ids, chunks, factorize
from recsys_edu.quoting import listed, shown
from recsys_edu.reading import numbers
from recsys_edu.reading.columns import whole_times
from recsys_edu.reading.events import ColumnNames, Events
from recsys_edu.reading.id_texts import settle
from recsys_edu.reading.sources import Source


def read_frame(df: object, names: ColumnNames, origin: str = "the data frame") -> Events:
    """Read a data frame with one event a row; see ``Interactions.from_frame``."""
    import narwhals as nw

    try:
        frame: nw.DataFrame[Any] = nw.from_native(df, eager_only=True)
    except nw.exceptions.DuplicateError as error:
        raise DataError(
            f"{origin} has columns of the same name; rename one ({' '.join(str(error).split())})."
        ) from None
    except TypeError:
        raise InvalidParameterError(
            "df must be a pandas, polars or pyarrow table in memory (collect a lazy one first); "
            f"got {type(df).__name__}."
        ) from None
    if not len(frame):
        raise DataError(f"{origin} holds no interactions: it has no rows.")
    return Events(
        _ids(_column(frame, names.user, origin), names.user, origin),
        _ids(_column(frame, names.item, origin), names.item, origin),
        None if names.value is None else _values(frame, names.value, origin),
        None if names.timestamp is None else _times(frame, names.timestamp, origin),
        lambda event: f"{origin}, row {event} (counted from 0)",
    )


def _column(frame: Any, name: str, origin: str) -> Any:
    """Return a column without missing values, categories as strings."""
    import narwhals as nw

    if name not in frame.columns:
        raise DataError(
            f"{origin} has no column named {name!r}; its columns are {listed(frame.columns)}."
        )
    column = frame[name]
    missing = column.is_null().arg_true().to_list()
    if missing:
        raise DataError(
            f"{origin}: column {name!r} has {len(missing)} missing value(s), the first in row "
            f"{missing[0]} (counted from 0); drop or fill them."
        )
    if isinstance(column.dtype, nw.Categorical | nw.Enum):
        return column.cast(nw.String)
    return column


def _texts(column: Any) -> Iterable[list[Any]]:
    """Yield the elements of a column as Python objects, some at a time."""
    step = 1 << 18
    for start in range(0, len(column), step):
        yield column[start : start + step].to_list()


def _ids(column: Any, name: str, origin: str) -> Factorized:
    """Return ids: text by the rule of text files, except that it stays text."""
    import narwhals as nw

    what = f"{origin}: ids of column {name!r}"
    if isinstance(column.dtype, nw.Int128 | nw.UInt128):
        raise DataError(f"{what} hold integers beyond 64 bits; use strings instead.")
    if not isinstance(column.dtype, nw.String):
        array: NDArray[Any] = column.to_numpy()
        if array.dtype.kind != "O" or set(map(type, array)) != {str}:
            return factorize(as_ids(array, what))
        parts = chunks(array)
    else:
        parts = _texts(column)
    numbering = Numbering()
    codes = np.concatenate([numbering.numbers(part, len(part)) for part in parts])
    texts = list(numbering)

    def refusal(number: int, problem: str) -> DataError:
        row = int(np.argmax(codes == number))
        return DataError(
            f"{origin}, row {row} (counted from 0): {shown(texts[number])} in column {name!r} "
            f"{problem}"
        )

    return settle(texts, codes, refusal, integers=False)


def _values(frame: Any, name: str, origin: str) -> NDArray[Any]:
    array: NDArray[Any] = _column(frame, name, origin).to_numpy()
    if array.dtype.kind not in "biuf":
        raise DataError(
            f"{origin}: values of column {name!r} must be real numbers; got {array.dtype}."
        )
    return array


def _times(frame: Any, name: str, origin: str) -> NDArray[np.int64]:
    """Return times: dates, ISO text and seconds with decimals as microseconds since 1970."""
    import narwhals as nw

    column = _column(frame, name, origin)
    if isinstance(column.dtype, nw.Date):
        column = column.cast(nw.Datetime("us"))
    if isinstance(column.dtype, nw.Datetime):
        column = column.dt.timestamp("us")
    if isinstance(column.dtype, nw.String):
        return _iso_times(column, name, origin)
    array: NDArray[Any] = column.to_numpy()
    if array.dtype.kind == "f" and np.isfinite(array).all():
        return whole_times([array.astype(np.float64)])
    return array


def _iso_times(column: Any, name: str, origin: str) -> NDArray[np.int64]:
    found: list[int] = []
    for part in _texts(column):
        for text in part:
            time = numbers.microseconds(text)
            if time is None:
                raise DataError(
                    f"{origin}, row {len(found)} (counted from 0): {shown(text)} in column "
                    f"{name!r} is not an ISO date."
                )
            found.append(time)
    return np.array(found, dtype=np.int64)


def columns_of_file(source: Source) -> list[str]:
    """Return the names of the columns of a Parquet or Arrow file."""
    return list(_loaded(source, None).columns)


def read_table(source: Source, names: ColumnNames) -> Events:
    """Read a Parquet or Arrow file."""
    wanted = [name for name in names if name is not None]
    return read_frame(_loaded(source, wanted).to_native(), names, str(source.path))


def _loaded(source: Source, columns: list[str] | None) -> Any:
    """Return some columns of a table; without names, all columns without their rows."""
    import narwhals as nw

    if source.packing:
        raise DataError(
            f"{source.path} is a packed {source.table} file ({source.packing}); unpack it first."
        )
    for load in (_by_polars, _by_pyarrow):
        try:
            return nw.from_native(load(source, columns), eager_only=True)
        except ModuleNotFoundError:
            continue
        except Exception as error:
            # Whatever the pieces of a damaged file set off, the file is to blame.
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise DataError(
                f"{source.path} is no {source.table} file that can be read: {reason.rstrip('.')}."
            ) from None
    raise MissingDependencyError(
        f"{source.path} is a {source.table} file, which polars or pyarrow can read; neither is "
        "installed: run `pip install polars`."
    )


def _by_polars(source: Source, columns: list[str] | None) -> Any:
    import polars as pl

    parquet = source.table == "Parquet"
    lazy = pl.scan_parquet(source.path) if parquet else pl.scan_ipc(source.path)
    if columns is None:
        return lazy.head(0).collect()
    known = [name for name in dict.fromkeys(columns) if name in lazy.collect_schema()]
    return lazy.select(known).collect()


def _by_pyarrow(source: Source, columns: list[str] | None) -> Any:
    dataset = import_module("pyarrow.dataset")
    data = dataset.dataset(source.path, format="parquet" if source.table == "Parquet" else "ipc")
    if columns is None:
        return data.schema.empty_table()
    return data.to_table(
        columns=[name for name in dict.fromkeys(columns) if name in data.schema.names]
    )
