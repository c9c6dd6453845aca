"""PureSVD: the decomposition itself, its signs, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys_backends import use_backend
from recsys_edu import Interactions, PureSVD
from recsys_edu.errors import InvalidParameterError, NotFittedError
from tests.recsys_edu.small_bpr import BACKENDS, random_interactions


def dense(train: Interactions) -> np.ndarray:
    seen = np.zeros(train.shape)
    seen[train.rows(), train.indices] = 1
    return seen


def test_two_groups_are_two_factors() -> None:
    """Three people who have a, b and c, two who have d and e: sizes 3 and 2, scores 1 and 0."""
    train = Interactions.from_events(
        [*"uuuvvvwww", *"xxyy"], [*"abcabcabc", *"dede"], item_ids=[*"abcde"]
    )
    model = PureSVD(2).fit(train)
    sizes = np.linalg.norm(model.user_factors, axis=0)
    np.testing.assert_allclose(sizes, [3, 2], rtol=1e-6)
    expected = [[3**-0.5, 0], [3**-0.5, 0], [3**-0.5, 0], [0, 2**-0.5], [0, 2**-0.5]]
    np.testing.assert_allclose(model.item_factors, expected, atol=1e-6)
    np.testing.assert_allclose(model.score(["u", "u", "x"], ["a", "d", "e"]), [1, 0, 1], atol=1e-6)


@pytest.mark.parametrize("n_factors", [1, 5, 19])
def test_scores_are_the_best_approximation(n_factors: int) -> None:
    train = random_interactions(30, 20, 200)
    model = PureSVD(n_factors).fit(train)
    users, sizes, items = np.linalg.svd(dense(train), full_matrices=False)
    best = (users[:, :n_factors] * sizes[:n_factors]) @ items[:n_factors]
    np.testing.assert_allclose(model.user_factors @ model.item_factors.T, best, atol=1e-5)
    found = np.linalg.norm(model.user_factors, axis=0)
    np.testing.assert_allclose(found, sizes[:n_factors], rtol=1e-5)
    largest = np.abs(model.item_factors).argmax(axis=0)
    assert (model.item_factors[largest, np.arange(n_factors)] > 0).all()


def test_the_same_seed_gives_the_same_bytes_and_another_the_same_numbers() -> None:
    train = random_interactions(40, 30, 300)
    one, same, other = (PureSVD(6, seed=seed).fit(train) for seed in (1, 1, 2))
    assert one.item_factors.tobytes() == same.item_factors.tobytes()
    assert one.user_factors.tobytes() == same.user_factors.tobytes()
    np.testing.assert_allclose(other.item_factors, one.item_factors, atol=1e-5)


def test_strengths_do_not_count() -> None:
    plain = random_interactions(20, 25, 150)
    rated = Interactions(
        plain.indptr, plain.indices, plain.user_ids, plain.item_ids, values=np.arange(150)
    )
    factors = [PureSVD(3).fit(train).item_factors.tobytes() for train in (plain, rated)]
    assert factors[0] == factors[1]


@pytest.mark.parametrize("name", BACKENDS)
def test_lists_leave_out_what_was_seen(name: str) -> None:
    train = random_interactions(12, 15, 60)
    with use_backend(name):
        model = PureSVD(4).fit(train)
        items, _ = model.rank(np.arange(12), 20)
    scores = model.user_factors @ model.item_factors.T
    for user in range(12):
        left = np.setdiff1d(np.arange(15), train.items_of(user))
        expected = sorted(scores[user, left], reverse=True)
        listed = items[user, : len(left)]
        assert set(listed.tolist()) == set(left.tolist())
        np.testing.assert_allclose(scores[user, listed], expected, atol=1e-6)
        assert (items[user, len(left) :] == -1).all()


@pytest.mark.parametrize("n_factors", [3, 4, 100])
def test_too_many_factors_are_a_sentence(n_factors: int) -> None:
    model = PureSVD(n_factors)
    with pytest.raises(InvalidParameterError, match="n_factors must be below 3"):
        model.fit(random_interactions(3, 9, 20))
    with pytest.raises(NotFittedError, match="PureSVD"):
        model.recommend(0)


@pytest.mark.parametrize("arguments", [{"n_factors": 0}, {"seed": -1}, {"n_threads": "2"}], ids=str)
def test_bad_parameters_are_refused_by_name(arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameterError, match=next(iter(arguments))):
        PureSVD(**arguments)
