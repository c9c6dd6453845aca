"""Score blocks of users at once and select with torch, ties by the lower item number."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from recsys_backends.protocol import TopK
from recsys_backends.torch.device import limited_to, to_device
from recsys_backends.torch.select import select

_SCORES_PER_BLOCK: Final = 1 << 24
"""64 MB of scores at a time."""


def top_k(
    user_factors: NDArray[np.float32],
    item_factors: NDArray[np.float32],
    item_biases: NDArray[np.float32] | None,
    seen_indptr: NDArray[np.int64],
    seen_indices: NDArray[np.int32],
    *,
    k: int,
    n_threads: int = 1,
) -> TopK:
    """The k best unseen items of each user."""
    n_users, n_items = len(user_factors), len(item_factors)
    items = np.full((n_users, k), -1, dtype=np.int32)
    scores = np.full((n_users, k), -np.inf, dtype=np.float32)
    users, catalogue = to_device(user_factors), to_device(item_factors)
    biases = None if item_biases is None else to_device(item_biases)
    step = max(1, _SCORES_PER_BLOCK // max(1, n_items))
    with limited_to(n_threads), torch.no_grad():
        for start in range(0, n_users, step):
            rows = slice(start, min(start + step, n_users))
            block = users[rows] @ catalogue.T
            if biases is not None:
                block += biases
            seen = seen_indices[seen_indptr[rows.start] : seen_indptr[rows.stop]]
            row = np.repeat(
                np.arange(rows.stop - rows.start),
                np.diff(seen_indptr[rows.start : rows.stop + 1]),
            )
            block[to_device(row), to_device(seen).long()] = -torch.inf
            best, best_items = select(block.masked_fill_(block.isnan(), -torch.inf), k)
            found = best.shape[1]
            scores[rows, :found] = best.cpu().numpy()
            items[rows, :found] = best_items.masked_fill(best == -torch.inf, -1).cpu().numpy()
    return TopK(items, scores)
