"""How TwoTower trains: negatives, optimizers, clipping, schedules, precision, devices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from recsys_edu import Features, Interactions
from recsys_edu.errors import InvalidParameterError
from recsys_edu.models import two_tower_negatives
from recsys_edu.models.two_tower_negatives import UniformNegatives
from recsys_edu.models.two_tower_training import Trainer, clip_gradients
from tests.recsys_edu.small_bpr import random_interactions, two_tastes
from tests.recsys_edu.small_towers import fitted_bytes, small, tastes_with_features

pytestmark = pytest.mark.filterwarnings("ignore:Sparse invariant checks:UserWarning")
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")


def sampler(train: Interactions, may: np.ndarray | None = None) -> UniformNegatives:
    candidates = np.full(train.n_items, True) if may is None else may
    return UniformNegatives(train, torch.from_numpy(candidates), torch.Generator().manual_seed(1))


@pytest.fixture(params=["table", "search"])
def _either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "search":  # as for data whose table would not fit
        monkeypatch.setattr(two_tower_negatives, "_MOST_CELLS", 0)


@pytest.mark.usefixtures("_either_way")
def test_negatives_are_unseen_and_uniform() -> None:
    train = random_interactions(5, 12, 24)
    users = torch.arange(5).repeat_interleave(4000)
    items, usable = sampler(train).for_each(users, 3)
    assert items.shape == (20_000, 3)
    assert usable is None
    seen = train.to_csr().toarray() > 0
    for user in range(5):
        drawn = np.bincount(items[users == user].numpy().ravel(), minlength=12)
        assert not drawn[seen[user]].any()
        expected = 12_000 / (~seen[user]).sum()
        assert np.all(np.abs(drawn[~seen[user]] - expected) < 5 * np.sqrt(expected))


@pytest.mark.usefixtures("_either_way")
def test_only_candidates_are_drawn_and_what_was_seen_is_known() -> None:
    train = random_interactions(5, 12, 24)
    may = np.arange(12) % 2 == 0
    found = sampler(train, may)
    assert set(found.draw(1000).tolist()) == set(range(0, 12, 2))
    seen = torch.from_numpy(train.to_csr().toarray() > 0)
    users, items = torch.tensor([4, 0, 0, 2]), torch.tensor([11, 3, 0])
    assert torch.equal(found.seen_of(users, items), seen[users][:, items])
    assert torch.equal(found.seen_of(users, found.candidates), seen[users][:, may])
    all_items = sampler(train)
    assert torch.equal(all_items.seen_of(users, all_items.candidates), seen[users])
    assert torch.equal(found.seen(users[:3], items), seen[users[:3], items])


@pytest.mark.usefixtures("_either_way")
def test_a_user_who_has_seen_everything_gets_one_that_does_not_count() -> None:
    train = Interactions.from_events([0, 0, 0, 1], [0, 1, 2, 0])
    items, usable = sampler(train).for_each(torch.tensor([0, 1, 0]), 2)
    assert usable is not None
    assert usable.tolist() == [[0, 0], [1, 1], [0, 0]]
    assert (items[1] > 0).all()


@pytest.mark.parametrize("optimizer", ["sparse-adam", "adagrad"])
def test_sparse_optimizers_touch_the_rows_of_a_batch_alone(optimizer: str) -> None:
    train = two_tastes()
    model = small(optimizer=optimizer, learning_rate=0.05, reg=0.0, hidden=(4,))
    trainer = Trainer(model._settings, train)
    trainer.run_epoch(0)  # so that moments are there, which dense Adam would apply to every row
    before = trainer.towers.users.ids.weight.detach().clone()
    batch = next(trainer._batches())
    losses, _ = trainer._losses(batch)
    trainer._descend(losses.mean())
    changed = (trainer.towers.users.ids.weight != before).any(1).nonzero().squeeze(1)
    assert changed.tolist() == batch.users.unique().tolist()


@pytest.mark.parametrize("optimizer", ["sparse-adam", "adagrad"])
def test_sparse_optimizers_learn_planted_taste(optimizer: str) -> None:
    rate = {"sparse-adam": 0.03, "adagrad": 0.3}[optimizer]
    model = small(optimizer=optimizer, epochs=25, learning_rate=rate).fit(two_tastes())
    lists = model.recommend(np.arange(80), 10).items
    own_half = [np.mean(listed // 40 == user % 2) for user, listed in enumerate(lists)]
    assert np.mean(own_half) > 0.9


@pytest.mark.parametrize("sparse", [False, True])
def test_gradients_are_clipped_together(sparse: bool) -> None:
    model = small(optimizer="sparse-adam" if sparse else "adam", hidden=(4,))
    trainer = Trainer(model._settings, tastes_with_features(10))
    losses, _ = trainer._losses(next(trainer._batches()))
    losses.sum().backward()
    parameters = [p for p in trainer.towers.parameters() if p.grad is not None]

    def gradients() -> list[torch.Tensor]:
        return [p.grad.to_dense().clone() for p in parameters if p.grad is not None]

    whole = gradients()
    norm = torch.cat([g.flatten() for g in whole]).norm()
    clip_gradients(trainer.towers, 10 * float(norm))
    for found, before in zip(gradients(), whole, strict=True):
        torch.testing.assert_close(found, before)
    clip_gradients(trainer.towers, 0.25 * float(norm))
    for found, before in zip(gradients(), whole, strict=True):
        torch.testing.assert_close(found, 0.25 * before)


def test_the_step_size_falls_from_epoch_to_epoch() -> None:
    model = small(schedule="linear", epochs=4, learning_rate=0.1)
    trainer = Trainer(model._settings, two_tastes())
    rates = []
    for epoch in range(4):
        trainer.run_epoch(epoch)
        rates.append(trainer.optimizers[0].param_groups[0]["lr"])
    assert rates == pytest.approx([0.1, 0.075, 0.05, 0.025])


def test_mixed_precision_computes_in_fewer_bits_and_keeps_the_vectors_in_32() -> None:
    train = tastes_with_features(10)
    arguments: dict[str, Any] = {"loss": "softmax", "hidden": (8,)}
    full, mixed = (small(mixed_precision=m, **arguments).fit(train) for m in (False, True))
    assert mixed.user_factors.dtype == np.float32
    assert fitted_bytes(mixed) != fitted_bytes(full)
    assert mixed.history[-1].loss == pytest.approx(full.history[-1].loss, rel=0.02)


@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_two_threads_give_the_same_bytes_again(loss: str) -> None:
    train = random_interactions(300, 200, 6000)
    arguments: dict[str, Any] = {"loss": loss, "batch_size": 2048, "n_factors": 32, "n_threads": 2}
    first, again = (small(**arguments).fit(train) for _ in range(2))
    assert fitted_bytes(first) == fitted_bytes(again)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("loss", v) for v in ("hinge", None, 3)],
        *[("n_negatives", v) for v in (0, -1, 1.5)],
        *[("similarity", v) for v in ("euclid", None)],
        *[("temperature", v) for v in (0, -1, float("nan"))],
        *[("hidden", v) for v in (64, (0,), (1.5,), "64", [2**17])],
        *[("id_dropout", v) for v in (-0.1, 1.1, (0.1,), (0.1, 0.2, 0.3), (0, 2), "x")],
        *[("bias_init", v) for v in ("ones", None, 0)],
        *[("reg_cold", v) for v in (-0.1, (0.1,), (0.1, -1), "x", float("nan"))],
        *[("init_scale", v) for v in (0, -1, float("inf"))],
        *[("optimizer", v) for v in ("sgd", None)],
        *[("schedule", v) for v in ("cosine", None)],
        *[("max_grad_norm", v) for v in (0, -1, float("nan"), "x")],
    ],
)
def test_a_bad_hyperparameter_is_named(name: str, value: Any) -> None:
    with pytest.raises(InvalidParameterError, match=rf"\b{name}\b"):
        small(**{name: value})


def test_biases_can_begin_at_popularity() -> None:
    had = [5, 3, 3, 1, 0]
    users = np.concatenate([np.arange(n) for n in had])
    items = np.repeat(np.arange(5), had)
    train = Interactions.from_events(users, items, item_ids=np.arange(5))
    size = Features(np.arange(5), numeric={"size": [1, 2, 3, 4, 5]})
    expected = np.log([6, 4, 4, 2, 1]) - np.log([6, 4, 4, 2]).mean()
    for known in (train, train.with_features(items=size)):
        trainer = Trainer(small(bias_init="popularity", init_scale=1e-9)._settings, known)
        found = trainer.vectors().item_biases
        assert found is not None
        np.testing.assert_allclose(found[:4], expected[:4], rtol=1e-6)
        # With features an item that nobody had is any item; without, it is the rarest.
        assert found[4] == pytest.approx(expected[4] if known is train else 0.0)
    trainer = Trainer(small()._settings, train)
    found = trainer.vectors().item_biases
    assert found is not None
    assert not found.any()


def test_biases_that_are_not_there_cannot_begin_at_popularity() -> None:
    with pytest.raises(InvalidParameterError, match="bias_init 'popularity' needs use_biases=True"):
        small(bias_init="popularity", use_biases=False)


def test_rows_without_their_vector_decay_by_a_strength_of_their_own() -> None:
    """Decay alone: gradients of the vectors with ``reg_cold`` less those with 0 for it."""
    train = tastes_with_features(10)

    def feature_gradients(reg_cold: tuple[float, float]) -> tuple[torch.Tensor, torch.Tensor]:
        model = small(reg=0.0, reg_cold=reg_cold, id_dropout=(1.0, 0.0), loss="softmax")
        trainer = Trainer(model._settings, train)
        losses, _ = trainer._losses(next(trainer._batches()))
        losses.mean().backward()
        users, items = trainer.towers.users.features, trainer.towers.items.features
        assert users is not None
        assert items is not None
        assert users.weight.grad is not None
        assert items.weight.grad is not None
        return users.weight.grad, items.weight.grad

    none, weak, strong = (feature_gradients((reg, 9.0)) for reg in (0.0, 0.1, 0.3))
    assert (weak[0] - none[0]).abs().max() > 1e-4
    torch.testing.assert_close(strong[0] - none[0], 3 * (weak[0] - none[0]), rtol=1e-3, atol=1e-6)
    assert torch.equal(strong[1], none[1])  # all items keep their vectors: 9.0 is for none of them


@needs_gpu
@pytest.mark.parametrize("loss", ["bpr", "in-batch", "softmax"])
@pytest.mark.parametrize("mixed_precision", [False, True])
def test_a_gpu_learns_what_the_cpu_learns(loss: str, mixed_precision: bool) -> None:
    model = small(
        loss=loss,
        epochs=25,
        learning_rate=0.03,
        n_negatives=4 if loss == "bpr" else 32,
        device="cuda",
        mixed_precision=mixed_precision,
    ).fit(tastes_with_features())
    lists = model.recommend(np.arange(80), 10).items
    own_half = [
        np.mean(np.where(listed < 80, listed // 40, listed % 2) == user % 2)
        for user, listed in enumerate(lists)
    ]
    assert np.mean(own_half) > 0.85
    assert next(model.towers.parameters()).device.type == "cpu"
