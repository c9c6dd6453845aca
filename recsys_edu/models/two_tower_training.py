"""The PyTorch half of TwoTower: batches, steps, and the vectors that come of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from recsys_edu.errors import ModelFileError
from recsys_edu.interactions import Interactions
from recsys_edu.models.feature_encoding import FeatureEncoder
from recsys_edu.models.towers import Rows, Tower, Towers, TowerSettings
from recsys_edu.models.training import EpochOutcome
from recsys_edu.models.two_tower_losses import bpr_loss, softmax_loss
from recsys_edu.models.two_tower_negatives import UniformNegatives, log_shares

if TYPE_CHECKING:
    from recsys_edu.features import Features
    from recsys_edu.models.two_tower import TwoTower

_DRAWN_AT_ONCE: Final = 1 << 22
"""Negatives drawn in one go: enough that it costs little, few enough to fit in memory."""
_ROWS_AT_ONCE: Final = 1 << 16


class Side:
    """The users, or the items: which have a vector of their own, and what is known about them."""

    def __init__(
        self,
        features: Features | None,
        idle: NDArray[np.bool_],
        own_when_idle: bool,
        device: torch.device,
    ) -> None:
        n = len(idle)
        self.encoder: FeatureEncoder | None = None
        self.columns = self.weights = None
        if features is not None:
            self.encoder = FeatureEncoder.learn(features, ~idle)
            encoded = self.encoder.encode(features)
            self.columns = torch.from_numpy(encoded.columns).to(device)
            self.weights = torch.from_numpy(encoded.weights).to(device)
        # Who has nothing to learn from has no vector of its own: row n, which stays zero.
        ids = np.arange(n) if own_when_idle else np.where(idle, n, np.arange(n))
        self.n, self.ids = n, torch.from_numpy(ids).to(device)

    @property
    def n_columns(self) -> int:
        """Columns of features; 0 without features."""
        return 0 if self.encoder is None else self.encoder.n_columns

    def rows(self, chosen: torch.Tensor, without_id: torch.Tensor | None = None) -> Rows:
        """Some rows as the tower takes them, some of those by their features alone."""
        ids = self.ids[chosen]
        if without_id is not None:
            ids = torch.where(without_id, self.n, ids)
        if self.columns is None or self.weights is None:
            return Rows(ids)
        return Rows(ids, self.columns[chosen], self.weights[chosen])


class Trainer:
    """Trains the towers and hands their vectors to the model after each epoch."""

    def __init__(self, model: TwoTower, train: Interactions) -> None:
        name = model.device or ("cuda" if torch.cuda.is_available() else "cpu")
        self.device = torch.device(name)
        self.model = model
        self.generator = torch.Generator(self.device).manual_seed(model.seed)
        self.pair_users = torch.from_numpy(train.rows()).to(self.device)
        self.pair_items = torch.from_numpy(train.indices.astype(np.int64)).to(self.device)
        self._describe(train)
        n_columns = (self.users.n_columns, self.items.n_columns)
        self.towers = towers_for(model, train, n_columns, self.generator)
        self.optimizers = _optimizers(self.towers, model.optimizer, model.learning_rate)
        self.log_share = log_shares(train).to(self.device)

    def _describe(self, train: Interactions) -> None:
        """Both sides, and the negatives. An item that nobody has had is a negative as others are,
        unless features speak for it: then nothing says that it is disliked."""
        features = (train.user_features, train.item_features)
        of_users, of_items = features if self.model.use_features else (None, None)
        idle_items = train.popularity() == 0
        self.users = Side(of_users, np.diff(train.indptr) == 0, False, self.device)
        self.items = Side(of_items, idle_items, of_items is None, self.device)
        may_be_drawn = np.full(train.n_items, True) if of_items is None else ~idle_items
        self.negatives = UniformNegatives(train, torch.from_numpy(may_be_drawn), self.generator)

    def run_epoch(self) -> EpochOutcome:
        """Every interaction once, in random order."""
        steps: dict[str, Callable[..., tuple[torch.Tensor, torch.Tensor]]] = {
            "bpr": self._bpr,
            "in-batch": self._in_batch,
            "softmax": self._softmax,
        }
        step = steps[self.model.loss]
        totals = torch.zeros(3, dtype=torch.float64, device=self.device)
        for batch in self._batches():
            with torch.autocast(self.device.type, torch.bfloat16, self.model.mixed_precision):
                objective, figures = step(*batch)
            self._descend(objective)
            totals += figures
        self.hand_over()
        loss, n_correct, n = totals.tolist()
        accuracy = n_correct / max(n, 1) if self.model.loss == "bpr" else None
        return EpochOutcome(loss / max(n, 1), accuracy, int(n))

    def _batches(self) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]]:
        """Users, positives, negatives and which of those count; the latter for BPR alone."""
        size, k = self.model.batch_size, self.model.n_negatives
        order = torch.randperm(len(self.pair_users), generator=self.generator, device=self.device)
        at_once = max(1, _DRAWN_AT_ONCE // (size * k)) * size
        for some in torch.split(order, at_once):
            users, positives = self.pair_users[some], self.pair_items[some]
            negatives = usable = positives
            if self.model.loss == "bpr":
                negatives, usable = self.negatives.for_each(users, k)
            parts = (users, positives, negatives, usable)
            yield from zip(*(torch.split(part, size) for part in parts), strict=True)

    def _bpr(
        self,
        users: torch.Tensor,
        positives: torch.Tensor,
        negatives: torch.Tensor,
        usable: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The mean over the triples; and their summed loss, how many are right, how many count."""
        n, k = negatives.shape
        user = self._user_vectors(users)
        both = torch.cat([positives, negatives.view(-1)])
        vectors, biases = self._item_vectors(both)
        positive, negative = vectors[:n], vectors[n:].view(n, k, -1)
        offset = torch.zeros_like(usable)
        if biases is not None:
            offset = biases[:n].unsqueeze(1) - biases[n:].view(n, k)
        losses, x = bpr_loss(user, positive, negative, offset)
        count = usable.sum()
        objective = (losses * usable).sum() / count.clamp(min=1)
        objective = objective + self._penalty(user, vectors, k)
        with torch.no_grad():
            figures = torch.stack([(losses * usable).sum(), ((x > 0) * usable).sum(), count])
        return objective, figures.double()

    def _in_batch(
        self, users: torch.Tensor, positives: torch.Tensor, *_: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """As ``_softmax``, against the other users' positive items."""
        weights = -self.log_share[positives] - math.log(max(len(users) - 1, 1))
        user = self._user_vectors(users)
        vectors, biases = self._item_vectors(positives)
        scores = user @ vectors.T
        if biases is not None:
            scores = scores + biases
        seen = self.negatives.seen(users.unsqueeze(1), positives)
        losses = softmax_loss(scores.diagonal(), scores + weights, seen)
        return self._softmax_result(losses, user, vectors)

    def _softmax(
        self, users: torch.Tensor, positives: torch.Tensor, *_: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The mean loss against items drawn for the batch; and its sum, 0, and the count."""
        n, candidates = len(users), self.negatives.candidates
        if self.model.n_negatives < len(candidates):
            others = self.negatives.draw(self.model.n_negatives)
        else:
            others = candidates
        user = self._user_vectors(users)
        vectors, biases = self._item_vectors(torch.cat([positives, others]))
        positive = (user * vectors[:n]).sum(1)
        scores = user @ vectors[n:].T
        if biases is not None:
            positive, scores = positive + biases[:n], scores + biases[n:]
        seen = self.negatives.seen(users.unsqueeze(1), others)
        weight = math.log(len(candidates) / len(others))
        losses = softmax_loss(positive, scores + weight, seen)
        return self._softmax_result(losses, user, vectors)

    def _softmax_result(
        self, losses: torch.Tensor, user: torch.Tensor, items: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        objective = losses.mean() + self._penalty(user, items, 1)
        total = losses.detach().double().sum()
        return objective, torch.stack([total, total * 0, total * 0 + len(losses)])

    def _penalty(self, user: torch.Tensor, items: torch.Tensor, k: int) -> torch.Tensor:
        """½ λ of the squares of the vectors, for each interaction of the batch."""
        squares = user.square().sum() + items.square().sum() / k
        return 0.5 * self.model.reg / len(user) * squares

    def _descend(self, objective: torch.Tensor) -> None:
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        objective.backward()  # type: ignore[no-untyped-call]
        if self.model.max_grad_norm is not None:
            clip_gradients(self.towers, self.model.max_grad_norm)
        for optimizer in self.optimizers:
            optimizer.step()

    def _user_vectors(self, users: torch.Tensor) -> torch.Tensor:
        return self.towers.user_vectors(self.users.rows(users, self._dropped(self.users, users)))

    def _item_vectors(self, items: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        rows = self.items.rows(items, self._dropped(self.items, items))
        return self.towers.item_vectors(rows), self.towers.item_biases(rows)

    def _dropped(self, side: Side, rows: torch.Tensor) -> torch.Tensor | None:
        """Whose own vector is left out this time, so that the features learn to do without."""
        if side.encoder is None or self.model.id_dropout == 0:
            return None
        drawn = torch.rand(len(rows), generator=self.generator, device=self.device)
        return drawn < self.model.id_dropout

    def hand_over(self) -> None:
        """Copy the vectors of all users and items into the model."""
        with torch.no_grad():
            users = [self.towers.user_vectors(rows) for rows in _chunks(self.users, self.device)]
            items, biases = [], []
            for rows in _chunks(self.items, self.device):
                items.append(self.towers.item_vectors(rows))
                biases.append(self.towers.item_biases(rows))
        self.model.user_factors, self.model.item_factors = as_array(users), as_array(items)
        given = [bias for bias in biases if bias is not None]
        self.model.item_biases = as_array(given) if given else None


def towers_for(
    model: TwoTower, train: Interactions, n_columns: tuple[int, int], generator: torch.Generator
) -> Towers:
    """Towers that have learned nothing yet, on the generator's device."""
    settings = TowerSettings(
        model.n_factors,
        model.hidden,
        model.similarity == "cosine",
        model.temperature,
        model.use_biases,
        model.init_scale,
        model.optimizer != "adam",
    )
    return Towers((train.n_users, train.n_items), n_columns, settings, generator)


def restored_towers(
    model: TwoTower, train: Interactions, parameters: Mapping[str, NDArray[Any]]
) -> Towers:
    """The towers of a model file; ModelFileError where they do not fit the model."""
    encoders = (model.user_encoder, model.item_encoder)
    n_users, n_items = (0 if encoder is None else encoder.n_columns for encoder in encoders)
    towers = towers_for(model, train, (n_users, n_items), torch.Generator())
    wanted = {name: tuple(value.shape) for name, value in towers.state_dict().items()}
    if {name: value.shape for name, value in parameters.items()} != wanted or not all(
        value.dtype == np.float32 and np.isfinite(value).all() for value in parameters.values()
    ):
        raise ModelFileError("its towers do not fit its users, items and settings")
    towers.load_state_dict({name: torch.from_numpy(value) for name, value in parameters.items()})
    return towers


def as_array(parts: list[torch.Tensor]) -> NDArray[np.float32]:
    """The parts, one after the other, as an array that is nobody else's."""
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


def _chunks(side: Side, device: torch.device) -> Iterator[Rows]:
    for some in torch.split(torch.arange(side.n, device=device), _ROWS_AT_ONCE):
        yield side.rows(some)


def _optimizers(towers: Towers, kind: str, learning_rate: float) -> list[torch.optim.Optimizer]:
    """One for the tables and the trunks, or, where that takes tables alone, one for each."""
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
