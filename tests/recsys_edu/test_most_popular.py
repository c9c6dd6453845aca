"""MostPopular: counts, ties, and people about whom nothing is known."""

from __future__ import annotations

import numpy as np
import pytest

from recsys_backends import use_backend
from recsys_edu import Interactions, MostPopular
from recsys_edu.errors import DataError, InvalidParameterError, NotFittedError, UnknownUserError

BACKENDS = ("naive", "optimized", "torch")

# Items a to e have 3, 1, 2, 2 and 0 users.
TRAIN = Interactions.from_events(
    ["u1", "u1", "u2", "u2", "u3", "u3", "u3", "u4"],
    ["a", "c", "a", "d", "a", "c", "d", "b"],
    user_ids=["u1", "u2", "u3", "u4", "new"],
    item_ids=["a", "b", "c", "d", "e"],
)


@pytest.mark.parametrize("name", BACKENDS)
def test_everybody_gets_what_most_others_had_ties_by_position(name: str) -> None:
    with use_backend(name):
        found = MostPopular().fit(TRAIN).recommend(["new", "u1", "u3", "u4"], 5)
    assert [items.tolist() for items in found.items] == [
        ["a", "c", "d", "b", "e"],
        ["d", "b", "e"],
        ["b", "e"],
        ["a", "c", "d", "e"],
    ]
    assert [scores.tolist() for scores in found.scores] == [
        [3, 2, 2, 1, 0],
        [2, 1, 0],
        [1, 0],
        [3, 2, 2, 0],
    ]


@pytest.mark.parametrize("name", BACKENDS)
def test_short_lists_are_the_beginning_of_long_ones(name: str) -> None:
    with use_backend(name):
        model = MostPopular().fit(TRAIN)
        long = model.rank(np.arange(5), 7)[0]
        for k in range(1, 7):
            np.testing.assert_array_equal(model.rank(np.arange(5), k)[0], long[:, :k])
    assert (long[:, 5:] == -1).all()


def test_the_score_is_the_count_whoever_asks() -> None:
    model = MostPopular().fit(TRAIN)
    assert model.score(["new", "u1", "u1"], ["a", "a", "e"]).tolist() == [3, 3, 0]


def test_values_do_not_count() -> None:
    rated = Interactions.from_events(
        [1, 2, 3], ["x", "x", "y"], values=[1, 1, 5], user_ids=range(4)
    )
    assert MostPopular().fit(rated).recommend(0).items[0].tolist() == ["x", "y"]


def test_a_second_fit_forgets_the_first() -> None:
    model = MostPopular().fit(TRAIN)
    model.fit(Interactions.from_events([7, 8, 9], [5, 5, 6], user_ids=[6, 7, 8, 9]))
    assert model.recommend(6).items[0].tolist() == [5, 6]
    with pytest.raises(UnknownUserError):
        model.recommend("u1")


@pytest.mark.parametrize("name", BACKENDS)
def test_one_user_and_one_item(name: str) -> None:
    with use_backend(name):
        found = MostPopular().fit(Interactions.from_events([1], [1])).recommend(1)
    assert [len(part[0]) for part in found] == [0, 0]


def test_what_cannot_be_answered_is_refused() -> None:
    model = MostPopular()
    with pytest.raises(NotFittedError, match="MostPopular"):
        model.recommend("u1")
    with pytest.raises(DataError, match="nothing to learn from"):
        model.fit(Interactions([0, 0], [], ["a"], ["x"]))
    with pytest.raises(NotFittedError):
        model.recommend("a")
    with pytest.raises(InvalidParameterError, match="k must"):
        model.fit(TRAIN).recommend("u1", 0)
