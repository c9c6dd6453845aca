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


def test_each_label_knot_and_gap_has_a_column_of_its_own() -> None:
    encoder = FeatureEncoder.learn(films(), EVERYBODY)
    north, south, no_studio, first = range(1, 5)
    knots = encoder._columns[1].knots
    assert (knots[0], knots[-1], len(knots)) == (1990, 2000, 12)
    last, no_year, love, war, no_genre = range(first + 11, first + 16)
    assert encoder.n_columns == no_genre + 1
    half = pytest.approx(np.sqrt(0.5))
    found = pairs(encoder.encode(films()))
    assert found[:3] == [
        {north: 1, first: 1, war: 1},
        {south: 1, last: 1, love: half, war: half},
        {no_studio: 1, no_year: 1, no_genre: 1},
    ]
    between = {column - first: w for column, w in found[3].items() if first <= column <= last}
    assert sum(between.values()) == pytest.approx(1)
    assert sum(knots[column] * w for column, w in between.items()) == pytest.approx(1995)
    assert len(between) == 2
    assert pairs(encoder.nothing_known(2)) == [{no_studio: 1, no_year: 1, no_genre: 1}] * 2


def test_numbers_are_interpolated_and_stay_beyond_the_last_knots() -> None:
    train = Features([1, 2, 3], numeric={"n": [0.0, 10.0, 10.0]})
    encoder = FeatureEncoder.learn(train, EVERYBODY[:3])
    knots = encoder._columns[0].knots
    given = [-5.0, 0.0, 3.0, 9.5, 10.0, 1e9, None]
    found = pairs(encoder.encode(Features(range(7), numeric={"n": given})))
    places = [sum(knots[column - 1] * w for column, w in row.items()) for row in found]
    assert places == pytest.approx([0, 0, 3, 9.5, 10, 10, 0])
    assert found[-1] == {}
    assert all(sum(row.values()) == pytest.approx(1) for row in found[:-1])


def test_what_training_did_not_see_says_nothing() -> None:
    taught = np.array([True, False, False, True])  # no south, nothing missing
    encoder = FeatureEncoder.learn(films(), taught)
    north, first, last, love, war = 1, 2, 13, 14, 15
    assert encoder.n_columns == 16
    known = pairs(encoder.encode(films()))
    assert known[0] == {north: 1, first: 1, war: 1}
    assert set(known[1]) == {last, love, war}
    assert known[2] == {}
    new = Features(
        [1, 2],
        categorical={"studio": ["west", "north"]},
        numeric={"year": [1990, None]},
        multi_hot={"genres": [["art", "war"], ["art"]]},
    )
    # An unknown label takes no weight away from those that are known.
    assert pairs(encoder.encode(new)) == [{first: 1, war: 1}, {north: 1}]
    assert pairs(encoder.nothing_known(1)) == [{}]


def test_labels_of_another_type_are_unknown_and_constants_have_one_knot() -> None:
    train = Features([1, 2], categorical={"c": [1, 2]}, numeric={"n": [5, 5]})
    encoder = FeatureEncoder.learn(train, EVERYBODY[:2])
    other = Features([1, 2], categorical={"c": ["1", "2"]}, numeric={"n": [5, 6]})
    assert pairs(encoder.encode(other)) == [{3: 1}, {3: 1}]


def test_a_feature_that_training_never_saw_says_nothing() -> None:
    train = Features([1], categorical={"c": [None]}, numeric={"n": [None]}, multi_hot={"m": [[]]})
    encoder = FeatureEncoder.learn(train, np.array([False]))
    new = Features([1], categorical={"c": ["x"]}, numeric={"n": [3]}, multi_hot={"m": [["y"]]})
    assert pairs(encoder.encode(new)) == [{}]
    assert encoder.n_columns == 1


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
        ({"numeric": {"age": [1]}}, "these lack job\\.$"),
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
