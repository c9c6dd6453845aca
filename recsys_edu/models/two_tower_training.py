"""The PyTorch half of TwoTower; importing it imports torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch.nn.functional import softplus

from recsys_backends.protocol import UpdateResult
from recsys_edu.interactions import Interactions

if TYPE_CHECKING:
    from recsys_edu.models.two_tower import TwoTower

_REDRAWS: Final = 8
"""How often a negative that the user has seen is drawn again, before its triple is left out."""
_INITIAL_STD: Final = 0.1


class Towers(torch.nn.Module):
    """Two embedding tables, and a bias for each item."""

    def __init__(
        self, n_users: int, n_items: int, n_factors: int, generator: torch.Generator
    ) -> None:
        super().__init__()

        def table(n: int, width: int, std: float) -> torch.nn.Embedding:
            # Made from given values: an embedding that fills itself would use, and so change,
            # the random state that all of the process shares.
            values = torch.empty(n, width, device=generator.device)
            values.normal_(0.0, std, generator=generator)
            return torch.nn.Embedding.from_pretrained(values, freeze=False)  # type: ignore[no-untyped-call,no-any-return,unused-ignore]

        self.users = table(n_users, n_factors, _INITIAL_STD)
        self.items = table(n_items, n_factors, _INITIAL_STD)
        self.biases = table(n_items, 1, 0.0)


class Trainer:
    """Trains the towers and hands their vectors to the model after each epoch."""

    def __init__(self, model: TwoTower, train: Interactions) -> None:
        name = model.device or ("cuda" if torch.cuda.is_available() else "cpu")
        self.device = torch.device(name)
        self.model = model
        self.generator = torch.Generator(self.device).manual_seed(model.seed)
        self.users = torch.from_numpy(train.rows()).to(self.device)
        self.items = torch.from_numpy(train.indices.astype(np.int64)).to(self.device)
        self.n_items = train.n_items
        self.seen = self.users * self.n_items + self.items  # ascending, as CSR is
        self.idle_users = np.diff(train.indptr) == 0
        self.towers = Towers(train.n_users, train.n_items, model.n_factors, self.generator)
        self.optimizer = torch.optim.Adam(
            self.towers.parameters(), lr=model.learning_rate, fused=True
        )

    def run_epoch(self) -> UpdateResult:
        """Every interaction once, in random order."""
        order = torch.randperm(len(self.users), generator=self.generator, device=self.device)
        totals = torch.zeros(3, dtype=torch.float64, device=self.device)
        for start in range(0, len(order), self.model.batch_size):
            totals += self._step(order[start : start + self.model.batch_size])
        self._hand_over()
        loss, n_correct, n_updated = totals.tolist()
        return UpdateResult(loss, int(n_correct), int(n_updated))

    def _step(self, batch: torch.Tensor) -> torch.Tensor:
        """One step of Adam; returns the summed loss, the correct and the counted triples."""
        users, positives = self.users[batch], self.items[batch]
        negatives, usable = self._draw_negatives(users)
        user = self.towers.users(users)
        positive, negative = self.towers.items(positives), self.towers.items(negatives)
        x = (user * (positive - negative)).sum(1)
        x = x + (self.towers.biases(positives) - self.towers.biases(negatives)).squeeze(1)
        losses = softplus(-x) * usable
        squares = user.square().sum(1) + positive.square().sum(1) + negative.square().sum(1)
        count = usable.sum()
        objective = (losses + 0.5 * self.model.reg * squares * usable).sum() / count.clamp(min=1)
        self.optimizer.zero_grad()
        objective.backward()
        self.optimizer.step()
        with torch.no_grad():
            return torch.stack([losses.sum(), ((x > 0) * usable).sum(), count]).double()

    def _draw_negatives(self, users: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """A uniform item for each user, drawn again while seen; and 1.0 where one was found."""
        negatives = self._random_items(len(users))
        for _ in range(_REDRAWS):
            taken = self._has_seen(users, negatives)
            negatives = torch.where(taken, self._random_items(len(users)), negatives)
        return negatives, (~self._has_seen(users, negatives)).float()

    def _random_items(self, n: int) -> torch.Tensor:
        return torch.randint(self.n_items, (n,), generator=self.generator, device=self.device)

    def _has_seen(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        wanted = users * self.n_items + items
        places = torch.searchsorted(self.seen, wanted).clamp(max=len(self.seen) - 1)
        return self.seen[places] == wanted

    def _hand_over(self) -> None:
        """Copy the vectors into the model; users without interactions rank by bias alone."""
        users, items, biases = (
            table.weight.detach().cpu().numpy().copy()
            for table in (self.towers.users, self.towers.items, self.towers.biases)
        )
        users[self.idle_users] = 0.0
        self.model.user_factors, self.model.item_factors = users, items
        self.model.item_biases = biases[:, 0].copy()
