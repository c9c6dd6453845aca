"""Ways to make interactions of what people have: matrices, arrays, tables and files."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike

from recsys_edu.csr import canonical, integers, strengths
from recsys_edu.errors import DataError, UnknownItemError, UnknownUserError
from recsys_edu.ids import IdIndex, numbered
from recsys_edu.merging import Merged, merge
from recsys_edu.reading.events import ColumnNames, Events
from recsys_edu.reading.wanted import WantedNames
from recsys_edu.strengths import least_that_counts

if TYPE_CHECKING:
    from scipy.sparse import sparray, spmatrix


class MadeFromData:
    """Class methods of ``Interactions`` that make them; they keep to the same rules."""

    __slots__ = ()

    @classmethod
    def from_csr(
        cls,
        matrix: sparray | spmatrix,
        *,
        user_ids: ArrayLike | None = None,
        item_ids: ArrayLike | None = None,
        min_value: float | None = None,
    ) -> Self:
        """Return interactions of a SciPy sparse matrix, (n_users, n_items), which stays as it is.

        Repeated entries are added up. The entries become ``values``, except those of a boolean
        matrix; ``min_value`` says which count, as in ``from_events``. Ids default to 0, 1, 2, …

        Raises:
            InvalidParameterError: ``matrix`` is not a two-dimensional SciPy sparse matrix.
            DataError: ids of the wrong number, an entry that is not a finite real number, or
                negative entries without ``min_value``.
        """
        csr = canonical(matrix)
        n_users, n_items = csr.shape
        rows = np.repeat(np.arange(n_users), np.diff(csr.indptr))
        values = strengths(csr.data, csr.nnz)
        least = least_that_counts(csr.data, min_value)
        merged = merge(rows, csr.indices, values, None, csr.shape, least=least)
        if csr.dtype.kind == "b":
            merged = merged._replace(values=None)
        users = IdIndex(np.arange(n_users) if user_ids is None else user_ids, "user_ids")
        items = IdIndex(np.arange(n_items) if item_ids is None else item_ids, "item_ids")
        return cls._of_merged(users, items, merged)

    @classmethod
    def from_events(
        cls,
        users: ArrayLike,
        items: ArrayLike,
        *,
        values: ArrayLike | None = None,
        timestamps: ArrayLike | None = None,
        user_ids: ArrayLike | IdIndex | None = None,
        item_ids: ArrayLike | IdIndex | None = None,
        min_value: float | None = None,
    ) -> Self:
        """Return interactions of parallel arrays of ids, one event a position, in any order.

        Of several events of one user with one item, the one with the latest timestamp stays; among
        equal timestamps, or where there are none, the last one given. It is an interaction if its
        value is at least ``min_value``. Ids of events that do not count stay in the vocabularies.

        Args:
            users, items: ids, shape (n,), taken as they are.
            values, timestamps: as for the class, shape (n,).
            user_ids, item_ids: vocabularies, which may hold more ids than occur; the default is the
                ids that occur, ascending.
            min_value: smallest value that counts. Without it, every value above 0 does, a 0 is no
                interaction, and negative values are refused.

        Raises:
            UnknownUserError, UnknownItemError: an id that the given vocabulary lacks.
            DataError: arrays of different lengths, or of the wrong kind; negative values.
        """
        user_index, rows = numbered(users, user_ids, "users", UnknownUserError)
        item_index, columns = numbered(items, item_ids, "items", UnknownItemError)
        n = len(rows)
        if len(columns) != n:
            raise DataError(f"users and items must be equally long; got {n} and {len(columns)}.")
        times = None if timestamps is None else integers(timestamps, "timestamps", n)
        weights = None if values is None else strengths(values, n)
        least = least_that_counts(weights, min_value)
        merged = merge(
            rows, columns, weights, times, (len(user_index), len(item_index)), least=least
        )
        return cls._of_merged(user_index, item_index, merged)

    @classmethod
    def _of_events(cls, events: Events, min_value: float | None) -> Self:
        """Return interactions of events that were read; see ``from_events``."""
        n = len(events.users.codes)
        times = None if events.timestamps is None else integers(events.timestamps, "timestamps", n)
        weights = None if events.values is None else strengths(events.values, n)
        least = least_that_counts(weights, min_value, events.where)
        users, items = (
            IdIndex.of_ascending(ids.vocabulary) for ids in (events.users, events.items)
        )
        shape = len(users), len(items)
        merged = merge(events.users.codes, events.items.codes, weights, times, shape, least=least)
        return cls._of_merged(users, items, merged)

    @classmethod
    @abstractmethod
    def _of_merged(cls, users: IdIndex, items: IdIndex, merged: Merged) -> Self:
        """Return interactions of arrays in CSR order."""

    @classmethod
    def from_frame(
        cls,
        df: object,
        *,
        user: str = "user",
        item: str = "item",
        value: str | None = None,
        timestamp: str | None = None,
        min_value: float | None = None,
    ) -> Self:
        """Return interactions of a pandas, polars or pyarrow table with one event a row.

        Args:
            df: the table; anything eager that narwhals understands.
            user, item: names of the id columns: integers or strings (categories count as strings).
                The rules for ids as text are those of ``from_csv``, but text stays text.
            value: name of the column of values, if there is one to use.
            timestamp: name of the column of times: integers in any unit; or dates, datetimes, ISO
                text and seconds with decimals, which become microseconds since 1970.
            min_value: smallest value that counts; see ``from_events``.

        Raises:
            DataError: no rows, a missing column, a missing value, or a column of the wrong kind.
            InvalidParameterError: ``df`` is no such table, or one column is named twice.
        """
        from recsys_edu.reading.tables import read_frame

        names = ColumnNames(user, item, value, timestamp).checked()
        return cls._of_events(read_frame(df, names), min_value)

    @classmethod
    def from_file(
        cls,
        path: str | PathLike[str],
        *,
        user: str | None = None,
        item: str | None = None,
        value: str | None = None,
        timestamp: str | None = None,
        format: str | None = None,
        encoding: str = "utf-8",
        member: str | None = None,
        min_value: float | None = None,
        quiet: bool = False,
    ) -> Self:
        """Return interactions of a file of events, whatever common format it has.

        Delimited text (between commas, tabs, semicolons, bars, spaces or ``::``, with or without a
        header), JSON lines, RecBole's ``.inter``, LightGCN's lines of a user and items, the Netflix
        prize's lists, Parquet and Arrow; text also in gzip, bzip2, xz or zip. One line on stderr
        says what was recognized. ``from_csv`` takes every detail from the caller instead.

        Args:
            path: the file.
            user, item, value, timestamp: names of the columns; by default those of the usual
                names, such as userId, movie_id, rating and time. "" leaves a column out.
            format: one of "delimited", "json lines", "inter", "user lines", "netflix"; by default
                the content tells.
            encoding: of text without a byte order mark.
            member: the file to read in a zip archive of several.
            min_value: smallest value that counts; see ``from_events``.
            quiet: say nothing on stderr.

        Raises:
            DataError: with file and, where there is one, line: a file that is not recognized, is
                damaged, or holds what ``from_csv`` refuses.
            MissingDependencyError: a table that neither polars nor pyarrow is there to read.
            OSError: the file cannot be read.
        """
        from recsys_edu.reading.recognition import read_file

        wanted = WantedNames(user, item, value, timestamp)
        events = read_file(
            path, wanted, format=format, encoding=encoding, member=member, quiet=quiet
        )
        return cls._of_events(events, min_value)

    @classmethod
    def from_csv(
        cls,
        path: str | PathLike[str],
        *,
        user: str = "user",
        item: str = "item",
        value: str | None = None,
        timestamp: str | None = None,
        delimiter: str = ",",
        columns: Sequence[str] | None = None,
        encoding: str = "utf-8",
        quotechar: str | None = "auto",
        decimal: str = ".",
        member: str | None = None,
        min_value: float | None = None,
    ) -> Self:
        """Return interactions of a text file with one event a line; blank lines are left out.

        Ids become integers where a whole column is written as integers, and strings otherwise
        (``007`` is a string). Blanks around them are no part of them. Words for a missing value
        (``NaN``, ``N/A``, ``null`` …), decimal numbers and line breaks are refused as ids.

        Args:
            path: the file, also in gzip, bzip2, xz or zip.
            user, item, value, timestamp: names of the columns. Timestamps are integers in any unit;
                ISO dates and seconds with decimals become microseconds since 1970.
            delimiter: what stands between fields, such as "," or "\\t" or "::".
            columns: the names of all columns, for a file whose first line is not a header.
            encoding: of a file without a byte order mark, for instance "latin-1".
            quotechar: what stands around fields that hold a delimiter; None reads quotes as any
                other character. The default is a double quote between , ; or | and None otherwise.
            decimal: decimal point of values, "." or ",".
            member: the file to read in a zip archive of several.
            min_value: smallest value that counts; see ``from_events``.

        Raises:
            DataError: with file and line: a field too many or too few, a field that is not what its
                column holds, bytes that are not of the encoding, no interactions.
            OSError: the file cannot be read.
        """
        from recsys_edu.reading.delimited import layout_of, read_delimited

        names = ColumnNames(user, item, value, timestamp).checked()
        layout = layout_of(delimiter, quotechar, decimal, columns)
        events = read_delimited(path, names, layout, encoding=encoding, member=member)
        return cls._of_events(events, min_value)
