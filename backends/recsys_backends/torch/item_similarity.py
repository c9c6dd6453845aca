"""Count common users for blocks of items at once, by a product with the sparse interactions.

Each block has a count for every item of the catalogue, so the work grows with its square.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from recsys_backends.protocol import Neighbors
from recsys_backends.torch.device import limited_to, to_device
from recsys_backends.torch.select import select

_COUNTS_PER_BLOCK: Final = 1 << 22
"""Number of counts at a time: 16 MB, and twice that for the similarities."""
_EXACT_IN_SINGLE: Final = 2**24
"""Up to here float32 holds every whole number, so a count of users is exact."""


def item_similarity(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    n_items: int,
    *,
    k: int,
    shrinkage: float = 0.0,
    n_threads: int = 1,
) -> Neighbors:
    """The k most similar items of each item."""
    n_users = len(indptr) - 1
    exact = torch.float32 if n_users <= _EXACT_IN_SINGLE else torch.float64
    users = to_device(np.repeat(np.arange(n_users), np.diff(indptr)))
    items = to_device(indices).long()
    degree = torch.bincount(items, minlength=n_items).double()
    of_item = torch.sparse_coo_tensor(
        torch.stack([items, users]),
        torch.ones(len(items), dtype=exact, device=items.device),
        (n_items, n_users),
        check_invariants=False,
    ).coalesce()
    found: list[list[NDArray[Any]]] = [[], [], []]
    step = max(1, _COUNTS_PER_BLOCK // max(n_items, n_users))
    with limited_to(n_threads), torch.no_grad():
        for start in range(0, n_items, step):
            stop = min(start + step, n_items)
            here = (items >= start) & (items < stop)
            block = torch.zeros((n_users, stop - start), dtype=exact, device=items.device)
            block[users[here], items[here] - start] = 1
            n_common = torch.sparse.mm(of_item, block).T
            answer = _most_similar(n_common.double(), start, degree, k, shrinkage)
            for parts, part in zip(found, answer, strict=True):
                parts.append(part.cpu().numpy())
    lengths, neighbors, values = map(np.concatenate, found)
    return Neighbors(
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        neighbors,
        values,
    )


def _most_similar(
    n_common: torch.Tensor, start: int, degree: torch.Tensor, k: int, shrinkage: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the number of neighbours of each row, their items and their similarities.

    ``n_common`` is float64, shape (rows, n_items), for the items from number ``start`` on.
    """
    n_rows = len(n_common)
    rows = torch.arange(n_rows, device=n_common.device)
    n_common[rows, start + rows] = 0  # no item is its own neighbour
    cosine = n_common / (degree[start : start + n_rows, None] * degree).sqrt()
    similarity = (cosine * (n_common / (n_common + shrinkage))).float()
    best, numbers = select(similarity.masked_fill_(n_common == 0, -torch.inf), k)
    numbers, order = numbers.sort(dim=1)
    best = best.gather(1, order)
    found = best > -torch.inf
    return found.sum(1), numbers[found], best[found]
