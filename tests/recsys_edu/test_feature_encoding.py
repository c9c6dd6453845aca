"""Feature encoding: columns and weights, and what training did not see."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys_edu.errors import DataError
from recsys_edu.features import Features
from recsys_edu.models.feature_encoding import PADDING, Encoded, FeatureEncoder

EVERYBODY = np.ones(4, dtype=np.bool_)


def films() -> Features:
    return Features(
        ["a", "b", "c", "d"],
        categorical={"studio": ["north", "south", None, "north"]},
        numeric={"year": [1990, 2000, None, 1995]},
        multi_hot={"genres": [["war"], ["love", "war"], [], ["love"]]},
    )


def pairs(encoded: Encoded) -> list[dict[int, float]]:
    """Column to weight of each row, without the padding."""
    found = []
    for columns, weights in zip(*encoded, strict=True):
        real = columns != PADDING
        assert np.all(weights[~real] == 0)
        kept = dict(zip(columns[real].tolist(), weights[real].tolist(), strict=True))
        assert len(kept) == real.sum()
        found.append(kept)
    return found


def test_each_label_number_and_gap_has_a_column_of_its_own() -> None:
    encoder = FeatureEncoder.learn(films(), EVERYBODY)
    north, south, no_studio, year, no_year, love, war, no_genre = range(1, 9)
    assert encoder.n_columns == 9
    deviation = np.sqrt(50 / 3)
    half = pytest.approx(np.sqrt(0.5))
    assert pairs(encoder.encode(films())) == [
        {north: 1, year: pytest.approx(-5 / deviation), war: 1},
        {south: 1, year: pytest.approx(5 / deviation), love: half, war: half},
        {no_studio: 1, no_year: 1, no_genre: 1},
        {north: 1, year: 0, love: 1},
    ]
    assert pairs(encoder.nothing_known(2)) == [{no_studio: 1, no_year: 1, no_genre: 1}] * 2


def test_what_training_did_not_see_says_nothing() -> None:
    taught = np.array([True, False, False, True])  # no south, nothing missing
    encoder = FeatureEncoder.learn(films(), taught)
    north, year, love, war = range(1, 5)
    assert encoder.n_columns == 5
    known = pairs(encoder.encode(films()))
    assert known[0] == {north: 1, year: -1, war: 1}
    assert set(known[1]) == {year, love, war}
    assert known[2] == {}
    new = Features(
        [1, 2],
        categorical={"studio": ["west", "north"]},
        numeric={"year": [1995, None]},
        multi_hot={"genres": [["art", "war"], ["art"]]},
    )
    # An unknown label takes no weight away from those that are known.
    assert pairs(encoder.encode(new)) == [{year: pytest.approx(1), war: 1}, {north: 1}]
    assert pairs(encoder.nothing_known(1)) == [{}]


def test_labels_of_another_type_are_unknown_and_constants_do_not_divide_by_zero() -> None:
    train = Features([1, 2], categorical={"c": [1, 2]}, numeric={"n": [5, 5]})
    encoder = FeatureEncoder.learn(train, EVERYBODY[:2])
    other = Features([1, 2], categorical={"c": ["1", "2"]}, numeric={"n": [5, 6]})
    assert pairs(encoder.encode(other)) == [{3: 0}, {3: 1}]


def test_it_comes_back_from_json() -> None:
    for taught in (EVERYBODY, np.array([True, False, False, True])):
        encoder = FeatureEncoder.learn(films(), taught)
        again = FeatureEncoder.from_json(encoder.to_json())
        assert again.n_columns == encoder.n_columns
        for first, second in zip(again.encode(films()), encoder.encode(films()), strict=True):
            np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ({"numeric": {"age": [1]}}, "these lack job$"),
        (
            {"numeric": {"age": [1], "size": [2]}, "categorical": {"job": [1]}},
            "these have size, which it did not learn from",
        ),
        ({"numeric": {"size": [1]}}, "lack job, age and have size"),
        ({"categorical": {"job": ["x"], "age": [1]}}, "'age' was numeric, now it is categorical"),
    ],
)
def test_missing_extra_and_changed_features_are_named(columns: dict[str, Any], match: str) -> None:
    encoder = FeatureEncoder.learn(
        Features([1], numeric={"age": [5]}, categorical={"job": ["x"]}), EVERYBODY[:1]
    )
    with pytest.raises(DataError, match=match):
        encoder.encode(Features([1], **columns))
