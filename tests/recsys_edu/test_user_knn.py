"""UserKNN: scores worked out by hand, and the same answers on every backend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys_backends import use_backend
from recsys_edu import Interactions, ItemKNN, UserKNN
from recsys_edu.errors import InvalidParameterError, NotFittedError
from tests.recsys_edu.small_bpr import BACKENDS, random_interactions

TRAIN = Interactions.from_events(
    ["ann", "ann", "bob", "bob", "cid", "cid", "cid", "dan"],
    ["a", "b", "a", "c", "b", "c", "d", "e"],
    user_ids=["ann", "bob", "cid", "dan", "new"],
    item_ids=["a", "b", "c", "d", "e"],
)
ANN_BOB, ANN_CID = 1 / 2, 1 / np.sqrt(6)  # bob and cid share c: the same as ann and cid


@pytest.mark.parametrize("name", BACKENDS)
def test_scores_are_sums_of_similarities_to_those_who_have_the_item(name: str) -> None:
    with use_backend(name):
        model = UserKNN(10, cold_users="scores").fit(TRAIN)
        found = model.recommend(["ann", "cid", "dan", "new"], 5)
    assert [items.tolist() for items in found.items] == [["c", "d"], ["a"], [], []]
    np.testing.assert_allclose(found.scores[0], [ANN_BOB + ANN_CID, ANN_CID], rtol=1e-6)
    np.testing.assert_allclose(found.scores[1], [2 * ANN_CID], rtol=1e-6)
    pairs = model.score(["ann", "ann", "new"], ["c", "e", "a"])
    np.testing.assert_allclose(pairs, [ANN_BOB + ANN_CID, 0.0, 0.0], rtol=1e-6)


def test_k_and_shrinkage_choose_whom_to_listen_to() -> None:
    found = UserKNN(1, 1.0).fit(TRAIN).recommend(["ann", "cid"], 5)
    assert [items.tolist() for items in found.items] == [["c"], ["a"]]
    np.testing.assert_allclose(found.scores[0], [ANN_BOB / 2], rtol=1e-6)
    np.testing.assert_allclose(found.scores[1], [ANN_CID / 2], rtol=1e-6)


def test_users_are_compared_as_items_are(optimized_backend: None) -> None:
    train = random_interactions(30, 50, 400)
    turned = Interactions.from_csr(train.to_csr().T.tocsr())
    users, items = UserKNN(5, 2.0).fit(train), ItemKNN(5, 2.0).fit(turned)
    for one, other in zip(users.neighbors, items.neighbors, strict=True):
        np.testing.assert_array_equal(one, other)


def test_who_has_everything_gets_nothing() -> None:
    train = Interactions.from_csr(random_interactions(1, 6, 6).to_csr())
    assert UserKNN().fit(train).rank(np.array([0]), 3)[0].tolist() == [[-1, -1, -1]]


@pytest.mark.parametrize("arguments", [{"k": 0}, {"shrinkage": -0.1}, {"n_threads": 1.5}], ids=str)
def test_bad_parameters_are_refused_by_name(arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameterError, match=next(iter(arguments))):
        UserKNN(**arguments)
    with pytest.raises(NotFittedError, match="UserKNN"):
        UserKNN().recommend("ann")
