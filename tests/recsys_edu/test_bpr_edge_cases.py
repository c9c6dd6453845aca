"""BPR on interactions with next to nothing in them, or nothing to learn."""

from __future__ import annotations

import numpy as np
import pytest

from recsys_backends import use_backend
from recsys_edu import Interactions
from recsys_edu.errors import DataError, NotFittedError, RecsysError
from recsys_edu.models.random_vectors import random_vectors
from tests.recsys_edu.small_bpr import BACKENDS, small


@pytest.mark.parametrize("name", BACKENDS)
def test_one_user(name: str) -> None:
    train = Interactions.from_events(["only"], ["b"], item_ids=["a", "b", "c"])
    with use_backend(name):
        model = small(epochs=30).fit(train)
        (items,), _ = model.recommend("only")
        assert set(items.tolist()) == {"a", "c"}
        assert model.score(["only"], ["b"]) > model.score(["only"], ["a"])


@pytest.mark.parametrize("name", BACKENDS)
def test_one_item_leaves_nothing_to_learn(name: str) -> None:
    model = small()
    with use_backend(name):
        with pytest.raises(DataError, match="every item"):
            model.fit(Interactions.from_events([1, 2, 3], ["x"] * 3))
        with pytest.raises(NotFittedError):
            model.recommend([1])


@pytest.mark.parametrize("name", BACKENDS)
def test_a_user_who_has_seen_everything_is_skipped(name: str) -> None:
    train = Interactions.from_events([0, 0, 0, 0, 1, 2], [0, 1, 2, 3, 0, 1])
    with use_backend(name):
        model = small().fit(train)
        first = small(epochs=1, reg=0.0)
        found = model.recommend([0, 1])
        first.fit(train)
    assert len(found.items[0]) == 0
    assert set(found.items[1].tolist()) == {1, 2, 3}
    assert {report.n_triples for report in model.history} == {2}
    start = random_vectors(train, first.n_factors, first.seed, first.init_scale)
    np.testing.assert_array_equal(first.user_factors[0], start.user_factors[0])  # never updated


@pytest.mark.parametrize("name", BACKENDS)
def test_users_without_interactions_have_the_biases_for_scores(name: str) -> None:
    train = Interactions.from_events([1, 1, 3], [0, 1, 1], user_ids=range(5), item_ids=range(4))
    with use_backend(name):
        model = small(epochs=40, cold_users="scores").fit(train)
        found = model.recommend([0, 2, 4], 4)
    assert model.item_biases is not None
    best_first = np.argsort(-model.item_biases, kind="stable")
    for items, scores in zip(*found, strict=True):
        np.testing.assert_array_equal(items, best_first)
        np.testing.assert_array_equal(scores, model.item_biases[best_first])
    assert best_first[0] == 1


@pytest.mark.parametrize(
    "train",
    [
        Interactions([0], [], [], []),
        Interactions([0, 0, 0], [], [0, 1], [0, 1, 2]),
        Interactions([0, 0], [], ["a"], []),
    ],
    ids=["nothing at all", "users and items only", "no items"],
)
def test_no_interactions_are_refused(train: Interactions) -> None:
    model = small()
    with pytest.raises(DataError, match="nothing to learn from"):
        model.fit(train)
    with pytest.raises(NotFittedError):
        model.recommend([])


@pytest.mark.parametrize("name", BACKENDS)
def test_blocks_too_small_for_negatives_are_not_blamed_on_the_users(name: str) -> None:
    """Two users with one item each of two: only the blocks leave no unseen item."""
    train = Interactions([0, 1, 2], [0, 1], ["a", "b"], ["x", "y"])
    with use_backend(name):
        assert small(n_blocks=1).fit(train).history[0].n_triples == 2
        with pytest.raises(RecsysError, match="n_blocks"):
            small(n_blocks=2).fit(train)


def test_an_epoch_whose_blocks_leave_nothing_does_not_end_a_training_that_can_learn() -> None:
    """Of 3 items in 2 blocks one is alone: in an epoch where it is x, x has no negative."""
    train = Interactions([0, 1, 1], [0], ["a", "b"], ["x", "y", "z"])
    with use_backend("optimized"):
        for seed in range(20):
            model = small(n_blocks=2, epochs=5, seed=seed).fit(train)
            assert model.epochs_done == 5
