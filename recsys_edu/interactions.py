"""Interactions: who had to do with what, as one compressed sparse row (CSR) matrix with ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_backends.whole_numbers import whole_number
from recsys_backends.wording import counted
from recsys_edu.construction import MadeFromData
from recsys_edu.csr import MAX_INDEX, check_structure, integers, joined, strengths
from recsys_edu.errors import DataError, InvalidParameterError, UnknownItemError, UnknownUserError
from recsys_edu.features import Features, checked
from recsys_edu.ids import IdArray, IdIndex
from recsys_edu.merging import Merged, merge
from recsys_edu.read_only import frozen, restore

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class Interactions(MadeFromData):
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
    def _of_merged(cls, users: IdIndex, items: IdIndex, merged: Merged) -> Self:
        return cls(
            merged.indptr,
            merged.indices,
            users,
            items,
            values=merged.values,
            timestamps=merged.timestamps,
        )

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
        """Return rows of the users with these ids, int64 of (n,); UnknownUserError otherwise."""
        return self._users.positions(ids, "user ids", UnknownUserError)

    def item_columns(self, ids: ArrayLike) -> NDArray[np.int64]:
        """Return columns of the items with these ids, int64 of (n,); UnknownItemError otherwise."""
        return self._items.positions(ids, "item ids", UnknownItemError)

    def items_of(self, row: int) -> NDArray[np.int32]:
        """Return the columns of one user's items, ascending: a read-only view."""
        row = whole_number("row", row, 0, self.n_users - 1, error=InvalidParameterError)
        return self.indices[self.indptr[row] : self.indptr[row + 1]]

    def rows(self) -> NDArray[np.int64]:
        """Return the row of each interaction, int64 of shape (nnz,), aligned with ``indices``."""
        return np.repeat(np.arange(self.n_users, dtype=np.int64), np.diff(self.indptr))

    def popularity(self) -> NDArray[np.int64]:
        """Return the number of users of each item, int64 of shape (n_items,)."""
        return np.bincount(self.indices, minlength=self.n_items).astype(np.int64, copy=False)

    def with_features(
        self, *, users: Features | None = None, items: Features | None = None
    ) -> Interactions:
        """Return the same interactions with features, by id, in place of any that they had.

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
        """Return interactions at which ``mask``, bool of (nnz,), is true; same vocabularies."""
        chosen = np.asarray(mask)
        if chosen.dtype != np.bool_ or chosen.shape != (self.nnz,):
            raise InvalidParameterError(
                f"mask must be bool of shape ({self.nnz},); got {chosen.dtype} of {chosen.shape}."
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
        """Return the interactions of both, which must have the same ids; features are ours.

        Where both have the same pair, the one with the later timestamp stays; without timestamps
        that of ``other``.

        Raises:
            DataError: the vocabularies differ, or only one of the two has values or timestamps.
        """
        other = require_interactions(other, "other")
        if not (self._users.same_as(other._users) and self._items.same_as(other._items)):
            raise DataError(f"only interactions with the same ids can be united: {self}, {other}.")
        merged = merge(
            np.concatenate((self.rows(), other.rows())),
            np.concatenate((self.indices, other.indices)),
            joined(self.values, other.values, "values"),
            joined(self.timestamps, other.timestamps, "timestamps"),
            self.shape,
        )
        united = self._of_merged(self._users, self._items, merged)
        united.user_features, united.item_features = self.user_features, self.item_features
        return united

    def over(self, user_ids: ArrayLike | IdIndex, item_ids: ArrayLike | IdIndex) -> Interactions:
        """Return the same interactions over other vocabularies, which hold all ids of ours.

        Raises:
            UnknownUserError, UnknownItemError: an id of ours that a vocabulary lacks.
            DataError: ids that repeat.
        """
        users, items = IdIndex.of(user_ids, "user_ids"), IdIndex.of(item_ids, "item_ids")
        merged = merge(
            users.positions(self.user_ids, "user ids", UnknownUserError)[self.rows()],
            items.positions(self.item_ids, "item ids", UnknownItemError)[self.indices],
            self.values,
            self.timestamps,
            (len(users), len(items)),
        )
        moved = self._of_merged(users, items, merged)
        return moved.with_features(users=self.user_features, items=self.item_features)

    def to_csr(self) -> csr_array[np.float32]:
        """Return a SciPy CSR array, float32 (n_users, n_items); ones where there are no values."""
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
            f"Interactions({counted(self.n_users, 'user')} × {counted(self.n_items, 'item')}, "
            f"{counted(self.nnz, 'interaction')}, density {100 * self.density:.3g} %"
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
        "Interactions.from_frame(…), .from_file(…), .from_csr(…) or .from_events(…)."
    )
