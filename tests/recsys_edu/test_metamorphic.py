"""Metamorphic tests: the same data written otherwise give every model the same accuracy.

Rows and columns are numbers without meaning. Deterministic models are compared exactly, up to
rounding; models that draw random numbers by means over ten seeds, which may lie two standard errors
apart. Neighbours of equal similarity are kept by number: there, the bound is ``NEIGHBOR_TIES``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from recsys_edu import (
    ALS,
    BPR,
    EASE,
    Interactions,
    ItemKNN,
    MostPopular,
    PureSVD,
    Recommender,
    Split,
    TwoTower,
    UserKNN,
    evaluate,
    random_split,
)
from recsys_edu.datasets import make_synthetic
from recsys_edu.models.catalogue import model_names

pytestmark = pytest.mark.usefixtures("optimized_backend")

METRICS = ("ndcg@10", "recall@10", "precision@10", "hit_rate@10", "mrr@10", "map@10", "map_trec@10")
NEIGHBOR_TIES = 0.01
"""Bound for models of neighbours: as much may the choice among equally similar ones move a metric
on data as small as these."""
ROUNDING = 1e-9
SEEDS = range(10, 20)
"""Fixed, so that chance decides nothing: of a hundred such ranges, five would fail each test."""

DETERMINISTIC: dict[str, Callable[[], Recommender]] = {
    "popularity": MostPopular,
    "item-knn": lambda: ItemKNN(20, 1.0),
    "user-knn": lambda: UserKNN(20),
    "pure-svd": lambda: PureSVD(6),
    "ease": lambda: EASE(20.0),
}
SEEDED: dict[str, Callable[[int], Recommender]] = {
    "als": lambda seed: ALS(6, 4, 10.0, seed=seed, progress=False, n_threads=1),
    "bpr": lambda seed: BPR(6, 15, seed=seed, progress=False, n_threads=1),
    "two-tower": lambda seed: TwoTower(
        6, 5, 0.03, seed=seed, progress=False, n_threads=1, device="cpu"
    ),
}


def test_every_model_is_here() -> None:
    assert sorted([*DETERMINISTIC, *SEEDED]) == sorted(model_names())


@cache
def original() -> Split:
    """A split in which every ninth user has nothing in training."""
    split = random_split(make_synthetic(90, 70, 2400, seed=1, min_per_user=8), seed=1)
    return Split(split.train.keep(split.train.rows() % 9 != 4), split.test)


def written(
    part: Interactions, user_rows: NDArray[np.int64], item_columns: NDArray[np.int64], shape: object
) -> Interactions:
    """The interactions with user u in row ``user_rows[u]`` and item i in ``item_columns[i]``."""
    n_users, n_items = shape  # type: ignore[misc]
    return Interactions.from_events(
        user_rows[part.rows()],
        item_columns[part.indices],
        user_ids=np.arange(n_users),
        item_ids=np.arange(n_items),
    )


def rewritten(change: str) -> Split:
    """The original, with its rows or columns permuted, or with one more of them, without a use."""
    split = original()
    n_users, n_items = split.train.shape
    users, items, shape = np.arange(n_users), np.arange(n_items), (n_users, n_items)
    rng = np.random.default_rng(7)
    if change == "columns":
        items = rng.permutation(n_items)
    elif change == "rows":
        users = rng.permutation(n_users)
    elif change == "an item that nobody has":
        items, shape = items + 1, (n_users, n_items + 1)
    elif change == "a user who has nothing":
        users, shape = users + 1, (n_users + 1, n_items)
    return Split(*(written(part, users, items, shape) for part in split[:2]))


CHANGES = ("columns", "rows", "an item that nobody has", "a user who has nothing")


def measured(model: Recommender, split: Split) -> NDArray[np.float64]:
    found = evaluate(model.fit(split.train), split, metrics=METRICS)
    assert found.cold is not None
    return np.array([found[name] for name in METRICS])


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", DETERMINISTIC)
def test_deterministic_models_are_as_good_as_before(name: str, change: str) -> None:
    choice_by_number = (name, change) in {("item-knn", "columns"), ("user-knn", "rows")}
    bound = NEIGHBOR_TIES if choice_by_number else ROUNDING
    before, after = (measured(DETERMINISTIC[name](), s) for s in (original(), rewritten(change)))
    assert np.abs(before - after).max() <= bound
    assert before.min() > 0.05


@cache
def over_seeds(name: str, change: str | None) -> NDArray[np.float64]:
    """Metrics of ten models, float64 of shape (10, n_metrics)."""
    split = original() if change is None else rewritten(change)
    return np.array([measured(SEEDED[name](seed), split) for seed in SEEDS])


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", SEEDED)
def test_models_that_draw_are_as_good_as_before_on_the_mean(name: str, change: str) -> None:
    before, after = over_seeds(name, None), over_seeds(name, change)
    errors = np.sqrt((before.var(axis=0, ddof=1) + after.var(axis=0, ddof=1)) / 10)
    apart = np.abs(before.mean(axis=0) - after.mean(axis=0))
    assert apart[0] <= 2 * errors[0]  # NDCG
    assert (apart <= 3 * errors).all()  # of seven metrics, one is often beyond two


@pytest.mark.parametrize("name", [*DETERMINISTIC, *SEEDED])
def test_names_make_no_difference(name: str) -> None:
    train = original().train
    renamed = Interactions(
        train.indptr,
        train.indices,
        [f"user {row}" for row in range(train.n_users)],
        [f"item {column:02}" for column in range(train.n_items)],
    )
    rows, lists = np.arange(train.n_users), []
    for part in (train, renamed):
        model = DETERMINISTIC[name]() if name in DETERMINISTIC else SEEDED[name](3)
        lists.append(model.fit(part).rank(rows, 10))
    for before, after in zip(*lists, strict=True):
        np.testing.assert_array_equal(before, after)


def doubled() -> Split:
    """The original, with every user there twice: rows u and u + n_users."""
    split = original()
    n_users, n_items = split.train.shape
    ids = {"user_ids": np.arange(2 * n_users), "item_ids": np.arange(n_items)}
    parts = (
        Interactions.from_events(
            np.concatenate((part.rows(), part.rows() + n_users)), np.tile(part.indices, 2), **ids
        )
        for part in split[:2]
    )
    return Split(*parts)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("popularity", MostPopular),
        ("item-knn", lambda: ItemKNN(20, 0.0)),  # the cosine alone: shrinkage counts users
        ("user-knn", lambda: UserKNN(1000)),  # all of them: with twice as many, k would differ
        ("pure-svd", lambda: PureSVD(6)),
    ],
)
def test_users_who_are_there_twice_change_nothing(
    name: str, make: Callable[[], Recommender]
) -> None:
    before, after = measured(make(), original()), measured(make(), doubled())
    assert np.abs(before - after).max() <= ROUNDING


@pytest.mark.parametrize("name", SEEDED)
def test_users_who_are_there_twice_are_served_alike(name: str) -> None:
    split = doubled()
    differences = []
    for seed in range(3):
        found = evaluate(SEEDED[name](seed).fit(split.train), split, metrics="ndcg@10")
        values = found.results["ndcg@10"].per_user
        assert values is not None
        first, second = np.split(values, 2)
        assert found.rows[len(first)] - found.rows[0] == original().train.n_users
        differences.append(first - second)
    mean = np.mean(differences, axis=0)  # of each user over the seeds
    assert abs(mean.mean()) <= 2 * mean.std(ddof=1) / np.sqrt(len(mean)) + ROUNDING


def test_these_tests_see_a_number_that_is_rewarded() -> None:
    """Lists by item number, judged as shown, move when items are renumbered."""
    blind = [
        evaluate(
            PureSVD(6, cold_users="scores").fit(split.train), split, metrics="recall", ties=ties
        )
        for ties in ("index", "expected")
        for split in (original(), rewritten("columns"))
    ]
    shown, moved, fair, still_fair = (found["recall@10"] for found in blind)
    assert abs(shown - moved) > 5 * ROUNDING
    assert abs(fair - still_fair) <= ROUNDING
