"""Features as a model reads them: for each row a few numbered columns with weights.

Each label and each missing value is a column of its own, and a column has a vector, which the model
learns. A row's features are then the sum of w · (vector of the column) over its pairs (column, w):
w = 1 for the label of a category, 1/√n for each of n labels of a set, 1 for a missing value. A
number has a column for each of a few knots, quantiles of what training saw, and lies between two of
them: its vector is interpolated, so that it need not change in proportion to the number, and beyond
the last knot it stays. What training never saw, be it a label or that a value is missing, has no
vector that means anything, so it gets no pair.

Only NumPy is imported: what answers without PyTorch encodes by this as well.

Source: Gorishniy, Rubachev and Babenko, On Embeddings for Numerical Features in Tabular Deep
Learning, NeurIPS 2022 (piecewise linear encoding; there with a column for each interval).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys_edu.errors import DataError
from recsys_edu.feature_columns import Categorical, Column, MultiHot, Numeric
from recsys_edu.features import KIND_NAMES, Features
from recsys_edu.ids import IdIndex

_MOST_KNOTS: Final = 12
PADDING: Final = 0
"""The column that fills up rows with fewer pairs than others; its weight is 0."""


class Encoded(NamedTuple):
    """Return the pairs of each row; rows are filled up with (PADDING, 0)."""

    columns: NDArray[np.int64]
    """int64, shape (n, m)."""
    weights: NDArray[np.float32]
    """float32, shape (n, m)."""


class _Column(NamedTuple):
    """Description of one feature, as training saw it."""

    name: str
    kind: str
    start: int
    """Its first column."""
    labels: IdIndex | None
    """Labels that training saw, a column each; None for a number."""
    knots: NDArray[np.float64]
    """Knots of a number, ascending, a column each; else empty."""
    had_missing: bool
    """True if training saw a missing value: those share the last column."""

    @property
    def n_values(self) -> int:
        """Columns for what is not missing."""
        return len(self.knots) if self.labels is None else len(self.labels)

    @property
    def end(self) -> int:
        """One past its last column."""
        return self.start + self.n_values + self.had_missing

    @property
    def missing(self) -> int:
        """The column of a missing value."""
        return self.start + self.n_values if self.had_missing else PADDING


class FeatureEncoder:
    """Encodes features by the labels, means and deviations that training saw.

    Attributes:
        n_columns: how many columns there are, the padding included.
    """

    def __init__(self, columns: tuple[_Column, ...]) -> None:
        self._columns = columns
        self.n_columns = columns[-1].end

    @classmethod
    def learn(cls, features: Features, taught: NDArray[np.bool_]) -> FeatureEncoder:
        """Make the encoder of features; ``taught``, bool (n,), are rows with interactions."""
        rows = np.flatnonzero(taught)
        columns, start = [], 1
        for name, column in features.columns.items():
            columns.append(_learned(name, column.take(rows), start))
            start = columns[-1].end
        return cls(tuple(columns))

    def encode(self, features: Features) -> Encoded:
        """Return the pairs of each row.

        Raises:
            DataError: a feature that training had is not there, or is of another kind, or there is
                one that training did not have.
        """
        self._check(features)
        parts = [_encoded(learned, features.columns[learned.name]) for learned in self._columns]
        return Encoded(
            np.hstack([part.columns for part in parts]), np.hstack([part.weights for part in parts])
        )

    @property
    def kinds(self) -> dict[str, str]:
        """Kind of each feature by its name: "categorical", "numeric" or "multi-hot"."""
        return {column.name: column.kind for column in self._columns}

    def nothing_known(self, n: int) -> Encoded:
        """Encode n rows in which everything is missing."""
        columns = np.tile([column.missing for column in self._columns], (n, 1)).astype(np.int64)
        return Encoded(columns, (columns != PADDING).astype(np.float32))

    def to_json(self) -> list[dict[str, Any]]:
        """Return the input of ``from_json``: each feature's name, kind, and labels or knots."""
        return [
            {"name": column.name, "kind": column.kind, "had_missing": column.had_missing}
            | (
                {"knots": column.knots.tolist()}
                if column.labels is None
                else {"labels": column.labels.ids.tolist()}
            )
            for column in self._columns
        ]

    @classmethod
    def from_json(cls, described: list[Mapping[str, Any]]) -> FeatureEncoder:
        """The encoder again."""
        columns, start = [], 1
        for column in described:
            labels = None if column["kind"] == "numeric" else IdIndex(column["labels"], "labels")
            columns.append(
                _Column(
                    column["name"],
                    column["kind"],
                    start,
                    labels,
                    np.array(column.get("knots", ()), dtype=np.float64),
                    bool(column["had_missing"]),
                )
            )
            start = columns[-1].end
        return cls(tuple(columns))

    def _check(self, features: Features) -> None:
        wanted = [column.name for column in self._columns]
        lacking = [name for name in wanted if name not in features.columns]
        extra = [name for name in features.columns if name not in wanted]
        if lacking or extra:
            problems = [f"lack {', '.join(lacking)}"] * bool(lacking)
            problems += [f"have {', '.join(extra)}, which it did not learn from"] * bool(extra)
            raise DataError(
                f"the model learned from the features {', '.join(wanted)}; these "
                + " and ".join(problems)
                + "."
            )
        for column in self._columns:
            given = KIND_NAMES[type(features.columns[column.name])]
            if given != column.kind:
                raise DataError(
                    f"the feature {column.name!r} was {column.kind}, now it is {given}."
                )


