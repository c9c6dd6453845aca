"""Interactions: who had to do with what, as one compressed sparse row (CSR) matrix with ids."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_edu import reading
from recsys_edu.csr import (
    MAX_INDEX,
    check_structure,
    integers,
    joined,
    latest_of_each_pair,
    row_starts,
    strengths,
)
from recsys_edu.errors import (
    DataError,
    InvalidParameterError,
    UnknownItemError,
    UnknownUserError,
)
from recsys_edu.features import Features, checked
from recsys_edu.ids import IdArray, IdIndex, numbered
from recsys_edu.read_only import frozen, restore

if TYPE_CHECKING:
    from scipy.sparse import csr_array, sparray, spmatrix


class Interactions:
    """Distinct (user, item) pairs in CSR form; the arrays are read-only.

    Inside, users and items are rows and columns counted from 0; outside, they have the caller's own
    ids. A user or an item without interactions is legal, and so is having no interactions at all.

    Args:
        indptr: integers, shape (n_users + 1,): where each user's items start in ``indices``.
        indices: integers, shape (nnz,): columns, ascending within each user, no repeats.
        user_ids: the id of each row: distinct integers or strings, shape (n_users,).
        item_ids: the id of each column, shape (n_items,).
        values: strength of each interaction, such as a rating: finite, shape (nnz,); optional.
        timestamps: time of each interaction, integers in any unit, shape (nnz,); optional.
        user_features, item_features: what else is known, by id; optional, see ``with_features``.

    Raises:
        DataError: the arrays contradict each other or what is said above.
    """

    __slots__ = (
        *("_items", "_users", "indices", "indptr", "timestamps", "values"),
        *("item_features", "user_features"),
    )

    indptr: NDArray[np.int64]
    """int64, shape (n_users + 1,), read-only."""
    indices: NDArray[np.int32]
    """int32, shape (nnz,), read-only."""
    values: NDArray[np.float32] | None
    """float32, shape (nnz,), read-only; None where interactions have no strength."""
    timestamps: NDArray[np.int64] | None
    """int64, shape (nnz,), read-only; None where times are not known."""
    user_features: Features | None
    """A row for each user, in the order of ``user_ids``; None where nothing is known."""
    item_features: Features | None
    """A row for each item, in the order of ``item_ids``; None where nothing is known."""

    def __init__(
        self,
        indptr: ArrayLike,
        indices: ArrayLike,
        user_ids: ArrayLike | IdIndex,
        item_ids: ArrayLike | IdIndex,
        *,
        values: ArrayLike | None = None,
        timestamps: ArrayLike | None = None,
        user_features: Features | None = None,
        item_features: Features | None = None,
    ) -> None:
        self._users = IdIndex.of(user_ids, "user_ids")
        self._items = IdIndex.of(item_ids, "item_ids")
        self.indptr = frozen(integers(indptr, "indptr"), np.int64)
        columns = integers(indices, "indices")
        check_structure(self.indptr, columns, len(self._users), len(self._items))
        self.indices = frozen(columns, np.int32)
        self.values = None if values is None else strengths(values, self.nnz)
        self.timestamps = None
        if timestamps is not None:
            self.timestamps = frozen(integers(timestamps, "timestamps", self.nnz), np.int64)
        self.user_features = checked(user_features, self._users, "user_features")
        self.item_features = checked(item_features, self._items, "item_features")

    def __setstate__(self, state: tuple[None, dict[str, Any]]) -> None:
        restore(self, state)

    @classmethod
    def from_csr(
        cls,
        matrix: sparray | spmatrix,
        *,
        user_ids: ArrayLike | None = None,
        item_ids: ArrayLike | None = None,
    ) -> Interactions:
        """Interactions of any SciPy sparse matrix, shape (n_users, n_items), which stays as it is.

        Stored zeros are dropped, repeated entries are added up. The entries become ``values``,
        except those of a boolean matrix. Ids default to 0, 1, 2, …

        Raises:
            InvalidParameterError: ``matrix`` is not a two-dimensional SciPy sparse matrix.
            DataError: ids of the wrong number, or an entry that is not a finite real number.
        """
        from scipy.sparse import csr_array, issparse

        given: Any = matrix
        if not issparse(matrix) or given.ndim != 2 or given.dtype.kind not in "biuf":
            raise InvalidParameterError(
                f"matrix must be a 2-D SciPy sparse matrix of real numbers; got {given!r:.80}"
            )
        csr: Any = csr_array(given, copy=True)
        csr.sum_duplicates()
        csr.eliminate_zeros()
        n_users, n_items = csr.shape
        return cls(
            csr.indptr,
            csr.indices,
            np.arange(n_users) if user_ids is None else user_ids,
            np.arange(n_items) if item_ids is None else item_ids,
            values=None if csr.dtype.kind == "b" else csr.data,
        )

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
    ) -> Interactions:
        """Interactions of parallel arrays of raw ids, one event a position, in any order.

        Of several events of one user with one item, the one with the latest timestamp stays; among
        equal timestamps, or where there are none, the last one given.

        Args:
            users, items: ids, shape (n,).
            values, timestamps: as for the class, shape (n,).
            user_ids, item_ids: vocabularies, which may hold more ids than occur; the default is the
                ids that occur, ascending.

        Raises:
            UnknownUserError, UnknownItemError: an id that the given vocabulary lacks.
            DataError: arrays of different lengths, or of the wrong kind.
        """
        user_index, rows = numbered(users, user_ids, "users", UnknownUserError)
        item_index, columns = numbered(items, item_ids, "items", UnknownItemError)
        n = len(rows)
        if len(columns) != n:
            raise DataError(f"users and items must be equally long; got {n} and {len(columns)}")
        times = None if timestamps is None else integers(timestamps, "timestamps", n)
        weights = None if values is None else strengths(values, n)
        return _merged(user_index, item_index, rows, columns, weights, times)

    @classmethod
    def from_frame(
        cls,
        df: object,
        *,
        user: str = "user",
        item: str = "item",
        value: str | None = None,
        timestamp: str | None = None,
    ) -> Interactions:
        """Interactions of a pandas, polars or pyarrow table with one event a row.

        Args:
            df: the table; anything eager that narwhals understands.
            user, item: names of the id columns: integers or strings (categories count as strings).
            value: name of the column of values, if there is one to use.
            timestamp: name of the column of times: integers in any unit, or dates and datetimes,
                which become microseconds since 1970.

        Raises:
            DataError: no rows, a missing column, a missing value, or a column of the wrong kind.
            InvalidParameterError: ``df`` is no such table.
        """
        return cls.from_events(**reading.read_frame(df, user, item, value, timestamp)._asdict())

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
    ) -> Interactions:
        """Interactions of a text file with one event a line.

        Ids become integers where a whole column is written as integers, and strings otherwise
        (``007`` is a string).

        Args:
            path: the file.
            user, item, value, timestamp: names of the columns; timestamps must be integers.
            delimiter: the character between fields.
            columns: the names of all columns, for a file whose first line is not a header.
            encoding: for instance "latin-1".

        Raises:
            DataError: with file and line: a field too many or too few, a field that is not what its
                column holds, bytes that are not of the encoding, no interactions.
            OSError: the file cannot be read.
        """
        names = reading.ColumnNames(user, item, value, timestamp)
        events = reading.read_csv(
            path, names, delimiter=delimiter, columns=columns, encoding=encoding
        )
        return cls.from_events(**events._asdict())

    @property
    def user_ids(self) -> IdArray:
        """The id of each row, shape (n_users,), read-only."""
        return self._users.ids

    @property
    def item_ids(self) -> IdArray:
        """The id of each column, shape (n_items,), read-only."""
        return self._items.ids

    @property
    def n_users(self) -> int:
        """Number of users, with or without interactions."""
        return len(self._users)

    @property
    def n_items(self) -> int:
        """Number of items, with or without interactions."""
        return len(self._items)

    @property
    def nnz(self) -> int:
        """Number of interactions."""
        return len(self.indices)

    @property
    def shape(self) -> tuple[int, int]:
        """(n_users, n_items)."""
        return self.n_users, self.n_items

    @property
    def density(self) -> float:
        """Share of all (user, item) pairs that are interactions; 0 where there are no pairs."""
        return self.nnz / max(self.n_users * self.n_items, 1)

    def user_rows(self, ids: ArrayLike) -> NDArray[np.int64]:
        """Rows of the users with these ids, int64 of shape (n,); UnknownUserError otherwise."""
        return self._users.positions(ids, "user ids", UnknownUserError)

    def item_columns(self, ids: ArrayLike) -> NDArray[np.int64]:
        """Columns of the items with these ids, int64 of shape (n,); UnknownItemError otherwise."""
        return self._items.positions(ids, "item ids", UnknownItemError)

    def items_of(self, row: int) -> NDArray[np.int32]:
        """The columns of one user's items, ascending: a read-only view."""
        if not 0 <= row < self.n_users:
            raise InvalidParameterError(f"row must be from 0 to {self.n_users - 1}; got {row}")
        return self.indices[self.indptr[row] : self.indptr[row + 1]]

    def rows(self) -> NDArray[np.int64]:
        """The row of each interaction, int64 of shape (nnz,), aligned with ``indices``."""
        return np.repeat(np.arange(self.n_users, dtype=np.int64), np.diff(self.indptr))

    def popularity(self) -> NDArray[np.int64]:
        """How many users each item has, int64 of shape (n_items,)."""
        return np.bincount(self.indices, minlength=self.n_items).astype(np.int64, copy=False)

    def with_features(
        self, *, users: Features | None = None, items: Features | None = None
    ) -> Interactions:
        """The same interactions with features, by id, in place of any that they had.

        Ids that the features have and the interactions lack join the vocabularies, after those that
        are there: users and items without interactions. For ids without features, all is missing.

        Raises:
            DataError: ids that are integers on one side and strings on the other.
        """
        users = self.user_features if users is None else users
        items = self.item_features if items is None else items
        user_index = self._users if users is None else users.extended(self._users)
        item_index = self._items if items is None else items.extended(self._items)
        more = np.full(len(user_index) - self.n_users, self.nnz, dtype=np.int64)
        return Interactions(
            np.concatenate((self.indptr, more)),
            self.indices,
            user_index,
            item_index,
            values=self.values,
            timestamps=self.timestamps,
            user_features=users,
            item_features=items,
        )

    def keep(self, mask: ArrayLike) -> Interactions:
        """The interactions at which ``mask``, bool of shape (nnz,), is true; same vocabularies."""
        chosen = np.asarray(mask)
        if chosen.dtype != np.bool_ or chosen.shape != (self.nnz,):
            raise InvalidParameterError(
                f"mask must be bool of shape ({self.nnz},); got {chosen.dtype} of {chosen.shape}"
            )
        kept_before = np.concatenate(([0], np.cumsum(chosen, dtype=np.int64)))
        return Interactions(
            kept_before[self.indptr],
            self.indices[chosen],
            self._users,
            self._items,
            values=None if self.values is None else self.values[chosen],
            timestamps=None if self.timestamps is None else self.timestamps[chosen],
            user_features=self.user_features,
            item_features=self.item_features,
        )

    def union(self, other: Interactions) -> Interactions:
        """The interactions of both, which must have the same vocabularies; features are ours.

        Where both have the same pair, the one with the later timestamp stays; without timestamps
        that of ``other``.

        Raises:
            DataError: the vocabularies differ, or only one of the two has values or timestamps.
        """
        other = require_interactions(other, "other")
        same_users = np.array_equal(self.user_ids, other.user_ids)
        if not same_users or not np.array_equal(self.item_ids, other.item_ids):
            raise DataError(f"only interactions with the same ids can be united: {self}, {other}")
        united = _merged(
            self._users,
            self._items,
            np.concatenate((self.rows(), other.rows())),
            np.concatenate((self.indices, other.indices), dtype=np.int64),
            joined(self.values, other.values, "values"),
            joined(self.timestamps, other.timestamps, "timestamps"),
        )
        united.user_features, united.item_features = self.user_features, self.item_features
        return united

    def to_csr(self) -> csr_array[np.float32]:
        """A SciPy CSR array of float32 (n_users, n_items), with ones where there are no values."""
        from scipy.sparse import csr_array

        data = np.ones(self.nnz, dtype=np.float32) if self.values is None else self.values.copy()
        # SciPy keeps both index arrays in one type: the smaller one, where the counts allow it.
        kind = np.dtype(np.int32 if self.nnz <= MAX_INDEX else np.int64)
        parts: Any = (data, self.indices.astype(kind), self.indptr.astype(kind))
        return csr_array(parts, shape=self.shape)

    def __repr__(self) -> str:
        optional = ("values", "timestamps", "user_features", "item_features")
        extras = [name.replace("_", " ") for name in optional if getattr(self, name) is not None]
        return (
            f"Interactions({self.n_users:,} users × {self.n_items:,} items, "
            f"{self.nnz:,} interactions, density {100 * self.density:.3g} %"
            + (f", with {' and '.join(extras)}" if extras else "")
            + ")"
        )


def require_interactions(given: object, name: str) -> Interactions:
    """Return the argument if it is ``Interactions``.

    Every entry point that takes interactions calls it, so that all refuse with the same sentence.

    Args:
        given: the argument.
        name: its name, for the message.

    Raises:
        InvalidParameterError: it is anything else.
    """
    if isinstance(given, Interactions):
        return given
    raise InvalidParameterError(
        f"{name} must be Interactions, not {type(given).__name__}; make them with "
        "Interactions.from_frame(…), .from_file(…), .from_csr(…) or .from_events(…)"
    )


def _merged(
    users: IdIndex,
    items: IdIndex,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    values: NDArray[np.float32] | None,
    timestamps: NDArray[Any] | None,
) -> Interactions:
    """Interactions of events in any order, one of each (row, column)."""
    chosen = latest_of_each_pair(rows, columns, timestamps, len(items))
    return Interactions(
        row_starts(rows[chosen], len(users)),
        columns[chosen],
        users,
        items,
        values=None if values is None else values[chosen],
        timestamps=None if timestamps is None else timestamps[chosen],
    )
