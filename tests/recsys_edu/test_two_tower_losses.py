"""The towers' losses: gradients against finite differences, values against the definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from recsys_edu import Interactions
from recsys_edu.models.two_tower_losses import BPRLoss, bpr_loss, decayed, softmax_loss
from recsys_edu.models.two_tower_training import Batch, Trainer
from tests.recsys_edu.small_bpr import random_interactions, two_tastes
from tests.recsys_edu.small_towers import small, tastes_with_features


def doubles(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("k", [1, 4])
@pytest.mark.parametrize("with_offset", [True, False])
def test_the_gradient_of_bpr_is_that_of_finite_differences(k: int, with_offset: bool) -> None:
    arguments = doubles(5, 3), doubles(5, 3, seed=1), doubles(5, k, 3, seed=2)
    offset = doubles(5, k, seed=3) if with_offset else None
    assert torch.autograd.gradcheck(lambda *given: BPRLoss.apply(*given)[0], (*arguments, offset))


def test_bpr_is_what_autograd_finds_step_by_step() -> None:
    given = doubles(6, 4), doubles(6, 4, seed=1), doubles(6, 3, 4, seed=2), doubles(6, 3, seed=3)
    again = [tensor.detach().clone().requires_grad_() for tensor in given]
    user, positive, negative, offset = again
    x = (user.unsqueeze(1) * (positive.unsqueeze(1) - negative)).sum(2) + offset
    losses, found_x = bpr_loss(*given)
    torch.testing.assert_close(found_x, x)
    torch.testing.assert_close(losses, -torch.log(torch.sigmoid(x)))
    weights = torch.rand(6, 3, dtype=torch.float64)
    (losses * weights).sum().backward()
    (-torch.nn.functional.logsigmoid(x) * weights).sum().backward()
    for ours, theirs in zip(given, again, strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad)


def test_bpr_stays_finite_for_extreme_scores() -> None:
    user = torch.tensor([[1e4], [-1e4]], requires_grad=True)
    losses, _ = bpr_loss(user, torch.ones(2, 1), torch.zeros(2, 1, 1), None)
    losses.sum().backward()
    assert losses.flatten().tolist() == [0.0, 1e4]
    assert user.grad is not None
    assert user.grad.flatten().tolist() == [0.0, -1.0]


def test_decay_has_the_gradient_of_half_the_squares() -> None:
    vectors = doubles(4, 3)
    other = vectors.detach().clone().requires_grad_()
    (decayed(vectors, 0.3).sin().sum()).backward()
    (other.sin().sum() + 0.15 * other.square().sum()).backward()
    torch.testing.assert_close(vectors.grad, other.grad)
    assert decayed(vectors, 0.0) is vectors


def test_each_vector_can_decay_by_its_own_strength() -> None:
    vectors = doubles(4, 3)
    other = vectors.detach().clone().requires_grad_()
    strengths = torch.tensor([0.0, 0.3, 1.0, 0.1], dtype=torch.float64)
    (decayed(vectors, strengths).sin().sum()).backward()
    (other.sin().sum() + 0.5 * (strengths * other.square().sum(1)).sum()).backward()
    torch.testing.assert_close(vectors.grad, other.grad)


def test_softmax_is_the_cross_entropy_without_those_excluded() -> None:
    positive, others = doubles(3), doubles(3, 5, seed=1).detach()
    excluded = torch.tensor([[0, 0, 0, 0, 0], [1, 0, 0, 1, 0], [1, 1, 1, 1, 1]]).bool()
    losses = softmax_loss(positive, others.clone(), excluded)
    for row in range(3):
        scores = torch.cat([positive[row : row + 1], others[row][~excluded[row]]])
        expected = torch.nn.functional.cross_entropy(scores, torch.tensor(0))
        torch.testing.assert_close(losses[row], expected)
    losses.sum().backward()
    assert positive.grad is not None
    assert positive.grad[2] == 0
    assert torch.isfinite(positive.grad).all()


def trainer_of(train: Interactions, **arguments: Any) -> Trainer:
    model = small(init_scale=0.7, reg=0.0, **arguments)
    trainer = Trainer(model._settings, train)
    assert trainer.towers.biases is not None
    with torch.no_grad():  # so that biases count
        trainer.towers.biases.ids.weight.normal_(generator=trainer.generator)
    return trainer


def scores_of(trainer: Trainer) -> torch.Tensor:
    """x of every user and item, (n_users, n_items), in float64."""
    model = trainer.vectors()
    assert model.item_biases is not None
    scores = model.user_factors.astype(float) @ model.item_factors.T + model.item_biases
    return torch.from_numpy(scores)


def full_losses(train: Interactions, scores: torch.Tensor, batch: Batch) -> torch.Tensor:
    """−ln of the positive item's share among it and all that the user has not seen."""
    seen = torch.from_numpy(train.to_csr().toarray() > 0)
    losses = []
    for user, positive in zip(batch.users, batch.positives, strict=True):
        counted = ~seen[user]
        counted[positive] = True
        x = scores[user]
        losses.append(torch.logsumexp(x[counted], 0) - x[positive])
    return torch.stack(losses)


