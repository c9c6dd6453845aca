"""Interactions as arrays of a model file, with values, timestamps and features, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recsys_edu.csr import check_structure
from recsys_edu.errors import DataError
from recsys_edu.feature_columns import Categorical, Column, MultiHot, Numeric
from recsys_edu.features import KIND_NAMES, Features
from recsys_edu.ids import IdIndex, as_ids
from recsys_edu.interactions import Interactions

Arrays = dict[str, NDArray[Any]]

_NEEDED: Final = ("indptr", "indices", "user_ids", "item_ids")
_OPTIONAL: Final = ("values", "timestamps")
_SIDES: Final = ("user_features", "item_features")
_KINDS: Final[dict[str, Any]] = {name: kind for kind, name in KIND_NAMES.items()}


def arrays_of(train: Interactions) -> tuple[dict[str, Any], Arrays]:
    """Return all that interactions hold: a description for JSON, and arrays by name."""
    arrays: Arrays = {name: getattr(train, name) for name in _NEEDED}
    arrays |= {name: getattr(train, name) for name in _OPTIONAL if getattr(train, name) is not None}
    described: dict[str, Any] = {}
    for side in _SIDES:
        features: Features | None = getattr(train, side)
        if features is None:
            continue
        described[side] = [
            [name, KIND_NAMES[type(column)]] for name, column in features.columns.items()
        ]
        for place, column in enumerate(features.columns.values()):
            for part in column.__slots__:
                arrays[f"{side}.{place}.{part}"] = getattr(column, part)
    return described, arrays


def interactions_of(
    described: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> Interactions:
    """Return the interactions again.

    Args:
        described, arrays: as ``arrays_of`` gave them.

    Raises:
        KeyError: a part is missing.
        DataError: parts that contradict each other.
    """
    parts: Any = [arrays[name] for name in _NEEDED]
    n_rows = dict(zip(_SIDES, (len(parts[2]), len(parts[3])), strict=True))
    features = {
        side: _features(described[side], side, n, parts[_NEEDED.index(f"{side[:4]}_ids")], arrays)
        for side, n in n_rows.items()
        if side in described
    }
    return Interactions(
        *parts,
        values=arrays.get("values"),
        timestamps=arrays.get("timestamps"),
        user_features=features.get("user_features"),
        item_features=features.get("item_features"),
    )


def _features(
    described: list[list[str]],
    side: str,
    n_rows: int,
    ids: NDArray[Any],
    arrays: Mapping[str, NDArray[Any]],
) -> Features:
    columns: dict[str, Column] = {}
    for place, (name, kind) in enumerate(described):
        parts = {part: arrays[f"{side}.{place}.{part}"] for part in _KINDS[kind].__slots__}
        columns[name] = _column(kind, parts, n_rows)
    return Features.of_columns(IdIndex(ids), columns)


def _column(kind: str, parts: dict[str, NDArray[Any]], n_rows: int) -> Column:
    """Return one column; DataError where its arrays are no column of that many rows."""
    if kind == KIND_NAMES[Numeric]:
        numeric = Numeric(**parts)
        given: Any = (
            numeric.values.dtype,
            numeric.known.dtype,
            len(numeric.values),
            len(numeric.known),
        )
        if (
            given != (np.dtype(np.float32), np.dtype(np.bool_), n_rows, n_rows)
            or not np.isfinite(numeric.values).all()
        ):
            raise DataError("a numeric feature is damaged.")
        return numeric
    parts["labels"] = as_ids(parts["labels"], "labels")
    n_labels, codes = len(parts["labels"]), parts["codes"]
    if codes.dtype != np.int32 or codes.ndim != 1:
        raise DataError("a feature's codes are damaged.")
    if kind == KIND_NAMES[MultiHot]:
        check_structure(parts["indptr"], codes, n_rows, n_labels)
        return MultiHot(**parts)
    if len(codes) != n_rows or np.any((codes < -1) | (codes >= n_labels)):
        raise DataError("a categorical feature is damaged.")
    return Categorical(**parts)
