"""Features: what is known about users, or about items, beside who had to do with what."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_backends.wording import counted
from recsys_edu.errors import DataError, InvalidParameterError
from recsys_edu.feature_columns import Categorical, Column, MultiHot, Numeric
from recsys_edu.ids import IdArray, IdIndex

KIND_NAMES: Final = {Categorical: "categorical", Numeric: "numeric", MultiHot: "multi-hot"}


class Features:
    """Named columns with a row for each id; any value may be missing, written as None.

    >>> users = Features(
    ...     ["ann", "bob"],
    ...     categorical={"occupation": ["doctor", None]},
    ...     numeric={"age": [31, 54]},
    ...     multi_hot={"languages": [["en", "fr"], []]},
    ... )
    >>> users
    Features(2 rows: occupation, age, languages)

    Args:
        ids: of the users, or items, that the rows describe: distinct integers or strings, (n,).
        categorical: for each column its labels, all integers or all strings, shape (n,).
        numeric: for each column its numbers, finite, shape (n,).
        multi_hot: for each column, n collections of labels; an empty one is the same as None.

    Raises:
        DataError: a column of another length, two of one name, nan, or values of mixed kinds.
    """

    __slots__ = ("_index", "columns")

    columns: dict[str, Column]
    """The columns by name, in the order in which they were given."""

    def __init__(
        self,
        ids: ArrayLike | IdIndex,
        *,
        categorical: Mapping[str, Any] | None = None,
        numeric: Mapping[str, Any] | None = None,
        multi_hot: Mapping[str, Any] | None = None,
    ) -> None:
        self._index = ids if isinstance(ids, IdIndex) else IdIndex(ids, "feature ids")
        self.columns = {}
        kinds: tuple[tuple[type[Column], Mapping[str, Any] | None], ...] = (
            (Categorical, categorical),
            (Numeric, numeric),
            (MultiHot, multi_hot),
        )
        for kind, given in kinds:
            for name, values in (given or {}).items():
                if not isinstance(name, str) or name in self.columns:
                    raise DataError(f"each feature needs a name of its own, not {name!r} again.")
                column: Column = kind.of(values, f"the feature {name!r}")
                if len(column) != len(self._index):
                    raise DataError(
                        f"the feature {name!r} has {counted(len(column), 'row')}, and there are "
                        f"{counted(len(self._index), 'id')}."
                    )
                self.columns[name] = column
        if not self.columns:
            raise DataError("features need at least one column.")

    @classmethod
    def of_columns(cls, index: IdIndex, columns: dict[str, Column]) -> Features:
        """Return features of columns that are there already, each as long as the vocabulary."""
        made = cls.__new__(cls)
        made._index, made.columns = index, columns
        return made

    @property
    def ids(self) -> IdArray:
        """The id of each row, shape (n,), read-only."""
        return self._index.ids

    def __len__(self) -> int:
        return len(self._index)

    def aligned(self, index: IdIndex) -> Features:
        """Return a row for each id of a vocabulary; for ids unknown here all is missing."""
        rows = self._index.find(index.ids) if len(index) else np.empty(0, dtype=np.int64)
        return Features.of_columns(
            index, {name: column.take(rows) for name, column in self.columns.items()}
        )

    def rows(self, chosen: NDArray[np.int64]) -> Features:
        """Return some rows, which must not repeat."""
        return Features.of_columns(
            IdIndex(self.ids[chosen], "feature ids"),
            {name: column.take(chosen) for name, column in self.columns.items()},
        )

    def extended(self, index: IdIndex) -> IdIndex:
        """Return a vocabulary with ids that have features and that it lacks, put after its own.

        Raises:
            DataError: one has integers and the other strings.
        """
        if len(index) and len(self) and self.ids.dtype.kind != index.ids.dtype.kind:
            raise DataError(
                f"the features' ids are {self.ids.dtype}, those of the interactions "
                f"{index.ids.dtype}; make both integers or both strings."
            )
        more = self.ids[index.find(self.ids) < 0]
        return IdIndex(np.concatenate((index.ids, more))) if len(more) else index

    def fingerprint(self) -> bytes:
        """Return 32 bytes that differ where the features do."""
        digest = hashlib.sha256()
        for name, column in self.columns.items():
            digest.update(f"{KIND_NAMES[type(column)]} {name}".encode())
            for part in column.__slots__:
                array = getattr(column, part)
                digest.update(f"{part} {array.dtype.str} {array.shape}".encode())
                digest.update(np.ascontiguousarray(array).tobytes())
        return digest.digest()

    def __repr__(self) -> str:
        return f"Features({counted(len(self), 'row')}: {', '.join(self.columns)})"


def checked(features: object, index: IdIndex, what: str) -> Features | None:
    """Return features with a row for each id of the index; refuse whatever is no ``Features``."""
    if features is None:
        return None
    if not isinstance(features, Features):
        raise InvalidParameterError(f"{what} must be Features, not {type(features).__name__}.")
    same = features._index is index or np.array_equal(features.ids, index.ids)
    return features if same else features.aligned(index)
