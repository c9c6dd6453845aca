"""BPR: the same numbers on every engine, thread count and instruction set; it ranks; it refuses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_backends import (
    UnsupportedOperationError,
    get_backend,
    ops,
    optimized,
    register_backend,
    set_backend,
    unregister_backend,
    use_backend,
)
from recsys_backends.optimized import simd
from recsys_edu import BPR, Callback, Interactions, MostPopular, evaluate, load_split
from recsys_edu.errors import (
    DataError,
    DivergedError,
    InvalidParameterError,
    NotFittedError,
    RecsysError,
    UnknownItemError,
    UnknownUserError,
)

BACKENDS = ("naive", "optimized", "torch")


@pytest.fixture(autouse=True)
def _same_backend_afterwards() -> Iterator[None]:
    before = get_backend().name
    yield
    set_backend(before)


def random_interactions(n_users: int, n_items: int, nnz: int, seed: int = 0) -> Interactions:
    cells = np.random.default_rng(seed).choice(n_users * n_items, size=nnz, replace=False)
    return Interactions.from_events(
        cells // n_items,
        cells % n_items,
        user_ids=np.arange(n_users),
        item_ids=np.arange(n_items),
    )


def two_tastes(n_each: int = 40) -> Interactions:
    """Even users have items of the first half, odd ones of the second, 8 each."""
    rng = np.random.default_rng(5)
    users, items = [], []
    for user in range(2 * n_each):
        chosen = rng.choice(n_each, size=8, replace=False) + (user % 2) * n_each
        users += [user] * 8
        items += chosen.tolist()
    return Interactions.from_events(users, items, item_ids=np.arange(2 * n_each))


def small(**arguments: Any) -> BPR:
    defaults: dict[str, Any] = {"n_factors": 8, "epochs": 3, "progress": False, "n_threads": 1}
    return BPR(**{**defaults, **arguments})


def fitted_bytes(model: BPR) -> tuple[bytes, ...]:
    biases = b"" if model.item_biases is None else model.item_biases.tobytes()
    return model.user_factors.tobytes(), model.item_factors.tobytes(), biases


def largest_difference(one: BPR, other: BPR) -> float:
    assert one.item_biases is not None
    assert other.item_biases is not None
    return max(
        float(np.abs(one.user_factors - other.user_factors).max()),
        float(np.abs(one.item_factors - other.item_factors).max()),
        float(np.abs(one.item_biases - other.item_biases).max()),
    )


class Spy:
    """The optimized backend, counting what is asked of it."""

    order = "sequential"

    def __init__(self) -> None:
        self.calls: list[str] = []

    def plan_epoch(self, *args: Any, **named: Any) -> Any:
        self.calls.append("plan_epoch")
        return optimized.plan_epoch(*args, **named)

    def bpr_update(self, *args: Any, **named: Any) -> Any:
        self.calls.append("bpr_update")
        return optimized.bpr_update(*args, **named)

    def top_k(self, *args: Any, **named: Any) -> Any:
        self.calls.append("top_k")
        return optimized.top_k(*args, **named)


@pytest.fixture
def spies() -> Iterator[tuple[Spy, Spy]]:
    """Two backends that can be chosen as "spy-a" and "spy-b"."""
    before = get_backend().name
    pair = Spy(), Spy()
    for name, spy in zip(("spy-a", "spy-b"), pair, strict=True):
        register_backend(name, spy)
    yield pair
    set_backend(before)
    for name in ("spy-a", "spy-b"):
        unregister_backend(name)


# The same numbers


@pytest.mark.parametrize("n_blocks", [1, 8])
def test_naive_and_optimized_draw_the_same_triples(n_blocks: int) -> None:
    train = random_interactions(120, 150, 3000)
    for epoch in (0, 1, 7):
        plans = []
        for name in ("naive", "optimized"):
            with use_backend(name):
                plans.append(
                    ops.plan_epoch(
                        train.indptr,
                        train.indices,
                        train.n_items,
                        seed=3,
                        epoch=epoch,
                        n_blocks=n_blocks,
                    )
                )
        naive, fast = plans
        assert naive.n_triples == train.nnz
        for column in ("users", "positives", "negatives", "bounds"):
            np.testing.assert_array_equal(getattr(naive, column), getattr(fast, column))


@pytest.mark.parametrize(("epochs", "tolerance"), [(1, 1e-6), (20, 1e-5)])
@pytest.mark.parametrize("n_blocks", [1, 8])
def test_naive_and_optimized_agree_in_the_factors(
    n_blocks: int, epochs: int, tolerance: float
) -> None:
    train = random_interactions(120, 150, 3000)
    models = []
    for name in ("naive", "optimized"):
        model = small(
            n_factors=16, epochs=epochs, n_blocks=n_blocks, seed=3, reg=(0.01, 0.02, 0.03)
        )
        with use_backend(name):
            models.append(model.fit(train))
    start = small(n_factors=16, epochs=1, n_blocks=n_blocks, seed=4)
    with use_backend("optimized"):
        start.fit(train)
    naive, fast = models
    assert largest_difference(naive, fast) <= tolerance
    assert largest_difference(start, fast) > 100 * tolerance  # the comparison can tell models apart
    for one, other in zip(naive.history, fast.history, strict=True):
        assert one.loss == pytest.approx(other.loss, rel=1e-5)
        assert abs(one.accuracy - other.accuracy) <= 2 / train.nnz  # x > 0, or just not
        assert one.n_triples == other.n_triples == train.nnz


@pytest.mark.parametrize("n_blocks", [None, 1, 8])
def test_any_number_of_threads_gives_the_same_bytes(n_blocks: int | None) -> None:
    train = random_interactions(400, 500, 20_000)
    found = set()
    with use_backend("optimized"):
        for _ in range(3):
            for n_threads in (1, 2, 3):
                model = small(n_factors=19, epochs=5, n_threads=n_threads, n_blocks=n_blocks)
                found.add(fitted_bytes(model.fit(train)))
    assert len(found) == 1


@pytest.mark.parametrize("n_factors", [1, 7, 16, 33, 64])
def test_every_instruction_set_gives_the_same_bytes(n_factors: int) -> None:
    train = random_interactions(100, 120, 3000)
    found, lists = set(), set()
    for level in simd.available_levels():
        with use_backend("optimized"), simd.use_level(level):
            model = small(n_factors=n_factors, epochs=5, n_threads=2, n_blocks=4).fit(train)
            found.add(fitted_bytes(model))
            lists.add(model.rank(np.arange(100), 10)[0].tobytes())
    assert len(found) == len(lists) == 1


@pytest.mark.parametrize("name", BACKENDS)
def test_a_seed_decides_everything(name: str) -> None:
    train = random_interactions(40, 30, 300)
    with use_backend(name):
        first, again, other = (small(seed=seed).fit(train) for seed in (1, 1, 2))
    assert fitted_bytes(first) == fitted_bytes(again)
    assert fitted_bytes(first) != fitted_bytes(other)
    assert first.history[0].loss == again.history[0].loss


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("n_blocks", [None, 4])
def test_a_warm_start_equals_one_long_fit(name: str, n_blocks: int | None) -> None:
    train = random_interactions(60, 70, 600)
    with use_backend(name):
        long = small(epochs=10, n_blocks=n_blocks).fit(train)
        short = small(epochs=5, n_blocks=n_blocks).fit(train)
        assert fitted_bytes(short) != fitted_bytes(long)
        short.fit(train, warm_start=True)
    assert fitted_bytes(short) == fitted_bytes(long)
    assert short.epochs_done == long.epochs_done == 10
    assert [report.epoch for report in short.history] == list(range(1, 11))
    assert [report.loss for report in short.history] == [report.loss for report in long.history]


def test_a_fit_without_warm_start_begins_anew() -> None:
    train = random_interactions(60, 70, 600)
    with use_backend("optimized"):
        once = small().fit(train)
        before = fitted_bytes(once)
        twice = once.fit(train, warm_start=True).fit(train)
    assert fitted_bytes(twice) == before
    assert twice.epochs_done == len(twice.history) == 3


# Dispatch


def test_set_backend_between_two_fits_changes_the_engine(spies: tuple[Spy, Spy]) -> None:
    train = random_interactions(30, 20, 100)
    model = small(epochs=2)
    set_backend("spy-a")
    model.fit(train)
    assert spies[0].calls == ["plan_epoch", "bpr_update"] * 2
    assert spies[1].calls == []
    set_backend("spy-b")
    model.recommend([3])
    model.fit(train)
    assert len(spies[0].calls) == 4
    assert spies[1].calls == ["top_k", *["plan_epoch", "bpr_update"] * 2]


def test_set_backend_between_two_epochs_changes_the_engine(spies: tuple[Spy, Spy]) -> None:
    class Switch(Callback):
        def on_epoch(self, model: Any, report: Any) -> bool:
            set_backend("spy-b")
            return False

    set_backend("spy-a")
    small(epochs=3).fit(random_interactions(30, 20, 100), callbacks=[Switch()])
    assert spies[0].calls == ["plan_epoch", "bpr_update"]
    assert spies[1].calls == ["plan_epoch", "bpr_update"] * 2


def test_a_backend_that_cannot_train_leaves_no_fitted_model() -> None:
    class PlansOnly:
        order = "sequential"
        plan_epoch = staticmethod(optimized.plan_epoch)
        top_k = staticmethod(optimized.top_k)

    model = small()
    with use_backend(PlansOnly()):
        with pytest.raises(UnsupportedOperationError, match="bpr_update"):
            model.fit(random_interactions(30, 20, 100))
        with pytest.raises(NotFittedError):
            model.recommend([3])  # would be lists from random vectors


# It ranks


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


# Ranking and scoring


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


# Shapes at the edge


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
    start = small(epochs=1)
    start._initialize(train)
    np.testing.assert_array_equal(first.user_factors[0], start.user_factors[0])  # never updated


@pytest.mark.parametrize("name", BACKENDS)
def test_users_without_interactions_rank_by_bias(name: str) -> None:
    train = Interactions.from_events([1, 1, 3], [0, 1, 1], user_ids=range(5), item_ids=range(4))
    with use_backend(name):
        model = small(epochs=40).fit(train)
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


# Hyperparameters


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("n_factors", v) for v in (0, -3, 10**9, 2.5, "8", None, True, float("nan"))],
        *[("epochs", v) for v in (0, -1, 2**40, 1.0, None)],
        *[("learning_rate", v) for v in (0, 0.0, -0.1, float("nan"), float("inf"), 1e7, "0.1")],
        *[("reg", v) for v in (-0.1, float("nan"), float("inf"), 1e39, "x", (1, 2), (1, 2, 3, 4))],
        *[("reg", v) for v in ((0.1, -0.1, 0.1), (0.1, 0.1, float("inf")), None, ())],
        *[("seed", v) for v in (-1, 2**64, 0.5, None)],
        *[("n_threads", v) for v in (-1, 10**6, 1.5, None)],
        *[("n_blocks", v) for v in (0, -1, 10**6, 2.0, "4")],
        *[("init_scale", v) for v in (0, -1.0, float("nan"), float("inf"), 1e9)],
    ],
)
def test_a_bad_hyperparameter_is_named(name: str, value: Any) -> None:
    with pytest.raises(InvalidParameterError, match=rf"\b{name}\b") as caught:
        BPR(**{name: value})
    assert "\n" not in str(caught.value)


def test_the_limits_themselves_are_allowed() -> None:
    BPR(n_factors=1, epochs=1, learning_rate=1e-9, reg=0, seed=2**64 - 1, n_blocks=1, n_threads=0)
    assert BPR(reg=(0.1, 0.2, 0.3)).reg == (0.1, 0.2, 0.3)
    assert BPR(reg=[0.1, 0.2, 0.3]).reg == (0.1, 0.2, 0.3)  # type: ignore[arg-type]
    assert BPR(reg=2).reg == (2.0, 2.0, 2.0)
    assert BPR(n_factors=np.int32(3)).n_factors == 3  # type: ignore[arg-type]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_three_regularisers_go_where_they_belong(which: int) -> None:
    """With a tiny step, each shrinks its own vectors and leaves the others to the data."""
    train = Interactions.from_events([0], [0], item_ids=[0, 1])  # user 0, positive 0, negative 1
    shrunk = [0.0, 0.0, 0.0]
    for on in (False, True):
        reg = [0.0, 0.0, 0.0]
        reg[which] = 1000.0 if on else 0.0
        with use_backend("optimized"):
            model = small(epochs=1, learning_rate=1e-4, reg=tuple(reg)).fit(train)
        norms = [
            float(np.linalg.norm(vector))
            for vector in (model.user_factors[0], model.item_factors[0], model.item_factors[1])
        ]
        shrunk = [norm - before for norm, before in zip(norms, shrunk, strict=True)]
    assert shrunk[which] < -1e-3
    assert [shrunk[other] for other in range(3) if other != which] == [0.0, 0.0]


def test_more_blocks_than_rows_are_refused_and_the_last_fit_stays() -> None:
    train = random_interactions(10, 20, 40)
    model = small(n_blocks=4).fit(train)
    before = fitted_bytes(model)
    with pytest.raises(InvalidParameterError, match="n_blocks must be at most 3"):
        model.fit(random_interactions(10, 3, 20))
    assert fitted_bytes(model) == before
    assert len(model.recommend([3], 3).items) == 1


def test_a_warm_start_on_other_ids_is_refused_and_the_last_fit_stays() -> None:
    train = random_interactions(10, 6, 20)
    model = small().fit(train)
    before = fitted_bytes(model)
    others = [
        random_interactions(10, 7, 20),
        random_interactions(11, 6, 20),
        Interactions(train.indptr, train.indices, train.user_ids + 1, train.item_ids),
        Interactions(train.indptr, train.indices, train.user_ids, train.item_ids[::-1]),
    ]
    for other in others:
        with pytest.raises(InvalidParameterError, match="warm start"):
            model.fit(other, warm_start=True)
    assert fitted_bytes(model) == before
    assert model.train is train


# Divergence


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("learning_rate", [3.0, 50.0, 1e6])
def test_divergence_names_its_epoch_and_leaves_no_fitted_model(
    name: str, learning_rate: float
) -> None:
    class Log(Callback):
        finished = 0

        def on_epoch(self, model: BPR, report: Any) -> bool:
            self.finished = report.epoch
            assert np.isfinite(model.user_factors).all()
            assert np.isfinite(model.item_factors).all()
            return False

    train = random_interactions(50, 40, 400)
    log = Log()
    model = small(epochs=100, learning_rate=learning_rate)
    with use_backend(name):
        with pytest.raises(DivergedError) as caught:
            model.fit(train, callbacks=[log])
        assert f"epoch {log.finished + 1}:" in str(caught.value)
        assert "learning_rate" in str(caught.value)
        with pytest.raises(NotFittedError):
            model.recommend([1])
        with pytest.raises(NotFittedError):
            model.fit(train, warm_start=True)
        model.learning_rate = 0.05
        model.epochs = 1
        assert len(model.fit(train).recommend([1], 3).items[0]) == 3


def test_divergence_after_a_good_fit_leaves_no_fitted_model() -> None:
    train = random_interactions(50, 40, 400)
    with use_backend("optimized"):
        model = small().fit(train)
        model.learning_rate = 1e6
        with pytest.raises(DivergedError, match="epoch 4"):
            model.fit(train, warm_start=True)
        with pytest.raises(NotFittedError):
            model.score([1], [1])


def test_naive_and_optimized_diverge_in_the_same_epoch() -> None:
    train = random_interactions(50, 40, 400)
    messages = set()
    for name in ("naive", "optimized"):
        with use_backend(name), pytest.raises(DivergedError) as caught:
            small(epochs=100, learning_rate=3.0).fit(train)
        messages.add(str(caught.value))
    assert len(messages) == 1


# Progress


def test_the_progress_bar_is_on_stderr_and_can_be_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    train = random_interactions(10, 6, 20)
    small(progress=True).fit(train)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "BPR" in shown.err
    assert "3" in shown.err
    small(progress=False).fit(train)
    assert capsys.readouterr() == ("", "")
