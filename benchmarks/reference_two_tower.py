"""The yardstick: a two-tower model with BPR's loss as tutorials write it. Never made faster.

Two ``nn.Embedding``, batches of 256, dense Adam, negatives by NumPy. It imports nothing of this
project, so that nothing done here can change what it costs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch.nn.functional import logsigmoid

BATCH_SIZE = 256


class TwoTower(torch.nn.Module):
    def __init__(self, n_users: int, n_items: int, n_factors: int) -> None:
        super().__init__()
        self.users = torch.nn.Embedding(n_users, n_factors)
        self.items = torch.nn.Embedding(n_items, n_factors)
        torch.nn.init.normal_(self.users.weight, std=0.1)
        torch.nn.init.normal_(self.items.weight, std=0.1)

    def forward(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        return (self.users(users) * self.items(items)).sum(dim=1)


def train(
    users: np.ndarray,
    items: np.ndarray,
    n_users: int,
    n_items: int,
    *,
    n_factors: int,
    learning_rate: float,
    seed: int = 0,
) -> Iterator[TwoTower]:
    """Train on (user, item) pairs; gives the model after each epoch, for ever."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = TwoTower(n_users, n_items, n_factors)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    seen = np.zeros((n_users, n_items), dtype=bool)
    seen[users, items] = True
    while True:
        order = rng.permutation(len(users))
        for start in range(0, len(order), BATCH_SIZE):
            batch = order[start : start + BATCH_SIZE]
            negatives = rng.integers(n_items, size=len(batch))
            while (taken := seen[users[batch], negatives]).any():
                negatives[taken] = rng.integers(n_items, size=taken.sum())
            user = torch.as_tensor(users[batch])
            positive = model(user, torch.as_tensor(items[batch]))
            negative = model(user, torch.as_tensor(negatives))
            loss = -logsigmoid(positive - negative).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        yield model
