"""ALS: what it minimises, what it ranks, and that engines agree."""

from __future__ import annotations

import os

import numpy as np
import pytest

from recsys_backends import use_backend
from recsys_backends.optimized import simd
from recsys_edu import ALS, EarlyStopping, Interactions, MostPopular, evaluate, load_split
from recsys_edu.models.als import confidences
from recsys_edu.models.als_loss import mean_squared_loss
from tests.recsys_edu.small_als import fitted_bytes, small_als
from tests.recsys_edu.small_bpr import BACKENDS, random_interactions


def with_values(train: Interactions, values: np.ndarray) -> Interactions:
    return Interactions(train.indptr, train.indices, train.user_ids, train.item_ids, values=values)


def objective(model: ALS, train: Interactions) -> float:
    """The mean over all pairs, written out."""
    wanted = train.to_csr().toarray() > 0
    weights = np.where(wanted, 1.0 + model.alpha * train.to_csr().toarray(), 1.0)
    x, y = model.user_factors.astype(np.float64), model.item_factors.astype(np.float64)
    total = (weights * (wanted - x @ y.T) ** 2).sum() + model.reg * ((x**2).sum() + (y**2).sum())
    return float(total / wanted.size)


@pytest.mark.parametrize("name", BACKENDS)
def test_the_objective_is_what_the_history_says_and_falls(name: str) -> None:
    train = random_interactions(60, 70, 600)
    for weighted in (train, with_values(train, np.linspace(0.5, 5, 600))):
        with use_backend(name):
            model = small_als(epochs=12).fit(weighted)
        losses = [report.loss for report in model.history]
        assert np.all(np.diff(losses) < 1e-7)
        assert losses[-1] < 0.95 * losses[0]
        assert losses[-1] == pytest.approx(objective(model, weighted), rel=1e-5)
        assert {(report.accuracy, report.n_triples) for report in model.history} == {(None, 0)}


def test_the_loss_does_not_depend_on_the_pieces_it_is_summed_in() -> None:
    train = random_interactions(200, 300, 9000)  # more pairs than are gathered at a time
    model = small_als(epochs=1, reg=0.3, alpha=2.0)
    with use_backend("optimized"):
        model.fit(train)
    loss = mean_squared_loss(
        model.user_factors,
        model.item_factors,
        train.indptr,
        train.indices,
        confidences(train, 2.0),
        0.3,
    )
    assert loss == pytest.approx(objective(model, train), rel=1e-6)


@pytest.mark.parametrize("name", ["optimized", "torch"])
def test_backends_agree(name: str) -> None:
    train = random_interactions(60, 70, 600)
    models = []
    for backend in ("naive", name):
        with use_backend(backend):
            models.append(small_als(epochs=5).fit(train))
    naive, other = models
    expected = naive.user_factors @ naive.item_factors.T
    np.testing.assert_allclose(other.user_factors @ other.item_factors.T, expected, atol=2e-3)
    assert np.abs(expected).max() > 0.5  # so that 2e-3 means something
    for one, two in zip(naive.history, other.history, strict=True):
        assert one.loss == pytest.approx(two.loss, rel=1e-5)


def test_one_seed_gives_the_same_bytes_for_any_number_of_threads_and_instruction_set() -> None:
    train = random_interactions(300, 200, 9000)
    found = set()
    for level in simd.available_levels():
        for n_threads in (1, 2, 3):
            with use_backend("optimized"), simd.use_level(level):
                model = small_als(n_factors=19, n_threads=n_threads, seed=5).fit(train)
                found.add(fitted_bytes(model))
    with use_backend("optimized"):
        other = fitted_bytes(small_als(n_factors=19, seed=6).fit(train))
    assert len(found) == 1
    assert other not in found


@pytest.mark.parametrize("name", BACKENDS)
def test_it_ranks_better_than_popularity(name: str) -> None:
    split = load_split("synthetic-100k", seed=1)
    rows = split.train.rows()
    train = split.train.keep(rows < 300)  # enough to rank by, few enough for naive
    test = split.test.keep(split.test.rows() < 300)
    with use_backend(name):
        model = ALS(8, 3, 10.0, 5.0, n_threads=1, progress=False).fit(train)
    ours = evaluate(model, test, metrics=["ndcg@10"])["ndcg@10"]
    popular = evaluate(MostPopular().fit(train), test, metrics=["ndcg@10"])["ndcg@10"]
    assert ours > 1.1 * popular


@pytest.mark.skipif(not os.environ.get("RECSYS_EDU_DATA"), reason="RECSYS_EDU_DATA is not set")
def test_it_ranks_movielens() -> None:
    values = []
    with use_backend("optimized"):
        for seed in (0, 1, 2):
            split = load_split("ml-100k", seed=seed).fold_valid()
            model = ALS(seed=seed, progress=False).fit(split.train)
            values.append(evaluate(model, split, metrics=["ndcg@10"])["ndcg@10"])
    assert np.mean(values) >= 0.43


@pytest.mark.parametrize("name", BACKENDS)
def test_a_warm_start_equals_one_long_fit(name: str) -> None:
    train = random_interactions(60, 70, 600)
    with use_backend(name):
        long = small_als(epochs=6).fit(train)
        short = small_als(epochs=3).fit(train)
        assert fitted_bytes(short) != fitted_bytes(long)
        short.fit(train, warm_start=True)
    assert fitted_bytes(short) == fitted_bytes(long)
    assert [report.epoch for report in short.history] == list(range(1, 7))
    assert [report.loss for report in short.history] == [report.loss for report in long.history]


def test_early_stopping_brings_the_best_epoch_back(optimized_backend: None) -> None:
    split = load_split("synthetic-100k", seed=0, valid_fraction=0.1)
    stopping = EarlyStopping(split.valid, patience=2)
    overfitting = small_als(n_factors=32, epochs=40, reg=0.1, alpha=20.0)
    model = overfitting.fit(split.train, callbacks=[stopping])
    assert len(stopping.values) < 40
    assert model.epochs_done == stopping.best_epoch == len(model.history)
    found = evaluate(model, split.valid, metrics=["ndcg@10"])["ndcg@10"]
    assert found == pytest.approx(stopping.best_value)