def _learned(name: str, column: Column, start: int) -> _Column:
    """Describe a feature as training saw it."""
    kind = KIND_NAMES[type(column)]
    if isinstance(column, Numeric):
        known = column.values[column.known].astype(np.float64)
        levels = np.linspace(0.0, 1.0, _MOST_KNOTS)
        knots = np.unique(np.quantile(known, levels)) if known.size else known
        return _Column(name, kind, start, None, knots, not column.known.all())
    found = np.unique(column.codes[column.codes >= 0])
    labels = IdIndex(column.labels[found], "labels")
    if isinstance(column, Categorical):
        missing = bool((column.codes < 0).any())
    else:
        missing = bool((np.diff(column.indptr) == 0).any())
    return _Column(name, kind, start, labels, np.empty(0), missing)


def _encoded(learned: _Column, column: Column) -> Encoded:
    """Return the pairs of one feature."""
    if isinstance(column, Numeric):
        return _interpolated(learned, column)
    assert learned.labels is not None
    found = learned.labels.find(column.labels)
    column_of = np.where(found < 0, PADDING, learned.start + found)
    if isinstance(column, MultiHot):
        return _encoded_sets(column, column_of, learned.missing)
    columns = np.append(column_of, learned.missing)[column.codes]  # a code of −1 is the last
    return Encoded(columns[:, None], (columns != PADDING).astype(np.float32)[:, None])


def _interpolated(learned: _Column, column: Numeric) -> Encoded:
    """Return the pairs of numbers: the knots below and above, weighted by how near they are."""
    columns = np.full((len(column), 2), PADDING, dtype=np.int64)
    weights = np.zeros((len(column), 2), dtype=np.float32)
    knots = learned.knots
    if len(knots):
        values = np.clip(column.values, knots[0], knots[-1])
        below = np.clip(np.searchsorted(knots, values, side="right") - 1, 0, max(len(knots) - 2, 0))
        above = np.minimum(below + 1, len(knots) - 1)
        share = (values - knots[below]) / np.maximum(knots[above] - knots[below], 1e-300)
        columns[:, 0], columns[:, 1] = learned.start + below, learned.start + above
        weights[:, 0], weights[:, 1] = 1.0 - share, share
    columns[~column.known] = (learned.missing, PADDING)
    weights[~column.known] = (learned.missing != PADDING, 0.0)
    columns[weights == 0] = PADDING
    return Encoded(columns, weights)


def _encoded_sets(column: MultiHot, column_of: NDArray[np.int64], missing: int) -> Encoded:
    """Return the pairs of sets of labels: 1/√n for each of n, or that there are none."""
    counts = np.diff(column.indptr)
    n, m = len(counts), max(1, int(counts.max(initial=0)))
    columns = np.full((n, m), PADDING, dtype=np.int64)
    rows = np.repeat(np.arange(n), counts)
    places = np.arange(len(rows)) - np.repeat(column.indptr[:-1], counts)
    columns[rows, places] = column_of[column.codes]
    columns[counts == 0, 0] = missing
    known = columns != PADDING
    weights = known / np.sqrt(np.maximum(known.sum(1, keepdims=True), 1))
    return Encoded(columns, weights.astype(np.float32))
