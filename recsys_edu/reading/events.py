"""Events as they are read: ids numbered, and which column holds what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys_edu.errors import InvalidParameterError
from recsys_edu.factorizing import Factorized
from recsys_edu.quoting import shown


class Events(NamedTuple):
    """Parallel columns, one event a position."""

    users: Factorized
    items: Factorized
    values: NDArray[np.float32] | None = None
    timestamps: NDArray[Any] | None = None
    where: Callable[[int], str] | None = None
    """Function that says where an event of a given number stands, such as "plays.csv, line 7"."""


class ColumnNames(NamedTuple):
    """Names of the columns to read; None for one that is not wanted."""

    user: str
    item: str
    value: str | None = None
    timestamp: str | None = None

    def checked(self) -> ColumnNames:
        """Return the names; InvalidParameterError where one column is to be two things."""
        role_of: dict[str, str] = {}
        for role, name in self._asdict().items():
            if name in role_of:
                raise InvalidParameterError(
                    f"{role_of[name]} and {role} both name the column {shown(name)}; each needs "
                    "one of its own."
                )
            if name is not None:
                role_of[name] = role
        return self
