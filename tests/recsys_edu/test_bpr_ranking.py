"""BPR ranks: what it learns, and the lists and scores that it answers with."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_backends import use_backend
from recsys_edu import BPR, Interactions, MostPopular, evaluate, load_split
from recsys_edu.errors import (
    DataError,
    InvalidParameterError,
    NotFittedError,
    UnknownItemError,
    UnknownUserError,
)
from tests.recsys_edu.small_bpr import BACKENDS, random_interactions, small, two_tastes

# What it learns


@pytest.mark.parametrize("name", BACKENDS)
def test_it_learns_planted_taste(name: str) -> None:
    train = two_tastes()
    with use_backend(name):
        model = small(epochs=60, n_factors=4, learning_rate=0.1).fit(train)
        lists = model.recommend(np.arange(80), 10).items
    own_half = [np.mean(listed // 40 == user % 2) for user, listed in enumerate(lists)]
    assert np.mean(own_half) > 0.95
    assert model.history[-1].loss < 0.5 * model.history[0].loss
    assert model.history[-1].accuracy > 0.9


@pytest.mark.skipif(not os.environ.get("RECSYS_EDU_DATA"), reason="RECSYS_EDU_DATA is not set")
def test_it_ranks_movielens() -> None:
    bpr, popular = [], []
    with use_backend("optimized"):
        for seed in (0, 1, 2):
            split = load_split("ml-100k", seed=seed)
            model = BPR(64, 120, 0.02, 0.02, seed=seed, n_threads=1, progress=False).fit(
                split.train
            )
            bpr.append(evaluate(model, split, metrics=["ndcg@10"])["ndcg@10"])
            bar = MostPopular().fit(split.train)
            popular.append(evaluate(bar, split, metrics=["ndcg@10"])["ndcg@10"])
    assert np.mean(bpr) >= 0.39
    assert min(bpr) > 1.5 * max(popular)
    assert 0.15 < np.mean(popular) < 0.3  # otherwise the split is not what it should be


# Lists and scores


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("use_biases", [True, False])
def test_scores_agree_with_rank(name: str, use_biases: bool) -> None:
    train = random_interactions(40, 30, 300)
    with use_backend(name):
        model = small(use_biases=use_biases).fit(train)
        found = model.recommend(np.arange(40), 30)
    assert (model.item_biases is None) == (not use_biases)
    for user, (items, scores) in enumerate(zip(*found, strict=True)):
        np.testing.assert_allclose(model.score([user] * len(items), items), scores, atol=1e-6)
        expected = model.user_factors[user] @ model.item_factors[items].T
        if model.item_biases is not None:
            expected = expected + model.item_biases[items]
        np.testing.assert_allclose(scores, expected, atol=1e-6)
        assert np.all(np.diff(scores) <= 0)


@pytest.mark.parametrize("name", BACKENDS)
@settings(max_examples=15)
@given(data=st.data())
def test_lists_hold_every_unseen_item_and_no_seen_one(name: str, data: st.DataObject) -> None:
    n_users = data.draw(st.integers(1, 12))
    n_items = data.draw(st.integers(2, 12))
    nnz = data.draw(st.integers(1, n_users * n_items - 1))
    train = random_interactions(n_users, n_items, nnz, seed=data.draw(st.integers(0, 9)))
    model = small(epochs=1, n_factors=data.draw(st.integers(1, 5)))
    with use_backend(name):
        try:
            model.fit(train)
        except DataError:  # no one who has interacted has an item left
            counts = np.diff(train.indptr)
            assert set(counts.tolist()) <= {0, n_items}
            return
        k = data.draw(st.integers(1, 2 * n_items))
        found = model.recommend(np.arange(n_users), k)
    for row, (items, scores) in enumerate(zip(*found, strict=True)):
        seen = set(train.items_of(row).tolist())
        assert len(items) == len(scores) == len(set(items.tolist())) == min(k, n_items - len(seen))
        assert not seen & set(items.tolist())


def test_k_beyond_the_catalogue_is_padded_by_rank_and_cut_by_recommend() -> None:
    train = random_interactions(10, 6, 20)
    model = small().fit(train)
    items, scores = model.rank(np.arange(10), 9)
    assert items.shape == scores.shape == (10, 9)
    assert items.dtype == np.int32
    assert scores.dtype == np.float32
    np.testing.assert_array_equal(items < 0, np.isneginf(scores))
    np.testing.assert_array_equal((items >= 0).sum(1), 6 - np.diff(train.indptr))
    assert [len(listed) for listed in model.recommend(np.arange(10), 10**9).items] == (
        (6 - np.diff(train.indptr)).tolist()
    )


def test_users_may_be_asked_for_in_any_order_and_twice() -> None:
    train = random_interactions(10, 12, 40)
    model = small().fit(train)
    each = [model.recommend(user, 4) for user in range(10)]
    together = model.recommend([7, 2, 2, 9], 4)
    for position, user in enumerate((7, 2, 2, 9)):
        np.testing.assert_array_equal(together.items[position], each[user].items[0])
        np.testing.assert_allclose(together.scores[position], each[user].scores[0], atol=1e-6)
    assert model.recommend([], 4) == ([], [])
    assert model.score([], []).shape == (0,)


def test_ids_are_the_users_own() -> None:
    train = Interactions.from_events(
        ["eve", "bob", "bob", "ann"], [70, 30, 10, 10], item_ids=[70, 10, 30, 99]
    )
    model = small().fit(train)
    (items,), _ = model.recommend("bob", 4)
    assert set(items.tolist()) == {70, 99}
    assert model.score(["eve"], [99]).dtype == np.float32
    with pytest.raises(UnknownUserError, match="'zoe'"):
        model.recommend(["ann", "zoe"])
    with pytest.raises(UnknownUserError, match="strings, and these are integers"):
        model.recommend([0])
    with pytest.raises(UnknownUserError, match="'zoe'"):
        model.score(["zoe"], [70])
    with pytest.raises(UnknownItemError, match="11"):
        model.score(["eve"], [11])
    with pytest.raises(InvalidParameterError, match="2 and 1"):
        model.score(["eve", "bob"], [10])


@pytest.mark.parametrize("k", [0, -1, 2.0, True, None, "3"])
def test_a_list_length_must_be_a_whole_number_from_1(k: Any) -> None:
    model = small().fit(random_interactions(10, 6, 20))
    with pytest.raises(InvalidParameterError, match="k must be"):
        model.recommend([0], k)


def test_nothing_is_answered_before_fit() -> None:
    model = small()
    for question in (
        lambda: model.recommend([0]),
        lambda: model.score([0], [0]),
        lambda: model.rank(np.arange(1), 1),
        lambda: model.train,
        lambda: model.fit(random_interactions(5, 5, 9), warm_start=True),
    ):
        with pytest.raises(NotFittedError, match="BPR"):
            question()
