"""ItemKNN: scores worked out by hand, short lists, and the same answers on every backend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys_backends import use_backend
from recsys_edu import Interactions, ItemKNN, UserKNN, evaluate, load_split
from recsys_edu.errors import DataError, InvalidParameterError, NotFittedError
from tests.recsys_edu.small_bpr import BACKENDS, random_interactions

# Of users a has four, b four, c two, d one and e none.
TRAIN = Interactions.from_events(
    ["u1", "u1", "u2", "u2", "u3", "u4", "u4", "all", "all", "all", "all"],
    ["a", "b", "a", "b", "a", "b", "c", "a", "b", "c", "d"],
    user_ids=["u1", "u2", "u3", "u4", "all", "new"],
    item_ids=["a", "b", "c", "d", "e"],
)
AB, AC, BC = 3 / 4, 1 / np.sqrt(8), 2 / np.sqrt(8)
AD, BD, CD = 1 / 2, 1 / 2, 1 / np.sqrt(2)


@pytest.mark.parametrize("name", BACKENDS)
def test_scores_are_sums_of_similarities_to_what_the_user_has(name: str) -> None:
    with use_backend(name):
        model = ItemKNN(10, 0.0, cold_users="scores").fit(TRAIN)
        found = model.recommend(["u1", "u3", "u4", "all", "new"], 5)
    assert [items.tolist() for items in found.items] == [
        ["c", "d"],
        ["b", "d", "c"],
        ["d", "a"],
        [],
        [],
    ]
    expected = [[AC + BC, AD + BD], [AB, AD, AC], [BD + CD, AB + AC], [], []]
    for scores, wanted in zip(found.scores, expected, strict=True):
        np.testing.assert_allclose(scores, wanted, rtol=1e-6)
    pairs = model.score(["u1", "u3", "u1", "new"], ["c", "d", "a", "a"])
    np.testing.assert_allclose(pairs, [AC + BC, AD, AB, 0.0], rtol=1e-6)


def test_the_neighborhood_is_the_candidates() -> None:
    """With k = 1 the neighbour of a is b, of b a, of c b, and of d c."""
    model = ItemKNN(1, 1.0).fit(TRAIN)
    found = model.recommend(["u3", "u4"], 5)
    assert [items.tolist() for items in found.items] == [["b"], ["a", "d"]]
    np.testing.assert_allclose(found.scores[0], [AB * 3 / 4], rtol=1e-6)
    np.testing.assert_allclose(found.scores[1], [AB * 3 / 4, CD / 2], rtol=1e-6)


def test_items_without_a_score_are_not_recommended() -> None:
    model = ItemKNN(10, cold_users="scores").fit(TRAIN)
    items, scores = model.rank(np.array([4, 5, 2]), 7)
    assert (items[:2] == -1).all()
    assert np.isneginf(scores[:2]).all()
    assert (items[2, :3] >= 0).all()
    assert (items[2, 3:] == -1).all()


@pytest.mark.parametrize("kind", [ItemKNN, UserKNN])
@pytest.mark.parametrize("k", [1, 5, 1000])
def test_every_backend_gives_the_same_lists(k: int, kind: type[ItemKNN | UserKNN]) -> None:
    train = random_interactions(40, 60, 500)
    answers = set()
    for name in BACKENDS:
        with use_backend(name):
            model = kind(k, 3.0).fit(train)
        lists = model.rank(np.arange(40), 20)
        answers.add(b"|".join(part.tobytes() for part in (*model.neighbors, *lists)))
    assert len(answers) == 1


def test_lists_agree_with_sorting_all_scores(optimized_backend: None) -> None:
    train = random_interactions(50, 30, 400)
    model = ItemKNN(6, 2.0).fit(train)
    users, items = np.divmod(np.arange(50 * 30), 30)
    scores = model.score(users, items).reshape(50, 30)
    scores[train.rows(), train.indices] = 0.0
    for k in (1, 7, 30, 33):
        ranked, best = model.rank(np.arange(50), k)
        for user in range(50):
            expected = [i for i in np.argsort(-scores[user], kind="stable") if scores[user, i] > 0]
            length = min(k, len(expected))
            assert ranked[user].tolist() == expected[:length] + [-1] * (k - length)
            np.testing.assert_array_equal(best[user, :length], scores[user, expected[:length]])


def test_scores_do_not_depend_on_the_company(optimized_backend: None) -> None:
    """Many blocks give what one gives; users may repeat and come in any order."""
    model = ItemKNN(5).fit(random_interactions(30, 40, 300))
    users, items = np.array([7, 3, 7, 29, 0, 3]), np.array([1, 1, 39, 0, 5, 1])
    together = model.score(users, items)
    alone = [model.score([u], [i])[0] for u, i in zip(users, items, strict=True)]
    assert together.tolist() == alone
    assert together[1] == together[5]
    assert model.score([], []).shape == (0,)


@pytest.mark.parametrize("step", [1, 100])
def test_blocks_make_no_difference(
    step: int, monkeypatch: pytest.MonkeyPatch, optimized_backend: None
) -> None:
    model = ItemKNN(5).fit(random_interactions(30, 40, 300))
    users, items = np.divmod(np.random.default_rng(0).permutation(30 * 40), 40)
    before = model.rank(np.arange(30), 10)[0], model.score(users, items)
    monkeypatch.setattr("recsys_edu.models.block_model._SCORES_PER_BLOCK", step)
    after = model.rank(np.arange(30), 10)[0], model.score(users, items)
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


def test_items_without_a_score_above_0_are_not_listed(optimized_backend: None) -> None:
    """User 0 has item 0, which only shares users with item 1."""
    model = ItemKNN(5, 0.0).fit(Interactions.from_events([0, 1, 1, 2], [0, 0, 1, 2]))
    assert model.recommend(0).items[0].tolist() == [1]


def test_strengths_do_not_count() -> None:
    rng = np.random.default_rng(0)
    plain = random_interactions(20, 20, 120)
    rated = Interactions(
        plain.indptr, plain.indices, plain.user_ids, plain.item_ids, values=rng.random(120) - 0.5
    )
    lists = [ItemKNN(4).fit(train).rank(np.arange(20), 5) for train in (plain, rated)]
    for one, other in zip(*lists, strict=True):
        np.testing.assert_array_equal(one, other)


def test_one_user_and_one_item() -> None:
    found = ItemKNN().fit(Interactions.from_events([1], [1])).recommend(1)
    assert [len(part[0]) for part in found] == [0, 0]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"k": 0}, "k"),
        ({"k": 2.5}, "k"),
        ({"shrinkage": -1.0}, "shrinkage"),
        ({"shrinkage": float("nan")}, "shrinkage"),
        ({"shrinkage": 1e39}, "shrinkage"),
        ({"n_threads": -1}, "n_threads"),
    ],
    ids=str,
)
def test_bad_parameters_are_refused_by_name(arguments: dict[str, Any], name: str) -> None:
    with pytest.raises(InvalidParameterError, match=name):
        ItemKNN(**arguments)


def test_what_cannot_be_answered_is_refused() -> None:
    with pytest.raises(NotFittedError, match="ItemKNN"):
        ItemKNN().recommend("u1")
    with pytest.raises(DataError, match="nothing to learn from"):
        ItemKNN().fit(Interactions([0, 0], [], ["a"], ["x"]))


def test_it_ranks_synthetic_taste_better_than_chance(optimized_backend: None) -> None:
    split = load_split("synthetic-100k")
    found = evaluate(ItemKNN().fit(split.train), split, metrics=["ndcg@10"])["ndcg@10"]
    shuffled = evaluate(ItemKNN(1, 1000.0).fit(split.train), split, metrics=["ndcg@10"])["ndcg@10"]
    assert found > 1.2 * shuffled
