"""Training of towers in PyTorch: batches, steps, and the vectors that come of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from recsys_edu.interactions import Interactions
from recsys_edu.models.factor_state import Vectors
from recsys_edu.models.towers import Tower, Towers
from recsys_edu.models.training import EpochOutcome
from recsys_edu.models.two_tower_losses import bpr_loss, decayed, softmax_loss
from recsys_edu.models.two_tower_negatives import UniformNegatives, log_shares
from recsys_edu.models.two_tower_settings import TwoTowerSettings
from recsys_edu.models.two_tower_sides import Side
from recsys_edu.models.two_tower_state import TrainedState, restore_state, state_of, towers_for

_DRAWN_AT_ONCE: Final = 1 << 22
"""Negatives drawn in one go: enough that it costs little, few enough to fit in memory."""


class Batch(NamedTuple):
    """Some interactions, and what they are compared with."""

    users: torch.Tensor
    """int64, shape (n,)."""
    positives: torch.Tensor
    """int64, shape (n,)."""
    negatives: torch.Tensor | None = None
    """int64, shape (n, k)."""
    usable: torch.Tensor | None = None
    """float32, shape (n, k): 1 for negatives that count, otherwise 0; None where all do."""


class Trainer:
    """Trains towers; each epoch ends with the vectors of all users and items."""

    def __init__(self, settings: TwoTowerSettings, train: Interactions) -> None:
        name = settings.device or ("cuda" if torch.cuda.is_available() else "cpu")
        self.device = torch.device(name)
        self.settings = settings
        self.generator = torch.Generator(self.device).manual_seed(settings.seed)
        self.pair_users = torch.from_numpy(train.rows()).to(self.device)
        self.pair_items = torch.from_numpy(train.indices.astype(np.int64)).to(self.device)
        self._describe(train)
        n_columns = (self.users.n_columns, self.items.n_columns)
        self.towers = towers_for(settings, train.shape, n_columns, self.generator)
        if settings.bias_init == "popularity":
            _begin_at_popularity(self.towers, train)
        self.optimizers = _optimizers(self.towers, settings.optimizer, settings.learning_rate)
        self.log_share = log_shares(train).to(self.device)

    def _describe(self, train: Interactions) -> None:
        """Both sides, and the negatives. An item that nobody has had is a negative as others are,
        unless features speak for it: then nothing says that it is disliked."""
        features = (train.user_features, train.item_features)
        of_users, of_items = features if self.settings.use_features else (None, None)
        idle_users, idle_items = np.diff(train.indptr) == 0, train.popularity() == 0
        reg = self.settings.reg
        cold = (reg, reg) if self.settings.reg_cold is None else self.settings.reg_cold
        both = zip(self.settings.id_dropout, cold, strict=True)
        users, items = ((reg, *of_side, self.device) for of_side in both)
        self.users = Side(of_users, idle_users, False, *users)
        self.items = Side(of_items, idle_items, of_items is None, *items)
        may_be_drawn = np.full(train.n_items, True) if of_items is None else ~idle_items
        self.negatives = UniformNegatives(train, torch.from_numpy(may_be_drawn), self.generator)

    def run_epoch(self, epochs_done: int) -> EpochOutcome:
        """Take every interaction once, in random order."""
        self._set_learning_rate(epochs_done)
        outcomes: list[torch.Tensor] = []
        for batch in self._batches():
            with self._precision():
                losses, x = self._losses(batch)
                objective = losses.mean() if batch.usable is None else _mean(losses, batch.usable)
            self._descend(objective)
            outcomes.append(_figures(losses.detach(), x, batch.usable))
        loss, n_correct, n = torch.stack(outcomes).sum(0).tolist()
        accuracy = n_correct / max(n, 1) if self.settings.loss == "bpr" else None
        more = {"trained": self.state()}
        return EpochOutcome(self.vectors(), loss / max(n, 1), accuracy, int(n), more)

    def _set_learning_rate(self, epochs_done: int) -> None:
        """Set the step size of this epoch."""
        share = 1.0
        if self.settings.schedule == "linear":
            share = max(1.0 - epochs_done / self.settings.epochs, 0.0)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = share * self.settings.learning_rate

    def _precision(self) -> AbstractContextManager[object]:
        if self.settings.mixed_precision:
            return torch.autocast(self.device.type, torch.bfloat16)
        return nullcontext()

    def _batches(self) -> Iterator[Batch]:
        """The interactions in random order, with their negatives where the loss is BPR."""
        size, k = self.settings.batch_size, self.settings.n_negatives
        order = torch.randperm(len(self.pair_users), generator=self.generator, device=self.device)
        at_once = max(1, _DRAWN_AT_ONCE // (size * k)) * size
        for some in torch.split(order, at_once):
            users = self.pair_users.index_select(0, some)
            positives = self.pair_items.index_select(0, some)
            if self.settings.loss != "bpr":
                for part in zip(
                    torch.split(users, size), torch.split(positives, size), strict=True
                ):
                    yield Batch(*part)
                continue
            negatives, usable = self.negatives.for_each(users, k)
            for start in range(0, len(some), size):
                cut = slice(start, start + size)
                counted = None if usable is None else usable[cut]
                yield Batch(users[cut], positives[cut], negatives[cut], counted)

    def _losses(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor | None]:
        """The loss of each triple and its x, (n, k); or of each interaction, (n,), and None."""
        if self.settings.loss == "bpr":
            return self._bpr(batch)
        if self.settings.loss == "softmax":
            return self._softmax(batch), None
        return self._in_batch(batch), None

    def _bpr(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Against negatives of each interaction's own."""
        assert batch.negatives is not None
        n, k = batch.negatives.shape
        user = self._user_vectors(batch.users, 1 / n, self._kept(self.users, batch.users))
        # Not both in one go: the gradient of a slice is as large as what it was cut from.
        positive, bias = self._item_vectors(batch.positives, 1 / n)
        negative, biases = self._item_vectors(batch.negatives.reshape(-1), 1 / (n * k))
        offset = None
        if bias is not None and biases is not None:
            offset = bias.unsqueeze(1) - biases.view(n, k)
        return bpr_loss(user, positive, negative.view(n, k, -1), offset)

    def _in_batch(self, batch: Batch) -> torch.Tensor:
        """Against the other users' positive items."""
        n = len(batch.users)
        kept = self._kept(self.users, batch.users)
        user = self._user_vectors(batch.users, 1 / n, kept)
        vectors, biases = self._item_vectors(batch.positives, 1 / n)
        positive = (user * vectors).sum(1)
        weights = -self.log_share[batch.positives] - math.log(max(n - 1, 1))
        if biases is not None:
            positive, weights = positive + biases, weights + biases
        scores = torch.addmm(weights, user, vectors.T)
        return softmax_loss(positive, scores, self._no_negatives(batch, batch.positives, kept))

    def _softmax(self, batch: Batch) -> torch.Tensor:
        """Against items drawn for the batch, or all of them, where that is no more."""
        n, candidates = len(batch.users), self.negatives.candidates
        few = self.settings.n_negatives < len(candidates)
        others = self.negatives.draw(self.settings.n_negatives) if few else candidates
        kept = self._kept(self.users, batch.users)
        user = self._user_vectors(batch.users, 1 / n, kept)
        vectors, bias = self._item_vectors(batch.positives, 1 / n)
        positive = (user * vectors).sum(1)
        vectors, biases = self._item_vectors(others, 1 / n)
        weights = torch.full_like(positive[:1], math.log(len(candidates) / len(others)))
        if bias is not None and biases is not None:
            positive, weights = positive + bias, weights + biases
        scores = torch.addmm(weights, user, vectors.T)
        return softmax_loss(positive, scores, self._no_negatives(batch, others, kept))

    def _no_negatives(
        self, batch: Batch, items: torch.Tensor, kept: torch.Tensor | None
    ) -> torch.Tensor:
        """Which items do not count against each positive one, bool, shape (n, items).

        Those that the user has had; or, for a user who goes without an own vector and so might be
        anybody, only the positive item itself: with all of them left out, what users of many items
        had would seem to be more popular than it is.
        """
        seen = self.negatives.seen_of(batch.users, items)
        if kept is None:
            return seen
        return seen & ((kept > 0).unsqueeze(1) | (batch.positives.unsqueeze(1) == items))

    def _descend(self, objective: torch.Tensor) -> None:
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        objective.backward()  # type: ignore[no-untyped-call]
        if self.settings.max_grad_norm is not None:
            clip_gradients(self.towers, self.settings.max_grad_norm)
        for optimizer in self.optimizers:
            optimizer.step()

    def _user_vectors(
        self, users: torch.Tensor, share: float, kept: torch.Tensor | None
    ) -> torch.Tensor:
        """Vectors of a batch, with the weight decay of a share of the batch in their gradient."""
        rows = self.users.rows(users, users, kept)
        return decayed(self.towers.user_vectors(rows), self.users.decay(share, kept))

    def _item_vectors(
        self, items: torch.Tensor, share: float
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        kept = self._kept(self.items, items)
        rows = self.items.rows(items, items, kept)
        vectors = decayed(self.towers.item_vectors(rows), self.items.decay(share, kept))
        return vectors, self.towers.item_biases(rows)

    def _kept(self, side: Side, rows: torch.Tensor) -> torch.Tensor | None:
        """0 for those who go without their own vector this time, so that features learn to."""
        if side.id_dropout == 0:
            return None
        drawn = torch.rand(len(rows), generator=self.generator, device=self.device)
        return (drawn >= side.id_dropout).float()

    def vectors(self) -> Vectors:
        """Return the vectors of all users and items, as arrays of their own."""
        with torch.no_grad():
            users = [self.towers.user_vectors(rows) for rows in self.users.all_rows()]
            items, biases = [], []
            for rows in self.items.all_rows():
                items.append(self.towers.item_vectors(rows))
                biases.append(self.towers.item_biases(rows))
        given = [bias for bias in biases if bias is not None]
        return Vectors(as_array(users), as_array(items), as_array(given) if given else None)

    def state(self) -> TrainedState:
        """Return a copy of all that training needs to go on."""
        return state_of(self.towers, self.optimizers, self.generator)

    def go_on_from(self, state: TrainedState) -> None:
        """Bring towers, optimizers and generator to a state.

        Raises:
            KeyError, ValueError, RuntimeError: a state of other towers or optimizers.
        """
        restore_state(self.towers, self.optimizers, self.generator, state)


def _begin_at_popularity(towers: Towers, train: Interactions) -> None:
    """Give items biases of ln(1 + users who had them), less the mean of those that anybody had."""
    assert towers.biases is not None
    had = train.popularity()
    biases = np.log1p(had) - np.log1p(had[had > 0]).mean()
    with torch.no_grad():
        towers.biases.ids.weight[:-1, 0] = torch.from_numpy(biases.astype(np.float32))


def as_array(parts: list[torch.Tensor]) -> NDArray[np.float32]:
    """Return the parts, one after the other, as one array of their own."""
    joined: NDArray[np.float32] = torch.cat(parts).float().cpu().numpy().copy()
    return joined


def clip_gradients(towers: torch.nn.Module, most: float) -> None:
    """Shrink all gradients together to a Euclidean norm of at most ``most``; also sparse ones."""
    values = []
    for parameter in towers.parameters():
        if parameter.grad is not None:
            if parameter.grad.is_sparse:
                parameter.grad = parameter.grad.coalesce()
            values.append(parameter.grad._values() if parameter.grad.is_sparse else parameter.grad)
    norm = torch.stack([value.norm() for value in values]).norm()
    factor = (most / (norm + 1e-12)).clamp(max=1.0)
    for value in values:
        value.mul_(factor)


def _mean(losses: torch.Tensor, usable: torch.Tensor) -> torch.Tensor:
    """Return the mean of those that count."""
    return (losses * usable).sum() / usable.sum().clamp(min=1)


def _figures(
    losses: torch.Tensor, x: torch.Tensor | None, usable: torch.Tensor | None
) -> torch.Tensor:
    """Return the sum of the losses, and how many x are positive and count: float64, shape (3,)."""
    if usable is None:
        usable = torch.ones((), device=losses.device).expand(losses.shape)
    right = usable if x is None else (x > 0) * usable
    sums = (part.sum(dtype=torch.float64) for part in (losses * usable, right, usable))
    return torch.stack(list(sums))


def _optimizers(towers: Towers, kind: str, learning_rate: float) -> list[torch.optim.Optimizer]:
    """Return one for tables and trunks, or one for each, where the first takes tables alone."""
    parameters = list(towers.parameters())
    if kind == "adam":
        return [torch.optim.Adam(parameters, lr=learning_rate, fused=True)]
    if kind == "adagrad":
        return [torch.optim.Adagrad(parameters, lr=learning_rate)]
    tables = [
        table.weight
        for tower in towers.children()
        if isinstance(tower, Tower)
        for table in (tower.ids, tower.features)
        if table is not None
    ]
    sparse = {id(table) for table in tables}
    layers = [parameter for parameter in parameters if id(parameter) not in sparse]
    made: list[torch.optim.Optimizer] = [torch.optim.SparseAdam(tables, lr=learning_rate)]
    if layers:
        made.append(torch.optim.Adam(layers, lr=learning_rate, fused=True))
    return made
