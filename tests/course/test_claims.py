"""Sentences of lessons 02 to 05 that hold a number or an order.

They are computed on three seeds of two datasets. What a lesson says of its own data alone is tested
on that data alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from recsys_backends import ops, use_backend
from recsys_backends.plan import EpochPlan
from recsys_edu import ALS, BPR, ItemKNN, MostPopular, Split, evaluate, load_split
from recsys_edu.datasets.synthetic import make_synthetic
from recsys_edu.splits import random_split
from tests.course.claims import BOTH, SEEDS, SYNTHETIC, split_of

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True, scope="module")
def compiled():
    with use_backend("optimized"):
        yield


def ndcg(model, split: Split) -> float:
    return evaluate(model, split, metrics="ndcg@10")["ndcg@10"]


def voted(split: Split, n: int) -> dict[str, NDArray[np.float64]]:
    """Scores of lesson 02's recommenders, with n neighbours."""
    has = (split.train.to_csr().toarray() != 0).astype(np.float64)
    common, activity = has @ has.T, has.sum(axis=1)
    either = activity[:, None] + activity[None, :] - common
    generator = np.random.default_rng(0)
    scores = {"popularity": np.tile(has.sum(axis=0), (len(has), 1))}
    for name, similarity in (("most in common", common), ("most alike", common / either)):
        np.fill_diagonal(similarity, -1)
        nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :n]
        votes = np.stack([has[users].sum(axis=0) for users in nearest])
        scores[name] = votes + generator.random(has.shape)
    return scores


def recall_among(scores: NDArray[np.float64], split: Split, n_negatives: int) -> float:
    """Lesson 02's recall@10 of each relevant item among some negatives."""
    shares = []
    for user, row in enumerate(scores):
        relevant = split.test.items_of(user)
        if len(relevant) == 0:
            continue
        is_negative = np.ones(len(row), dtype=bool)
        is_negative[split.train.items_of(user)] = False
        is_negative[relevant] = False
        negatives = np.flatnonzero(is_negative)
        drawn = np.random.default_rng(user).choice(
            negatives, min(n_negatives, len(negatives)), replace=False
        )
        ahead = (row[drawn][None, :] >= row[relevant][:, None]).sum(axis=1)
        shares.append(np.mean(ahead < 10))
    return float(np.mean(shares))


def listed_ndcg(scores: NDArray[np.float64], split: Split) -> float:
    """NDCG@10 of a table of scores."""
    discounts = 1 / np.log2(np.arange(2, 12))
    values = []
    for user, row in enumerate(scores):
        relevant = split.test.items_of(user)
        if len(relevant) == 0:
            continue
        masked = row.copy()
        masked[split.train.items_of(user)] = -np.inf
        hits = np.isin(np.argsort(-masked, kind="stable")[:10], relevant)
        values.append((hits @ discounts) / discounts[: min(10, len(relevant))].sum())
    return float(np.mean(values))


@pytest.mark.parametrize(("name", "seed"), BOTH)
def test_02_seven_neighbours_lose_to_popularity_or_beat_it(name, seed) -> None:
    split = split_of(name, seed)
    scores = voted(split, 7)
    popularity = listed_ndcg(scores["popularity"], split)
    assert listed_ndcg(scores["most in common"], split) < popularity
    assert listed_ndcg(scores["most alike"], split) > 1.3 * popularity
    assert listed_ndcg(voted(split, 20)["most in common"], split) > popularity


@pytest.mark.parametrize(("name", "seed"), BOTH)
def test_02_popularity_is_more_than_ten_times_as_good_as_random(name, seed) -> None:
    split = split_of(name, seed)
    scores = voted(split, 7)
    scores["random"] = np.random.default_rng(seed).random(split.train.shape)
    assert listed_ndcg(scores["popularity"], split) > 10 * listed_ndcg(scores["random"], split)


@pytest.mark.parametrize(("name", "seed"), BOTH)
def test_02_the_most_alike_have_the_best_recall_and_the_worst_of_20(name, seed) -> None:
    split = split_of(name, seed)
    scores = voted(split, 7)
    among_all = {key: recall_among(table, split, 10**9) for key, table in scores.items()}
    among_20 = {key: recall_among(table, split, 20) for key, table in scores.items()}
    assert among_all["most alike"] > 1.5 * among_all["popularity"]
    assert min(among_20, key=among_20.__getitem__) == "most alike"


@pytest.mark.parametrize("seed", SEEDS)
def test_02_a_sample_changes_places_on_the_lessons_data(seed) -> None:
    split = load_split(SYNTHETIC, seed=seed)
    scores = voted(split, 7)
    for n_negatives, wins in ((50, True), (100, True), (10**9, False)):
        common = recall_among(scores["most in common"], split, n_negatives)
        assert (common > recall_among(scores["popularity"], split, n_negatives)) == wins