@pytest.mark.parametrize("arguments", [{}, {"similarity": "cosine", "temperature": 0.3}])
def test_softmax_over_the_whole_catalogue_is_exact(arguments: dict[str, Any]) -> None:
    train = random_interactions(12, 30, 90)
    trainer = trainer_of(train, loss="softmax", n_negatives=30, **arguments)
    batch = next(trainer._batches())
    found = trainer._softmax(batch).double()
    expected = full_losses(train, scores_of(trainer), batch)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def estimated_sums(trainer: Trainer, batch: Batch, n: int) -> np.ndarray:
    """The mean over n draws of Σ w_j exp(x_uj) / exp(x_ui), of the first interaction."""
    step = trainer._softmax if trainer.settings.loss == "softmax" else trainer._in_batch
    shares = []
    for _ in range(n):
        others = torch.randint(
            len(trainer.pair_users), (len(batch.users) - 1,), generator=trainer.generator
        )
        mixed = Batch(
            torch.cat([batch.users[:1], trainer.pair_users[others]]),
            torch.cat([batch.positives[:1], trainer.pair_items[others]]),
        )
        shares.append(np.expm1(step(mixed)[0].item()))
    return np.array(shares)


@pytest.mark.parametrize(("loss", "n_negatives"), [("softmax", 16), ("in-batch", 1)])
def test_samples_estimate_the_sum_over_the_catalogue(loss: str, n_negatives: int) -> None:
    """With popularity far from even: without the log-Q correction, "in-batch" would be far off."""
    rng = np.random.default_rng(3)
    users = rng.integers(40, size=600)
    train = Interactions.from_events(
        users, np.minimum(rng.geometric(0.1, size=600), 30), user_ids=np.arange(40)
    )
    trainer = trainer_of(train, loss=loss, n_negatives=n_negatives, batch_size=64)
    assert train.popularity().max() > 10 * train.popularity().min()
    batch = next(trainer._batches())
    expected = np.expm1(full_losses(train, scores_of(trainer), batch)[0].item())
    found = estimated_sums(trainer, batch, 400)
    error = found.std() / np.sqrt(len(found))
    assert error < 0.15 * expected
    assert found.mean() == pytest.approx(expected, abs=4 * error)


@pytest.mark.parametrize("loss", ["softmax", "in-batch"])
def test_softmax_losses_learn_planted_taste(loss: str) -> None:
    model = small(loss=loss, epochs=25, learning_rate=0.03, n_negatives=32)
    model.fit(two_tastes(n_silent=1))
    lists = model.recommend(np.arange(80), 10).items
    own_half = [np.mean(listed // 40 == user % 2) for user, listed in enumerate(lists)]
    assert np.mean(own_half) > 0.85
    assert model.history[-1].loss < model.history[0].loss
    assert {report.n_triples for report in model.history} == {640}
    assert model.history[0].accuracy is None


def test_several_negatives_are_several_triples() -> None:
    train = two_tastes(n_silent=1)
    model = small(n_negatives=5, epochs=20, learning_rate=0.03).fit(train)
    assert model.history[0].n_triples == 5 * train.nnz
    lists = model.recommend(np.arange(80), 10).items
    own_half = [np.mean(listed // 40 == user % 2) for user, listed in enumerate(lists)]
    assert np.mean(own_half) > 0.95


def loss_of_new_users(train: Interactions, scores: torch.Tensor, batch: Batch) -> torch.Tensor:
    """−ln of the positive item's share among all that anybody has had, seen or not."""
    x = scores[batch.users][:, torch.from_numpy(train.popularity() > 0)]
    return torch.logsumexp(x, 1) - scores[batch.users, batch.positives]


@pytest.mark.parametrize("loss", ["softmax", "in-batch"])
def test_to_a_user_without_a_vector_everything_else_is_a_negative(loss: str) -> None:
    train = tastes_with_features(10)
    trainer = trainer_of(train, loss=loss, n_negatives=30, id_dropout=(1.0, 0.0))
    trainer.users.ids = torch.full_like(trainer.users.ids, train.n_users)  # for ``hand_over``
    scores = scores_of(trainer)
    if loss == "softmax":
        batch = next(trainer._batches())
        found = trainer._softmax(batch).double()
        expected = loss_of_new_users(train, scores, batch)
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    else:
        # Two interactions of one user: the other item counts, where it would else be left out.
        batch = Batch(trainer.pair_users[:2], trainer.pair_items[:2])
        assert batch.users[0] == batch.users[1]
        x = scores[batch.users[0], batch.positives] - trainer.log_share[batch.positives]
        expected = torch.nn.functional.softplus(
            torch.stack([x[1], x[0]]) - (scores[batch.users, batch.positives])
        )
        torch.testing.assert_close(
            trainer._in_batch(batch).double(), expected, rtol=1e-5, atol=1e-5
        )


def test_who_keeps_the_vector_is_judged_as_without_dropout() -> None:
    train = tastes_with_features(10)
    trainer = trainer_of(train, loss="softmax", n_negatives=30, id_dropout=(0.5, 0.0))
    batch = next(trainer._batches())
    kept = torch.arange(len(batch.users)) % 2
    left_out = trainer._no_negatives(batch, trainer.negatives.candidates, kept.float())
    seen = trainer.negatives.seen_of(batch.users, trainer.negatives.candidates)
    assert torch.equal(left_out[kept == 1], seen[kept == 1])
    assert torch.equal(left_out[kept == 0].sum(1), torch.ones(int((kept == 0).sum())))
    assert (seen[kept == 0].sum(1) > 1).any()
