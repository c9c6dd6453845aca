"""BPR by mini-batches: gradients of many triples from the same factors, added up and applied."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import softplus

from recsys_backends.plan import SKIPPED, EpochPlan
from recsys_backends.protocol import UpdateResult
from recsys_backends.torch.device import limited_to, to_device, write_back

BATCH_SIZE: Final = 1024
"""Triples whose gradients are taken at the same factors: few enough that even the most popular item
of a usual data set occurs only a handful of times in each, so that the steps hardly differ from
sequential ones; enough that torch's cost per call (about 10 µs) is spread thin."""


def bpr_update(
    user_factors: NDArray[np.float32],
    item_factors: NDArray[np.float32],
    item_biases: NDArray[np.float32] | None,
    plan: EpochPlan,
    *,
    learning_rate: float,
    reg_user: float,
    reg_positive: float,
    reg_negative: float,
    n_threads: int = 1,
) -> UpdateResult:
    """One pass over the plan, in place, BATCH_SIZE triples at a time."""
    users, items = to_device(user_factors), to_device(item_factors)
    biases = None if item_biases is None else to_device(item_biases)
    keep = plan.negatives != SKIPPED
    triples = torch.stack(
        [to_device(ids[keep]).long() for ids in (plan.users, plan.positives, plan.negatives)]
    )
    regularization = (reg_user, reg_positive, reg_negative)
    loss, n_correct = torch.zeros(2, dtype=torch.float64, device=users.device)
    with limited_to(n_threads), torch.no_grad():
        for start in range(0, triples.shape[1], BATCH_SIZE):
            batch = triples[:, start : start + BATCH_SIZE]
            x = _step(users, items, biases, batch, learning_rate, regularization)
            loss += softplus(-x.double()).sum()
            n_correct += (x > 0).sum()
    write_back(users, user_factors)
    write_back(items, item_factors)
    if biases is not None and item_biases is not None:
        write_back(biases, item_biases)
    return UpdateResult(float(loss), int(n_correct), triples.shape[1])


def _step(
    users: torch.Tensor,
    items: torch.Tensor,
    biases: torch.Tensor | None,
    batch: torch.Tensor,
    learning_rate: float,
    regularization: tuple[float, float, float],
) -> torch.Tensor:
    """One step for a batch, shape (3, n); returns x of each triple, before the step."""
    reg_user, reg_positive, reg_negative = regularization
    u, i, j = batch
    user, positive, negative = users[u], items[i], items[j]
    difference = positive - negative
    x = (user * difference).sum(1)
    if biases is not None:
        x = x + (biases[i] - biases[j])
    g = torch.sigmoid(-x)
    pull = g[:, None] * user
    users.index_add_(0, u, g[:, None] * difference - reg_user * user, alpha=learning_rate)
    to_items = torch.cat([pull - reg_positive * positive, -pull - reg_negative * negative])
    items.index_add_(0, batch[1:].reshape(-1), to_items, alpha=learning_rate)
    if biases is not None:
        to_biases = torch.cat([g - reg_positive * biases[i], -g - reg_negative * biases[j]])
        biases.index_add_(0, batch[1:].reshape(-1), to_biases, alpha=learning_rate)
    return x