@pytest.mark.parametrize("seed", SEEDS)
def test_03_few_and_many_neighbours(seed) -> None:
    data = make_synthetic(300, 400, 15_000, seed=5 + seed)
    split = random_split(data, valid_fraction=0.2, seed=seed)

    def quality(k: int, shrinkage: float) -> float:
        model = ItemKNN(k=k, shrinkage=shrinkage).fit(split.train)
        return evaluate(model, split.valid, metrics="ndcg@10")["ndcg@10"]

    plain = {k: quality(k, 0.0) for k in (1, 100, 399)}
    assert plain[1] < plain[100] > plain[399]
    assert quality(1, 20.0) > plain[1]
    assert quality(399, 20.0) < plain[399]


@pytest.mark.parametrize(("name", "seed"), BOTH)
def test_03_and_04_neighbours_and_als_beat_popularity(name, seed) -> None:
    split = split_of(name, seed)
    popularity = ndcg(MostPopular().fit(split.train), split)
    neighbours = ndcg(ItemKNN().fit(split.train), split)
    als = ndcg(ALS(16, 6, 60.0, 10.0, progress=False).fit(split.train), split)
    assert min(neighbours, als) > 1.4 * popularity
    assert (als > neighbours) == (name == SYNTHETIC)


@pytest.mark.parametrize(("name", "seed"), BOTH)
def test_04_a_regulariser_in_the_middle_ranks_best(name, seed) -> None:
    tuning = random_split(split_of(name, seed).train, seed=1)
    regs = (1, 10, 30, 60, 100, 300)
    found = [ndcg(ALS(16, 6, reg, 10.0, progress=False).fit(tuning.train), tuning) for reg in regs]
    assert 0 < int(np.argmax(found)) < len(regs) - 1


@pytest.mark.parametrize(("name", "seed"), BOTH)
def test_04_the_error_does_not_tell_how_a_model_ranks(name, seed) -> None:
    split = split_of(name, seed)
    unseen = np.ones(split.train.shape, dtype=bool)
    unseen[split.train.rows(), split.train.indices] = False
    truth = np.zeros(split.train.shape)
    truth[split.test.rows(), split.test.indices] = 1.0

    def error(model: ALS) -> float:
        scores = model.user_factors @ model.item_factors.T
        return float(((truth - scores)[unseen] ** 2).mean())

    plain = ALS(16, 6, 10.0, 0.0, progress=False).fit(split.train)
    weighted = ALS(16, 6, 60.0, 10.0, progress=False).fit(split.train)
    nothing = float((truth[unseen] ** 2).mean())
    assert nothing < 1.2 * error(plain)
    assert error(weighted) > 3 * nothing
    assert (ndcg(weighted, split) > ndcg(plain, split)) == (name == SYNTHETIC)


def curve(
    split: Split, seed: int, arrange: Callable[[EpochPlan], EpochPlan], n_epochs: int = 8
) -> list[float]:
    """Lesson 05's learning curve."""
    train, generator = split.train, np.random.default_rng(0)
    model = BPR(16, epochs=1, n_blocks=1, progress=False).fit(train)
    model.user_factors = generator.normal(0, 0.1, (train.n_users, 16)).astype(np.float32)
    model.item_factors = generator.normal(0, 0.1, (train.n_items, 16)).astype(np.float32)
    model.item_biases = np.zeros(train.n_items, dtype=np.float32)
    rates = {"learning_rate": 0.2, "reg_user": 0.01, "reg_positive": 0.01, "reg_negative": 0.01}
    found = []
    for epoch in range(n_epochs):
        plan = ops.plan_epoch(
            train.indptr, train.indices, train.n_items, seed=seed, epoch=epoch, n_blocks=1
        )
        ops.bpr_update(
            model.user_factors, model.item_factors, model.item_biases, arrange(plan), **rates
        )
        found.append(ndcg(model, split))
    return found


def sorted_by(column: str) -> Callable[[EpochPlan], EpochPlan]:
    def arrange(plan: EpochPlan) -> EpochPlan:
        order = np.argsort(getattr(plan, column), kind="stable")
        return EpochPlan(
            plan.users[order], plan.positives[order], plan.negatives[order], plan.bounds
        )

    return arrange


@pytest.mark.parametrize(("name", "seed"), BOTH)
def test_05_item_by_item_is_worse_and_user_by_user_is_not(name, seed) -> None:
    if name == SYNTHETIC:  # the lesson's small catalogue
        split = random_split(make_synthetic(300, 400, 15_000, seed=5 + seed), seed=seed)
    else:
        split = split_of(name, seed)
    last = {
        column: curve(split, seed, sorted_by(column) if column else lambda plan: plan)[-1]
        for column in ("", "users", "positives")
    }
    assert last["positives"] < 0.95 * last[""]
    assert abs(last["users"] - last[""]) < 0.1 * last[""]


@pytest.mark.parametrize(("name", "seed"), BOTH)
def test_05_bpr_beats_popularity_and_gains_from_epochs(name, seed) -> None:
    split = split_of(name, seed)
    settings = {"learning_rate": 0.05, "reg": 0.01, "n_blocks": 1, "progress": False, "seed": seed}
    few = ndcg(BPR(16, epochs=8, **settings).fit(split.train), split)
    many = ndcg(BPR(16, epochs=30, **settings).fit(split.train), split)
    assert ndcg(MostPopular().fit(split.train), split) < few < many
