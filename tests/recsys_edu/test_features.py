"""Features: columns with missing values, rows by id, and the interactions that carry them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys_edu import Interactions
from recsys_edu.errors import DataError, InvalidParameterError
from recsys_edu.feature_columns import Categorical, Column, Numeric
from recsys_edu.features import Features


def people() -> Features:
    return Features(
        [7, 3, 5],
        categorical={"job": ["smith", None, "baker"]},
        numeric={"age": [20, 40.5, None]},
        multi_hot={"tags": [["b", "a", "b"], [], None]},
    )


def listed(column: Column) -> list[Any]:
    """A column as it could be given again."""
    if isinstance(column, Categorical):
        return [None if code < 0 else column.labels[code] for code in column.codes]
    if isinstance(column, Numeric):
        pairs = zip(column.values.tolist(), column.known.tolist(), strict=True)
        return [value if known else None for value, known in pairs]
    parts = np.split(column.codes, column.indptr[1:-1])
    return [column.labels[codes].tolist() for codes in parts]


def told(features: Features) -> dict[str, list[Any]]:
    return {name: listed(column) for name, column in features.columns.items()}


def test_columns_hold_what_they_were_given() -> None:
    features = people()
    assert repr(features) == "Features(3 rows: job, age, tags)"
    assert features.ids.tolist() == [7, 3, 5]
    assert told(features) == {
        "job": ["smith", None, "baker"],
        "age": [20.0, 40.5, None],
        "tags": [["a", "b"], [], []],
    }


def test_rows_follow_the_ids_and_what_is_not_known_is_missing() -> None:
    train = Interactions.from_events([3, 3, 9], ["x", "y", "x"]).with_features(users=people())
    assert train.user_ids.tolist() == [3, 9, 7, 5]  # ids with features alone join at the end
    assert train.user_features is not None
    assert train.item_features is None
    assert train.nnz == 3
    assert np.diff(train.indptr).tolist() == [2, 1, 0, 0]
    assert told(train.user_features) == {
        "job": [None, None, "smith", "baker"],
        "age": [40.5, None, 20.0, None],
        "tags": [[], [], ["a", "b"], []],
    }
    assert "user features" in repr(train)


def test_parts_and_unions_of_interactions_keep_the_features() -> None:
    train = Interactions.from_events([3, 3, 9], ["x", "y", "x"]).with_features(
        users=people(), items=Features(["x", "y"], numeric={"price": [1, 2]})
    )
    part = train.keep([True, False, True])
    both = part.union(train.keep([False, True, False]))
    for other in (part, both, train.with_features()):
        assert other.user_features is train.user_features
        assert other.item_features is train.item_features
    assert both.nnz == 3
    other = train.with_features(items=Features(["y"], numeric={"price": [5]}))
    assert other.user_features is train.user_features
    assert other.item_features is not None
    assert told(other.item_features) == {"price": [None, 5.0]}


def test_features_of_no_rows() -> None:
    nobody = Features([], numeric={"age": []}, multi_hot={"tags": []})
    train = Interactions.from_events([1], [1]).with_features(users=nobody)
    assert train.user_features is not None
    assert told(train.user_features) == {"age": [None], "tags": [[]]}


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ({"numeric": {"age": [1.0, float("nan")]}}, "'age' must be finite .*row 2 is nan"),
        ({"numeric": {"age": np.array([1.0, np.inf])}}, "'age' must be finite .*row 2 is inf"),
        ({"numeric": {"age": [1, 1e39]}}, "'age' must be finite in float32"),
        ({"numeric": {"age": ["old", 1]}}, "'age' must be numbers; row 1 is 'old'"),
        ({"numeric": {"age": [True, 1]}}, "'age' must be numbers; row 1 is True"),
        ({"numeric": {"age": [1]}}, "'age' has 1 row, and there are 2 ids"),
        ({"numeric": {"age": 5}}, "with a value for each row; got 5"),
        ({"categorical": {"job": ["a", float("nan")]}}, "'job' hold nan"),
        ({"categorical": {"job": ["a", 1]}}, "'job' must be all integers or all strings"),
        ({"categorical": {"job": [1.5, 2.5]}}, "'job' must be integers or strings"),
        ({"categorical": {"job": "ab"}}, "with a value for each row; got 'ab'"),
        ({"multi_hot": {"tags": ["ab", "c"]}}, "'tags' must be a collection .*row 1 is 'ab'"),
        ({"multi_hot": {"tags": [["a"], [1]]}}, "'tags' must be all integers or all strings"),
        ({"numeric": {"x": [1, 2]}, "categorical": {"x": [1, 2]}}, "'x' again"),
        ({}, "at least one column"),
    ],
)
def test_bad_columns_are_named(columns: dict[str, Any], match: str) -> None:
    with pytest.raises(DataError, match=match) as caught:
        Features([1, 2], **columns)
    assert "\n" not in str(caught.value)


def test_bad_ids_are_refused() -> None:
    with pytest.raises(DataError, match="feature ids must be distinct; 1 repeats"):
        Features([1, 1], numeric={"age": [1, 2]})
    train = Interactions.from_events([1, 2], [1, 2])
    with pytest.raises(DataError, match="make both integers or both strings"):
        train.with_features(users=Features(["1"], numeric={"age": [1]}))
    with pytest.raises(InvalidParameterError, match="user_features must be Features, not dict"):
        Interactions([0, 1], [0], [1], [1], user_features={"age": [1]})  # type: ignore[arg-type]


def test_fingerprints_tell_features_apart() -> None:
    def of(**columns: Any) -> bytes:
        return Features([1, 2], **columns).fingerprint()

    prints = [
        of(numeric={"age": [1, 2]}),
        of(numeric={"age": [1, None]}),
        of(numeric={"age": [1, 0]}),
        of(numeric={"size": [1, 2]}),
        of(categorical={"age": [1, 2]}),
        of(categorical={"age": [2, 1]}),
        of(categorical={"age": ["1", "2"]}),
        of(multi_hot={"age": [[1], [2]]}),
        of(multi_hot={"age": [[1, 2], []]}),
    ]
    assert len(set(prints)) == len(prints)
    assert of(numeric={"age": [1, 2]}) == prints[0]
