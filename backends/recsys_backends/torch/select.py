"""The best k of each row, ties by the lower number."""

from __future__ import annotations

import torch


def select(scores: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores and item numbers of the best k of each row, ties by the lower number.

    ``torch.topk`` breaks ties as it likes, both in the order of what it returns and in what it
    keeps at the edge. Sorting its choice mends the first; rows where more items than kept reach the
    k-th score are sorted in full for the second.
    """
    k = min(k, scores.shape[1])
    best, numbers = scores.topk(k, dim=1)
    numbers, by_number = numbers.sort(dim=1)
    best, by_score = best.gather(1, by_number).sort(dim=1, descending=True, stable=True)
    numbers = numbers.gather(1, by_score)
    if k:
        edge = best[:, -1:]
        crowded = ((scores >= edge).sum(1) > k) & (edge[:, 0] > -torch.inf)
        if bool(crowded.any()):
            full, full_numbers = scores[crowded].sort(dim=1, descending=True, stable=True)
            best[crowded], numbers[crowded] = full[:, :k], full_numbers[:, :k]
    return best, numbers.int()
