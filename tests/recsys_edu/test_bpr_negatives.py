"""BPR with negatives drawn by popularity or by what ranks high."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from recsys_backends import UnsupportedOperationError, optimized, use_backend
from recsys_backends.plan import SAMPLERS, AdaptiveSampler, Sampler, WeightedSampler
from recsys_edu import BPR, Interactions, MostPopular, evaluate, load_split
from recsys_edu.errors import DataError
from tests.recsys_edu.small_bpr import BACKENDS, fitted_bytes, random_interactions, small

KINDS = ("popularity", "adaptive")


class Recorder:
    """The optimized backend, remembering the samplers that it is given."""

    order = "sequential"
    samplers = SAMPLERS
    bpr_update = staticmethod(optimized.bpr_update)
    top_k = staticmethod(optimized.top_k)

    def __init__(self) -> None:
        self.given: list[Sampler] = []

    def plan_epoch(self, *args: Any, **named: Any) -> Any:
        self.given.append(named["sampler"])
        return optimized.plan_epoch(*args, **named)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with use_backend(backend := Recorder()):
        yield backend


def test_popularity_is_counted_once_a_fit(recorder: Recorder) -> None:
    train = random_interactions(30, 20, 150)
    small(negatives="popularity", popularity_power=1.0).fit(train)
    first, *others = recorder.given
    assert isinstance(first, WeightedSampler)
    assert all(other is first for other in others)
    shares = first.weights / first.weights.sum()
    np.testing.assert_allclose(shares, train.popularity() / train.nnz, atol=1e-8)


def test_rankings_are_those_of_the_vectors_before_each_epoch(recorder: Recorder) -> None:
    train = random_interactions(30, 20, 150)
    model = small(negatives="adaptive", epochs=2, learning_rate=1.0).fit(train)
    after_two = model.item_factors.copy()
    model.fit(train, warm_start=True)
    assert len(recorder.given) == 4
    third = recorder.given[2]
    assert isinstance(third, AdaptiveSampler)
    np.testing.assert_array_equal(third.rankings[:8], np.argsort(-after_two.T, kind="stable"))
    assert len(third.rankings) == 9  # the biases are one more
    assert not np.array_equal(recorder.given[3].rankings, third.rankings)  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", KINDS)
def test_a_backend_that_does_not_know_the_sampler_says_so(kind: str) -> None:
    class UniformOnly:
        name = "uniform-only"
        plan_epoch = staticmethod(optimized.plan_epoch)
        bpr_update = staticmethod(optimized.bpr_update)

    train = random_interactions(30, 20, 150)
    with use_backend(UniformOnly()):
        small().fit(train)
        with pytest.raises(UnsupportedOperationError, match=r"'uniform-only' cannot draw by a"):
            small(negatives=kind).fit(train)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_blocks", [None, 1, 8])
def test_any_number_of_threads_gives_the_same_bytes(kind: str, n_blocks: int | None) -> None:
    train = random_interactions(400, 500, 20_000)
    with use_backend("optimized"):
        found = {
            fitted_bytes(small(negatives=kind, n_threads=n, n_blocks=n_blocks).fit(train))
            for n in (1, 2, 3)
        }
    assert len(found) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("use_biases", [True, False])
def test_naive_and_optimized_agree(kind: str, use_biases: bool) -> None:
    """In the first epoch; later, vectors that differ in the last bit may rank differently."""
    train = random_interactions(60, 70, 900)
    fits = []
    for name in ("naive", "optimized"):
        with use_backend(name):
            model = small(negatives=kind, epochs=1, n_blocks=4, use_biases=use_biases)
            fits.append(model.fit(train))
    for array in ("user_factors", "item_factors"):
        np.testing.assert_allclose(getattr(fits[0], array), getattr(fits[1], array), atol=1e-6)


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_warm_start_equals_one_long_fit(kind: str, name: str) -> None:
    train = random_interactions(60, 70, 600)
    with use_backend(name):
        long = small(epochs=6, negatives=kind).fit(train)
        short = small(epochs=3, negatives=kind).fit(train)
        assert fitted_bytes(short) != fitted_bytes(long)
        short.fit(train, warm_start=True)
        uniform = small(epochs=6).fit(train)
    assert fitted_bytes(short) == fitted_bytes(long) != fitted_bytes(uniform)


@pytest.mark.parametrize("kind", KINDS)
def test_what_nobody_has_is_no_negative_of_popularity(kind: str) -> None:
    """Items without users stay as they began, unless something else than popularity draws them."""
    train = Interactions.from_events([0, 0, 1, 2], [0, 1, 1, 2], item_ids=np.arange(40))
    with use_backend("optimized"):
        model = small(negatives=kind, reg=0.5, epochs=20).fit(train)
        start = small(negatives=kind, reg=0.5, epochs=1, learning_rate=1e-9).fit(train)
    moved = np.abs(model.item_factors - start.item_factors).max(axis=1) > 1e-6
    assert moved[:3].all()
    assert moved[3:].any() == (kind == "adaptive")


def test_popularity_needs_a_user_who_lacks_what_another_has() -> None:
    train = Interactions.from_events([0, 0, 1, 1], [0, 1, 0, 1], item_ids=np.arange(5))
    with pytest.raises(DataError, match="choose negatives='uniform'"):
        small(negatives="popularity").fit(train)
    small(negatives="uniform").fit(train)


@pytest.mark.parametrize("kind", KINDS)
def test_it_ranks(kind: str) -> None:
    split = load_split(valid_fraction=0.1)
    with use_backend("optimized"):
        model = BPR(32, 30, 0.05, 0.01, negatives=kind, progress=False).fit(split.train)
        found = evaluate(model, split, metrics=["ndcg@10"])["ndcg@10"]
        bar = evaluate(MostPopular().fit(split.train), split, metrics=["ndcg@10"])["ndcg@10"]
    assert found > bar
